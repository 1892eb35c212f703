//! The connection to an exchange: made, watched, and made again.

use std::time::Duration;

use chassis::{
    backoff::Backoff,
    clock::Clock,
    grid::{Interval, Timestamp},
};
use futures_util::{SinkExt as _, StreamExt as _};
use rand::rngs::StdRng;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite;

use crate::{
    endpoint::{Dialer, Socket},
    feed::read,
    message::{Message, Says},
    recording::one_line,
    source::Source,
};

/// An exchange that says nothing for so long is gone, though the connection is there: each that is known
/// here says something every second.
const MUTE_MAX: Duration = Duration::from_secs(5);

/// Longest wait before another try. Exchanges ban who comes too often: Binance takes 300 tries in five
/// minutes.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Something that came over the connection, or happened to it.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Connected,
    /// In one line, and as it is read.
    Said(String, Message),
    Lost(String),
}

/// Whoever listens is gone.
struct Unheard;

/// Why a connection ended.
enum End {
    Lost(String),
    Unheard,
}

impl From<Unheard> for End {
    fn from(Unheard: Unheard) -> Self {
        Self::Unheard
    }
}

/// Listens to a source for as long as somebody hears.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) source: Source,
    pub(crate) interval: Interval,
    pub(crate) subscriptions: Vec<String>,
    pub(crate) dialer: Dialer,
    pub(crate) clock: Clock,
    pub(crate) rng: StdRng,
    pub(crate) heard: mpsc::Sender<Heard>,
}

impl Link {
    /// Connects, listens, and connects again.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::up_to(WAIT_MAX);
        loop {
            let begun = Instant::now();
            let Err(End::Lost(why)) = self.listen().await else { return };
            if self.tell(What::Lost(why)).await.is_err() {
                return;
            }
            // One that ends soon each time is not tried as often as one that lasts.
            if begun.elapsed() > WAIT_MAX {
                backoff.reset();
            }
            sleep(backoff.next(&mut self.rng)).await;
        }
    }

    async fn listen(&self) -> Result<(), End> {
        let mut socket = self.dialer.dial().await.map_err(End::Lost)?;
        for subscription in &self.subscriptions {
            let sent = socket.send(tungstenite::Message::text(subscription.as_str())).await;
            sent.map_err(|error| End::Lost(error.to_string()))?;
        }
        self.tell(What::Connected).await?;
        let mut expected = None;
        loop {
            let Some(text) = next(&mut socket).await.map_err(End::Lost)? else { continue };
            let message = read(&text, &self.source, self.interval);
            let message = message.map_err(|error| End::Lost(error.to_string()))?;
            follow(&mut expected, message.sequence).map_err(End::Lost)?;
            if let Says::Refused(why) = &message.says {
                return Err(End::Lost(format!("the exchange refuses {}: {why}", self.source)));
            }
            self.tell(What::Said(text, message)).await?;
        }
    }

    async fn tell(&self, what: What) -> Result<(), Unheard> {
        let heard = Heard { at: self.clock.wall(), what };
        self.heard.send(heard).await.map_err(|_| Unheard)
    }
}

/// The next text; none for what is only a sign of life.
async fn next(socket: &mut Socket) -> Result<Option<String>, String> {
    let frame = timeout(MUTE_MAX, socket.next()).await;
    let frame = frame.map_err(|_| format!("it was mute for {} s", MUTE_MAX.as_secs()))?;
    match frame {
        None => Err("the connection was closed".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        Some(Ok(tungstenite::Message::Text(text))) => Ok(Some(one_line(&text))),
        Some(Ok(tungstenite::Message::Close(None))) => Err("the exchange closed it".to_owned()),
        Some(Ok(tungstenite::Message::Close(Some(frame)))) => {
            Err(format!("the exchange closed it: {} {}", frame.code, one_line(&frame.reason)))
        }
        Some(Ok(
            tungstenite::Message::Binary(_)
            | tungstenite::Message::Ping(_)
            | tungstenite::Message::Pong(_)
            | tungstenite::Message::Frame(_),
        )) => Ok(None),
    }
}

/// Whether a message follows on the one before, where the exchange counts them.
fn follow(expected: &mut Option<u64>, sequence: Option<u64>) -> Result<(), String> {
    let Some(sequence) = sequence else { return Ok(()) };
    let before = expected.replace(sequence + 1);
    match before {
        Some(expected) if expected != sequence => {
            Err(format!("message {sequence} came where {expected} was due"))
        }
        Some(_) | None => Ok(()),
    }
}
