//! The signals of a feed: what an expression makes of its bars, when it is asked for. Pure.

use std::collections::VecDeque;

use chassis::grid::{Minute, Timestamp};
use indicators::{
    candle::Candle,
    expression::{BuildError, Expression, NoValue, Tree},
};

use crate::{
    event::Event,
    feed::Feed,
    settled::Settled,
    source::{Of, Venue},
};

/// Signals of so many minutes are kept: that of the minute at hand, and where this machine's clock is
/// behind the exchange's, later ones.
const KEPT_MAX: usize = 8;

/// Why a minute has no signal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoSignal {
    /// There is no bar of the minute before it, and will be none.
    #[error("no bar for {minute}: {why}")]
    NoBar {
        /// The minute before.
        minute: Minute,
        /// Why.
        why: Box<str>,
    },
    /// The bar of the minute before it is not known.
    #[error("no bar for {minute} yet: {why}")]
    NotYet {
        /// The minute before.
        minute: Minute,
        /// What is known instead.
        why: Box<str>,
    },
    /// The bars have no value yet, or none that is finite.
    #[error(transparent)]
    NoValue(#[from] NoValue),
}

/// A feed and an expression of its bars.
#[derive(Debug)]
pub struct Signals {
    feed: Feed,
    expression: Expression,
    /// By the minute of the bar.
    values: VecDeque<(Minute, Result<f64, NoSignal>)>,
}

impl Signals {
    /// Before anything has happened.
    pub fn new(feed: Feed, signal: &Tree) -> Result<Self, BuildError> {
        let source = feed.source();
        let knows_takers = source.venue == Venue::Binance || source.of == Of::Trades;
        if signal.reads_taker_buy() && !knows_takers {
            return Err(BuildError::NoTakerBuy(signal.to_string()));
        }
        let expression = Expression::new(signal, feed.interval())?;
        Ok(Self { feed, expression, values: VecDeque::new() })
    }

    /// The feed.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Something happens at `at`, by the clock of this machine.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        let interval = self.feed.interval();
        for Settled { minute, bar } in self.feed.apply(at, event) {
            let value = match bar {
                Err(why) => Err(NoSignal::NoBar { minute, why }),
                Ok(bar) => {
                    // The exchange's clock has passed its end.
                    let closed = bar.closed(interval, minute.next(interval).start());
                    let candle = Candle::from(closed.expect("it is over"));
                    self.expression.next(&candle).map_err(NoSignal::NoValue)
                }
            };
            self.values.push_back((minute, value));
        }
        let beyond = self.values.len().saturating_sub(KEPT_MAX);
        drop(self.values.drain(..beyond));
    }

    /// Whether the signal of `minute` is known, or known not to come.
    pub fn is_known(&self, minute: Minute) -> bool {
        let before = minute.previous(self.feed.interval());
        self.values.back().is_some_and(|(last, _)| *last >= before)
    }

    /// The signal of `minute`, as it stands: of the bar of the minute before it.
    pub fn signal(&self, minute: Minute) -> Result<f64, NoSignal> {
        let minute = minute.previous(self.feed.interval());
        match self.values.iter().find(|(of, _)| *of == minute) {
            Some((_, value)) => value.clone(),
            None if self.values.front().is_some_and(|(first, _)| minute < *first) => {
                let why = "the data that are kept begin later".into();
                Err(NoSignal::NoBar { minute, why })
            }
            None => Err(NoSignal::NotYet { minute, why: self.feed.waits().into() }),
        }
    }
}
