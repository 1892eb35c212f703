//! One receiver of events: each event until it is delivered or given up, in their order.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chassis::backoff::Backoff;
use rand::rngs::StdRng;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    command,
    event::Event,
    webhook::{Failed, Webhook},
};
use crate::{report::length, watch::paper::Paper};

/// Events that wait for their turn; beyond them the oldest go.
const WAITING_MAX: usize = 64;

/// An event is given up after so long: by then somebody else has said it, or it is over.
const TRIED_MAX: Duration = Duration::from_mins(10);

/// The same while newer events wait behind it: what they say is worth more.
const TRIED_BEFORE_OTHERS_MAX: Duration = Duration::from_secs(30);

/// First pause between two tries, about: who takes events is no part of the system, and counts calls.
const PAUSE_MIN: Duration = Duration::from_secs(2);

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

    async fn take(&self, event: &Event, json: &str, limit: Duration) -> Result<(), Failed> {
        match self {
            Self::Command(script) => {
                command::run(script, event, json, limit).await.map_err(Failed::passing)
            }
            Self::Webhook(webhook) => webhook.post(&event.id, json.to_owned(), limit).await,
        }
    }
}

/// Events that wait for their turn, the oldest first.
#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Arc<Event>>,
    /// Whether there are some.
    some: Arc<AtomicBool>,
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
        self.some.store(true, Ordering::Relaxed);
    }
}

/// Delivers to one receiver.
#[derive(Debug)]
pub(super) struct Outlet {
    receiver: Receiver,
    limit: Duration,
    rng: StdRng,
    paper: Paper,
    /// Events that it will not get, and that it was not told of yet.
    dropped: u64,
    /// What was last said about it.
    trouble: Option<String>,
}

impl Outlet {
    /// Each try may take as long as `limit`.
    pub(super) fn new(receiver: Receiver, limit: Duration, rng: StdRng, paper: Paper) -> Self {
        Self { receiver, limit, rng, paper, dropped: 0, trouble: None }
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
            waiting.some.store(!waiting.events.is_empty(), Ordering::Relaxed);
            let others = Arc::clone(&waiting.some);
            let delivering = self.deliver(&event, &others, &ending);
            waiting.fill_during(delivering, &mut events, &ending).await;
            self.drop(
                std::mem::take(&mut waiting.gone),
                "it does not take them as fast as they come",
            );
        }
    }

    async fn deliver(&mut self, event: &Event, others: &AtomicBool, ending: &CancellationToken) {
        let json = event.json(self.dropped);
        let (started, mut backoff) = (Instant::now(), Backoff::between(PAUSE_MIN, PAUSE_MAX));
        while let Err(Failed { why, for_good, rest }) =
            self.receiver.take(event, &json, self.limit).await
        {
            let others = others.load(Ordering::Relaxed);
            let most = if others { TRIED_BEFORE_OTHERS_MAX } else { TRIED_MAX };
            if for_good || started.elapsed() >= most || ending.is_cancelled() {
                return self.drop(1, &why);
            }
            self.complain(why);
            let pause = backoff.next(&mut self.rng).max(rest.unwrap_or_default()).min(TRIED_MAX);
            tokio::select! {
                biased;
                () = ending.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
        self.dropped = 0;
        if self.trouble.take().is_some() {
            self.paper.note(format!("{}: it takes events again", self.receiver.label()));
        }
    }

    /// Once for the same reason.
    fn complain(&mut self, why: String) {
        if self.trouble.as_ref() != Some(&why) {
            let (label, most) = (self.receiver.label(), length(TRIED_MAX));
            self.paper.note(format!("{label}: {why}; trying again for {most}"));
            self.trouble = Some(why);
        }
    }

    fn drop(&mut self, count: u64, why: &str) {
        if count > 0 {
            self.dropped += count;
            let events = if count == 1 { "an event is" } else { "events are" };
            self.paper
                .note(format!("{}: {events} dropped ({count}): {why}", self.receiver.label()));
        }
    }
}

#[cfg(test)]
mod tests;
