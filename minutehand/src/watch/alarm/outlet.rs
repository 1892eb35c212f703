//! One receiver of events: each event until it is delivered or given up, in their order.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chassis::backoff::Backoff;
use rand::rngs::StdRng;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{command, event::Event, webhook::Webhook};
use crate::{output::note, report::length};

/// Events that wait for their turn; beyond them the oldest go.
const WAITING_MAX: usize = 64;

/// An event is given up after so long: by then somebody else has said it, or it is over.
const TRIED_MAX: Duration = Duration::from_mins(10);

/// Longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Who takes events.
#[derive(Debug)]
pub(super) enum Receiver {
    /// A shell's command.
    Command(String),
    /// An HTTP server.
    Webhook(Webhook),
}

impl Receiver {
    fn label(&self) -> String {
        match self {
            Self::Command(_) => "--on-change".to_owned(),
            Self::Webhook(webhook) => format!("--webhook {}", webhook.url()),
        }
    }

    async fn take(&self, event: &Event, json: &str, limit: Duration) -> Result<(), String> {
        match self {
            Self::Command(script) => command::run(script, event, json, limit).await,
            Self::Webhook(webhook) => webhook.post(&event.id, json.to_owned(), limit).await,
        }
    }
}

/// Events that wait for their turn, the oldest first.
#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Arc<Event>>,
    /// How many there was no place for.
    gone: u64,
}

impl Waiting {
    /// Takes what comes, until what is being delivered is.
    async fn fill_during(
        &mut self,
        delivering: impl Future<Output = ()>,
        events: &mut mpsc::Receiver<Arc<Event>>,
        ending: &CancellationToken,
    ) {
        tokio::pin!(delivering);
        loop {
            let came = tokio::select! {
                biased;
                () = &mut delivering => return,
                came = events.recv(), if !ending.is_cancelled() => came,
            };
            match came {
                Some(event) => self.push(event),
                None => ending.cancel(),
            }
        }
    }

    fn push(&mut self, event: Arc<Event>) {
        self.events.push_back(event);
        if self.events.len() > WAITING_MAX {
            self.events.pop_front();
            self.gone += 1;
        }
        assert!(self.events.len() <= WAITING_MAX, "a limit that is kept");
    }
}

/// Delivers to one receiver.
#[derive(Debug)]
pub(super) struct Outlet {
    receiver: Receiver,
    limit: Duration,
    rng: StdRng,
    /// Events that it will not get, and that it was not told of yet.
    dropped: u64,
    /// What was last said about it.
    trouble: Option<String>,
}

impl Outlet {
    /// Each try may take as long as `limit`.
    pub(super) fn new(receiver: Receiver, limit: Duration, rng: StdRng) -> Self {
        Self { receiver, limit, rng, dropped: 0, trouble: None }
    }

    /// Delivers what comes. After the last event has come, what is left is tried once.
    pub(super) async fn run(mut self, mut events: mpsc::Receiver<Arc<Event>>) {
        let ending = CancellationToken::new();
        let mut waiting = Waiting::default();
        loop {
            let event = match waiting.events.pop_front() {
                Some(event) => event,
                None => match events.recv().await {
                    Some(event) => event,
                    None => return,
                },
            };
            let delivering = self.deliver(&event, &ending);
            waiting.fill_during(delivering, &mut events, &ending).await;
            self.drop(
                std::mem::take(&mut waiting.gone),
                "it does not take them as fast as they come",
            );
        }
    }

    async fn deliver(&mut self, event: &Event, ending: &CancellationToken) {
        let json = event.json(self.dropped);
        let (started, mut backoff) = (Instant::now(), Backoff::up_to(PAUSE_MAX));
        while let Err(why) = self.receiver.take(event, &json, self.limit).await {
            if started.elapsed() >= TRIED_MAX || ending.is_cancelled() {
                return self.drop(1, &why);
            }
            self.complain(why);
            tokio::select! {
                biased;
                () = ending.cancelled() => {}
                () = sleep(backoff.next(&mut self.rng)) => {}
            }
        }
        self.dropped = 0;
        if self.trouble.take().is_some() {
            note(&format!("{}: it takes events again", self.receiver.label()));
        }
    }

    /// Once for the same reason.
    fn complain(&mut self, why: String) {
        if self.trouble.as_ref() != Some(&why) {
            let (label, most) = (self.receiver.label(), length(TRIED_MAX));
            note(&format!("{label}: {why}; trying again for {most}"));
            self.trouble = Some(why);
        }
    }

    fn drop(&mut self, count: u64, why: &str) {
        if count > 0 {
            self.dropped += count;
            let events = if count == 1 { "an event is" } else { "events are" };
            note(&format!("{}: {events} dropped ({count}): {why}", self.receiver.label()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use chassis::{clock::Clock, grid::Timestamp};
    use rand::SeedableRng as _;
    use serde_json::Value;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpSocket},
        task::JoinSet,
        time::timeout,
    };

    use super::*;
    use crate::{report::Moment, watch::alarm::event::Alarm};

    fn event(id: u64) -> Arc<Event> {
        let at = Moment(Timestamp::default());
        let why = "connection refused".to_owned();
        let alarm = Alarm::Lost { since: at, minute: None, valid_until: None, why };
        let (address, text) = ("h:1".to_owned(), "lost".to_owned());
        Arc::new(Event {
            id: id.to_string(),
            at,
            trader: None,
            address,
            state: "LOST",
            alarm,
            text,
        })
    }

    /// A port that refuses until it listens.
    fn refusing() -> (TcpSocket, Receiver) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let url = format!("http://{}/hook", socket.local_addr().unwrap());
        let webhook = Webhook::new(url.parse().unwrap()).unwrap();
        (socket, Receiver::Webhook(webhook))
    }

    /// The next request's head and JSON, once it is answered.
    async fn request(server: &TcpListener, answer: &str) -> (String, Value) {
        let (mut stream, _) = server.accept().await.unwrap();
        let mut read = Vec::new();
        loop {
            let mut some = [0; 4_096];
            let length = stream.read(&mut some).await.unwrap();
            read.extend_from_slice(&some[..length]);
            let text = String::from_utf8(read.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            if let Ok(json) = serde_json::from_str(body) {
                let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                return (head.to_owned(), json);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_is_given_up_after_ten_minutes_and_the_next_one_says_so() {
        let (socket, receiver) = refusing();
        let outlet = Outlet::new(receiver, Duration::from_hours(1), StdRng::seed_from_u64(1));
        let (events, from) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(outlet.run(from));
        let clock = Clock::system();
        events.send(event(1)).await.unwrap();
        sleep(TRIED_MAX + 2 * PAUSE_MAX).await;
        assert!(clock.now().mono > TRIED_MAX);
        let server = socket.listen(16).unwrap();
        events.send(event(2)).await.unwrap();
        let (head, json) = request(&server, "204 No Content").await;
        assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert!(head.contains("\r\nidempotency-key: \"2\"\r\n"), "{head}");
        assert_eq!((json["id"].as_str(), json["dropped"].as_u64()), (Some("2"), Some(1)));
        drop(events);
        tasks.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_is_refused_is_tried_again_in_order_and_with_the_same_id() {
        let (socket, receiver) = refusing();
        let server = socket.listen(16).unwrap();
        let outlet = Outlet::new(receiver, Duration::from_secs(20), StdRng::seed_from_u64(1));
        let (events, from) = mpsc::channel(2);
        let mut tasks = JoinSet::new();
        tasks.spawn(outlet.run(from));
        for id in [1, 2] {
            events.send(event(id)).await.unwrap();
        }
        let mut ids = Vec::new();
        for answer in ["500 Oops", "302 Found", "200 OK", "429 Slow Down", "201 Created"] {
            let next = timeout(Duration::from_secs(30), request(&server, answer)).await;
            let (_, json) = next.expect("an event comes");
            ids.push(json["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(ids, ["1", "1", "1", "2", "2"]);
        drop(events);
        tasks.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn at_the_end_what_is_left_is_tried_once() {
        let (_socket, receiver) = refusing();
        let outlet = Outlet::new(receiver, Duration::from_secs(20), StdRng::seed_from_u64(1));
        let (events, from) = mpsc::channel(2);
        for id in [1, 2] {
            events.send(event(id)).await.unwrap();
        }
        drop(events);
        outlet.run(from).await;
    }

    #[test]
    fn a_full_queue_lets_the_oldest_go() {
        let mut waiting = Waiting::default();
        for id in 0..WAITING_MAX as u64 + 3 {
            waiting.push(event(id));
        }
        assert_eq!((waiting.gone, waiting.events.len()), (3, WAITING_MAX));
        assert_eq!(waiting.events[0].id, "3");
    }
}
