//! The venues that the exchange can be.

use std::{fmt, time::Duration};

use chassis::grid::Timestamp;
use clap::ValueEnum;

use crate::{
    binance, coinbase,
    message::{Event, Opening, Say},
    stamp::whole_millis,
};

/// Whose formats the exchange speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Venue {
    /// Binance's spot market: `/ws`, `/ws/STREAM` and `/stream?streams=A/B`.
    Binance,
    /// Coinbase's Advanced Trade: `/`.
    Coinbase,
}

impl Venue {
    /// Bitcoin in dollars, as the venue calls it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Binance => "BTCUSDT",
            Self::Coinbase => "BTC-USD",
        }
    }

    /// What a client asks for that subscribes to what it wants.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Binance => "/ws",
            Self::Coinbase => "/",
        }
    }

    /// The lengths of the bars that it tells.
    pub(crate) fn bars(self) -> Vec<Duration> {
        match self {
            Self::Binance => binance::INTERVALS.iter().map(|(_, length)| *length).collect(),
            Self::Coinbase => vec![coinbase::CANDLE],
        }
    }

    /// The instant as exactly as the venue writes it of a trade.
    pub(crate) fn stamped(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Binance => whole_millis(at),
            Self::Coinbase => at,
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binance => "binance",
            Self::Coinbase => "coinbase",
        })
    }
}

/// A conversation with a client, in the formats of a venue.
#[derive(Debug)]
pub(crate) enum Session {
    Binance(binance::Session),
    Coinbase(Box<coinbase::Session>),
}

impl Session {
    /// By the path and query of the client's request; none if there is nothing there.
    pub(crate) fn open(
        venue: Venue,
        symbol: &str,
        target: &str,
        opening: &Opening,
    ) -> Option<Self> {
        match venue {
            Venue::Binance => binance::Session::open(target, symbol).map(Self::Binance),
            Venue::Coinbase => {
                let session = coinbase::Session::open(target, symbol, opening)?;
                Some(Self::Coinbase(Box::new(session)))
            }
        }
    }

    /// What is said to a text of the client.
    pub(crate) fn hear(&mut self, text: &str, at: Timestamp) -> Vec<Say> {
        match self {
            Self::Binance(session) => session.hear(text),
            Self::Coinbase(session) => session.hear(text, at),
        }
    }

    /// What is said of what happens.
    pub(crate) fn tell(&mut self, event: &Event) -> Vec<Say> {
        match self {
            Self::Binance(session) => session.tell(event),
            Self::Coinbase(session) => session.tell(event),
        }
    }
}
