//! From what an exchange says to bars, minute by minute. Pure: a recording of the events gives the same
//! bars again.

use chassis::grid::{Interval, Timestamp};

use crate::{
    binance, coinbase,
    event::Event,
    klines::Klines,
    message::{Message, Says, Unreadable},
    settled::Settled,
    source::{Of, Source, Venue},
    trades::Trades,
};

/// Why a source gives no bars of an interval.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{source_name} gives no bars of {interval}: expected {expected}")]
pub struct NoBars {
    source_name: Source,
    interval: Interval,
    expected: &'static str,
}

/// Where the connection stands. One over which nothing has come is none.
#[derive(Clone, Debug)]
enum Link {
    /// Nothing was heard by this process.
    Begun(Timestamp),
    /// Something was heard, and nothing lost since then.
    Heard(Timestamp),
    /// When it was lost, and why it is not there.
    Lost(Timestamp, Box<str>),
}

#[derive(Debug)]
enum Bars {
    Trades(Trades),
    Klines(Klines),
}

/// A feed of bars of one interval.
#[derive(Debug)]
pub struct Feed {
    source: Source,
    interval: Interval,
    link: Link,
    bars: Bars,
    settled: Vec<Settled>,
}

impl Feed {
    /// Before anything has happened.
    pub fn new(source: Source, interval: Interval) -> Result<Self, NoBars> {
        let length = interval.duration();
        let (fits, expected) = match (source.of, source.venue) {
            (Of::Trades, _) => (length.subsec_nanos() == 0, "whole seconds"),
            (Of::Klines, Venue::Binance) => {
                let expected = "1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h or 24h";
                (binance::word(interval).is_some(), expected)
            }
            (Of::Klines, Venue::Coinbase) => (length == coinbase::CANDLE, "5m"),
        };
        if !fits {
            return Err(NoBars { source_name: source, interval, expected });
        }
        let bars = match source.of {
            Of::Trades => Bars::Trades(Trades::new(interval)),
            Of::Klines => Bars::Klines(Klines::new(interval, source.venue == Venue::Binance)),
        };
        let link = Link::Begun(Timestamp::default());
        Ok(Self { source, interval, link, bars, settled: Vec::new() })
    }

    /// What is listened to.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// How long a bar is.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// What is to be said to the exchange once it is connected.
    pub fn subscriptions(&self) -> Vec<String> {
        match self.source.venue {
            Venue::Binance => binance::subscriptions(&self.source, self.interval),
            Venue::Coinbase => coinbase::subscriptions(&self.source),
        }
    }

    /// Something happens at `at`, by the clock of this machine: the minutes that are settled by it.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> impl Iterator<Item = Settled> {
        match event {
            Event::Begun => self.link = Link::Begun(at),
            Event::Connected => match &mut self.bars {
                Bars::Trades(trades) => trades.connected(),
                Bars::Klines(klines) => klines.connected(),
            },
            Event::Lost(why) => match &mut self.link {
                Link::Lost(_, last) => last.clone_from(why),
                Link::Begun(_) | Link::Heard(_) => self.link = Link::Lost(at, why.clone()),
            },
            Event::Said(message) => {
                let is_heard = matches!(self.link, Link::Heard(_));
                if !is_heard && message.says != Says::Subscribed {
                    self.link = Link::Heard(at);
                }
                self.say(&message.says);
            }
            Event::Asked(_) => {}
        }
        self.settled.drain(..)
    }

    fn say(&mut self, says: &Says) {
        let settled = &mut self.settled;
        match (&mut self.bars, says) {
            (Bars::Trades(trades), Says::Trades(new)) => {
                for trade in new {
                    trades.trade(trade, settled);
                }
            }
            (Bars::Trades(trades), Says::Passed { until, last }) => {
                trades.passed(*until, *last, settled);
            }
            (Bars::Klines(klines), Says::Bars(bars)) => {
                for (bar, complete) in bars {
                    klines.bar(*bar, *complete, settled);
                }
            }
            (Bars::Trades(_) | Bars::Klines(_), _) => {}
        }
    }

    /// Trades that came when their minute had been settled: their bar is without them.
    pub fn late(&self) -> u64 {
        match &self.bars {
            Bars::Trades(trades) => trades.late,
            Bars::Klines(_) => 0,
        }
    }

    /// Why there is nothing to say of a minute yet.
    pub fn waits(&self) -> String {
        let waits = match &self.bars {
            Bars::Trades(trades) => trades.waits(),
            Bars::Klines(klines) => klines.waits(),
        };
        match &self.link {
            Link::Begun(at) => format!("nothing was heard yet, begun at {at}"),
            Link::Heard(at) => format!("heard since {at}, {waits}"),
            Link::Lost(at, why) => format!("nothing was heard since {at}: {why}"),
        }
    }
}

/// Reads a message of the exchange of `source`, for bars of `interval`.
pub fn read(text: &str, source: &Source, interval: Interval) -> Result<Message, Unreadable> {
    match source.venue {
        Venue::Binance => binance::read(text, source, interval),
        Venue::Coinbase => coinbase::read(text, source, interval),
    }
}
