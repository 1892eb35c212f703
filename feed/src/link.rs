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
    time::{Instant, sleep, timeout_at},
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
    /// Whether it has ever said something.
    pub(crate) spoke: bool,
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

    async fn listen(&mut self) -> Result<(), End> {
        let mut socket = self.dialer.dial().await.map_err(End::Lost)?;
        for subscription in &self.subscriptions {
            let sent = socket.send(tungstenite::Message::text(subscription.as_str())).await;
            sent.map_err(|error| End::Lost(error.to_string()))?;
        }
        self.tell(What::Connected).await?;
        let (mut expected, mut owed) = (None, Owed::default());
        loop {
            let text = next(&mut socket).await.map_err(|why| lost(&why, self.spoke))?;
            let message = read(&text, &self.source, self.interval);
            let message = message.map_err(|error| End::Lost(error.to_string()))?;
            follow(&mut expected, message.sequence).map_err(End::Lost)?;
            if let Says::Refused(why) = &message.says {
                return Err(End::Lost(format!("the exchange refuses {}: {why}", self.source)));
            }
            owed.hear(&message.says, self.clock.wall()).map_err(End::Lost)?;
            self.spoke |= message.says != Says::Subscribed;
            self.tell(What::Said(text, message)).await?;
        }
    }

    async fn tell(&self, what: What) -> Result<(), Unheard> {
        let heard = Heard { at: self.clock.wall(), what };
        self.heard.send(heard).await.map_err(|_| Unheard)
    }
}

/// Exchanges take subscriptions to what they do not have, and never speak of it.
fn lost(why: &str, spoke: bool) -> End {
    let hint = if spoke { "" } else { "; does it have such an instrument?" };
    End::Lost(format!("{why}{hint}"))
}

/// Trades that the exchange speaks of, and does not send.
#[derive(Debug, Default)]
struct Owed {
    /// Number of the last one that was sent on this connection.
    sent: Option<u64>,
    since: Option<Timestamp>,
}

impl Owed {
    /// A connection over which trades have stopped for long is none, whatever else comes over it.
    fn hear(&mut self, says: &Says, at: Timestamp) -> Result<(), String> {
        match says {
            Says::Trades(trades) => {
                self.sent = self.sent.max(trades.last().map(|trade| trade.id));
                self.since = None;
            }
            Says::Passed { last: Some(last), .. } if self.sent.is_some_and(|sent| sent < *last) => {
                let since = *self.since.get_or_insert(at);
                if at.since(since) > MUTE_MAX {
                    return Err(format!("it speaks of trade {last}, and sends no trades"));
                }
            }
            Says::Passed { .. }
            | Says::Bars(_)
            | Says::Subscribed
            | Says::Refused(_)
            | Says::Alive => {}
        }
        Ok(())
    }
}

/// The next text. Whatever else comes is no sign that the exchange still speaks.
async fn next(socket: &mut Socket) -> Result<String, String> {
    let deadline = Instant::now() + MUTE_MAX;
    loop {
        let frame = timeout_at(deadline, socket.next()).await;
        let frame = frame.map_err(|_| format!("it was mute for {} s", MUTE_MAX.as_secs()))?;
        let frame = frame.ok_or("the connection was closed")?.map_err(|error| error.to_string())?;
        if let Some(text) = text(frame)? {
            return Ok(text);
        }
    }
}

fn text(frame: tungstenite::Message) -> Result<Option<String>, String> {
    match frame {
        tungstenite::Message::Text(text) => Ok(Some(one_line(&text))),
        tungstenite::Message::Close(None) => Err("the exchange closed it".to_owned()),
        tungstenite::Message::Close(Some(frame)) => {
            Err(format!("the exchange closed it: {} {}", frame.code, one_line(&frame.reason)))
        }
        tungstenite::Message::Binary(_)
        | tungstenite::Message::Ping(_)
        | tungstenite::Message::Pong(_)
        | tungstenite::Message::Frame(_) => Ok(None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Trade;

    #[test]
    fn a_connection_over_which_trades_have_stopped_is_none() {
        let at = |second: i64| Timestamp::from_micros(1_795_176_000_000_000 + second * 1_000_000);
        let [price, size] = ["10", "1"].map(|text| text.parse().unwrap());
        let trade = |id| Says::Trades(vec![Trade { id, at: at(0), price, size, taker_buys: true }]);
        let passed = |last| Says::Passed { until: at(0), last };
        let mut owed = Owed::default();
        assert_eq!(owed.hear(&passed(Some(3)), at(0)), Ok(()), "nothing is known yet");
        for (second, says) in [
            (1, trade(4)),
            (2, passed(Some(5))),
            (6, passed(None)),
            (7, trade(5)),
            (8, passed(Some(5))),
            (9, passed(Some(6))),
            (14, passed(Some(7))),
        ] {
            assert_eq!(owed.hear(&says, at(second)), Ok(()), "{second}");
        }
        let lost = owed.hear(&passed(Some(8)), at(15)).unwrap_err();
        assert_eq!(lost, "it speaks of trade 8, and sends no trades");
    }

    #[test]
    fn a_message_that_is_missing_shows() {
        let mut expected = None;
        for sequence in [Some(7), None, Some(8), Some(9)] {
            assert_eq!(follow(&mut expected, sequence), Ok(()));
        }
        let lost = follow(&mut expected, Some(11)).unwrap_err();
        assert_eq!(lost, "message 11 came where 10 was due");
    }
}
