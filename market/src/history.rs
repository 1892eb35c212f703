//! What a source tells of the past: its bars by minute, and why minutes have none.

use std::collections::BTreeMap;

use chassis::grid::{Interval, Minute, Timestamp};

use crate::{
    bar::{Bar, Closed},
    convention::Conventions,
    quality::Quality,
};

/// Why there is no bar for use.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoBar {
    /// The source has none.
    #[error("no bar for {0}")]
    Missing(Minute),
    /// The source has one that cannot be used.
    #[error("no bar for {minute}: {why}")]
    Unusable {
        /// Whose minute.
        minute: Minute,
        /// What is wrong with it.
        why: Box<str>,
    },
    /// Its minute is not over.
    #[error("no bar for {0} yet: its minute is not over")]
    NotOver(Minute),
    /// The source begins later.
    #[error("no bar for {minute}: the data begin with {first}")]
    Before {
        /// Whose minute.
        minute: Minute,
        /// The first one of the source.
        first: Minute,
    },
    /// The source has ended.
    #[error("no bar for {minute}: the data end with {last}")]
    Ended {
        /// Whose minute.
        minute: Minute,
        /// The last one of the source.
        last: Minute,
    },
}

/// Bars of one instrument and interval, in the order of their minutes; at least one.
#[derive(Clone, Debug)]
pub struct History {
    /// By which conventions it was read.
    pub conventions: Conventions,
    /// What is wrong with it.
    pub quality: Quality,
    bars: Vec<Bar>,
    unusable: BTreeMap<Minute, Box<str>>,
}

impl History {
    /// `bars` are in order, each of its own minute, none of them unusable; there is one.
    pub(crate) fn new(
        conventions: Conventions,
        quality: Quality,
        bars: Vec<Bar>,
        unusable: BTreeMap<Minute, Box<str>>,
    ) -> Self {
        assert!(!bars.is_empty(), "a history has a bar");
        assert!(bars.is_sorted_by(|a, b| a.minute < b.minute), "a minute has one bar");
        Self { conventions, quality, bars, unusable }
    }

    /// How long a bar is.
    pub fn interval(&self) -> Interval {
        self.conventions.interval.0
    }

    /// Minute of the first bar.
    pub fn first(&self) -> Minute {
        self.bars.first().expect("there is one").minute
    }

    /// Minute of the last bar.
    pub fn last(&self) -> Minute {
        self.bars.last().expect("there is one").minute
    }

    /// Whether it says what takers bought.
    pub fn has_taker_buy(&self) -> bool {
        self.bars.first().expect("there is one").taker_buy.is_some()
    }

    /// The bars that are over at `now`, in order.
    pub fn closed(&self, now: Timestamp) -> impl Iterator<Item = Closed<'_>> {
        (0..).map_while(move |n| self.nth_closed(n, now))
    }

    /// The n-th bar, from 0, if it is there and over at `now`.
    pub fn nth_closed(&self, n: usize, now: Timestamp) -> Option<Closed<'_>> {
        self.bars.get(n)?.closed(self.interval(), now)
    }

    /// The bar of `minute`, or why there is none at `now`.
    pub fn bar(&self, minute: Minute, now: Timestamp) -> Result<Closed<'_>, NoBar> {
        if minute <= self.last() && minute.next(self.interval()).start() > now {
            return Err(NoBar::NotOver(minute));
        }
        if let Ok(at) = self.bars.binary_search_by_key(&minute, |bar| bar.minute) {
            return self.bars[at].closed(self.interval(), now).ok_or(NoBar::NotOver(minute));
        }
        if let Some(why) = self.unusable.get(&minute) {
            return Err(NoBar::Unusable { minute, why: why.clone() });
        }
        let (first, last) = (self.first(), self.last());
        Err(match minute {
            _ if minute < first => NoBar::Before { minute, first },
            _ if minute > last => NoBar::Ended { minute, last },
            _ => NoBar::Missing(minute),
        })
    }
}
