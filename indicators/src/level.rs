//! Local support and resistance: where prices turned.

use crate::{extremes::Range, folded::Folded, momentum::Lag};

/// The last local extreme: a number that none of the `n` before it and of the `n` after it is beyond. It
/// is known `n` numbers after it came. Warm-up: `2 n + 1` numbers, and until there is one.
#[derive(Clone, Debug)]
pub struct Level {
    sign: f64,
    around: Folded<Range>,
    middle: Lag,
    last: Option<f64>,
}

impl Level {
    /// Of highs, with `n` on each side, at least one.
    pub fn resistance(n: usize) -> Self {
        Self::new(n, 1.0)
    }

    /// Of lows, with `n` on each side, at least one.
    pub fn support(n: usize) -> Self {
        Self::new(n, -1.0)
    }

    fn new(n: usize, sign: f64) -> Self {
        Self { sign, around: Folded::new(2 * n + 1), middle: Lag::new(n), last: None }
    }

    /// Takes a number, gives the level.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        let number = number * self.sign;
        let middle = self.middle.next(number);
        let around = self.around.next(Range { low: number, high: number });
        if let Some((middle, around)) = middle.zip(around)
            && middle >= around.high
        {
            self.last = Some(middle * self.sign);
        }
        self.last
    }
}
