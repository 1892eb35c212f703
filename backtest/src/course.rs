//! What came of a run, minute by minute.

use std::collections::BTreeMap;

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use trader::engine::verdict::{Cause, CauseCode, State};

/// A number for each minute, or none.
#[derive(Clone, Debug, Default)]
pub struct Column(Vec<f64>);

impl Column {
    pub(crate) fn push(&mut self, number: Option<f64>) {
        self.0.push(number.unwrap_or(f64::NAN));
    }

    /// The number of the n-th minute, from 0.
    pub fn get(&self, n: usize) -> Option<f64> {
        self.0.get(n).copied().filter(|number| !number.is_nan())
    }

    /// All numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<f64>> {
        self.0.iter().map(|number| (!number.is_nan()).then_some(*number))
    }

    /// How many minutes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no minute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Option<f64>> for Column {
    fn from_iter<T: IntoIterator<Item = Option<f64>>>(iter: T) -> Self {
        let mut column = Self::default();
        iter.into_iter().for_each(|number| column.push(number));
        column
    }
}

/// What is the same if it is the same, minute by minute and bit by bit.
impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.iter()
            .map(|number| number.map(f64::to_bits))
            .eq(other.iter().map(|number| number.map(f64::to_bits)))
    }
}

/// What a strategy decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decisions {
    /// Which strategy.
    pub name: Name,
    /// Its decisions; none where it abstained, or was silent.
    pub decisions: Column,
}

/// The trader's state changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// To which state.
    pub to: State,
    /// Why.
    pub causes: Vec<Cause>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Its first minute; each of the others follows on the one before.
    pub first: Minute,
    /// How long a minute is.
    pub interval: Interval,
    /// The medians; none where there was none.
    pub medians: Column,
    /// What the strategies decided, in the order of the study.
    pub strategies: Vec<Decisions>,
    /// How the trader's state changed.
    pub changes: Vec<Change>,
    /// How many minutes have no median, by what was wrong. A minute with causes of several codes counts for
    /// each of them.
    pub shortfalls: BTreeMap<CauseCode, usize>,
}

impl Course {
    /// Its minutes.
    pub fn minutes(&self) -> impl Iterator<Item = Minute> {
        let interval = self.interval;
        let all =
            std::iter::successors(Some(self.first), move |minute| Some(minute.next(interval)));
        all.take(self.medians.len())
    }
}
