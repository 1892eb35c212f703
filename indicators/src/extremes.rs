//! The highest and the lowest of numbers: of the last ones, `Folded<Range>`; of bars, that is Donchian's channel.

use crate::folded::Fold;

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
