//! Where numbers tend to.

use crate::{
    average::{Ema, Weighted},
    folded::{Folded, double},
};

/// Moving average convergence and divergence: a fast exponential average less a slow one. Both begin at
/// the same number, the fast one with the mean of the numbers before it. Warm-up: `slow`.
#[derive(Clone, Debug)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    /// How many numbers the fast average leaves out.
    left_out: usize,
}

impl Macd {
    /// `fast` is at most `slow`, and at least one.
    pub fn new(fast: usize, slow: usize) -> Self {
        assert!(fast <= slow, "the fast average is not the slow one");
        Self { fast: Ema::new(fast), slow: Ema::new(slow), left_out: slow - fast }
    }

    /// Takes a number, gives the difference.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        let slow = self.slow.next(number);
        if self.left_out > 0 {
            self.left_out -= 1;
            return None;
        }
        Some(self.fast.next(number)? - slow?)
    }
}

/// Slope of the straight line through the last `n` numbers (least squares), in numbers a step. Warm-up:
/// `n`.
#[derive(Clone, Debug)]
pub struct Slope {
    n: f64,
    weighted: Folded<Weighted>,
}

impl Slope {
    /// Of `n` numbers, at least two.
    pub fn new(n: usize) -> Self {
        assert!(n > 1, "a line has two points");
        Self { n: double(n), weighted: Folded::new(n) }
    }

    /// Takes a number, gives the slope.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        let fold = self.weighted.next(number)?;
        let mean_place = f64::midpoint(self.n, 1.0);
        let spread_of_places = self.n * (self.n * self.n - 1.0) / 12.0;
        Some((fold.by_place - mean_place * fold.sum) / spread_of_places)
    }
}
