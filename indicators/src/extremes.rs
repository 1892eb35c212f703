//! The highest and the lowest of the last numbers.

use crate::folded::{Fold, Folded};

/// From the lowest to the highest of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Range {
    /// Half way between the two.
    pub fn middle(&self) -> f64 {
        self.low.midpoint(self.high)
    }
}

impl Fold for Range {
    type Number = Self;

    fn of(number: Self) -> Self {
        number
    }

    fn then(self, later: Self) -> Self {
        Self { low: self.low.min(later.low), high: self.high.max(later.high) }
    }
}

/// The lowest and the highest of the last `n`, of numbers, or of bars that have a low and a high each
/// (Donchian's channel). Warm-up: `n`.
#[derive(Clone, Debug)]
pub struct Channel {
    range: Folded<Range>,
}

impl Channel {
    /// Of `n`, at least one.
    pub fn new(n: usize) -> Self {
        Self { range: Folded::new(n) }
    }

    /// Takes a range, gives that of the last ones.
    pub fn next(&mut self, range: Range) -> Option<Range> {
        self.range.next(range)
    }
}
