//! Moving averages.

use crate::folded::{Fold, Folded, double};

/// The sum of numbers.
#[derive(Clone, Copy, Debug)]
struct Sum(f64);

impl Fold for Sum {
    type Number = f64;

    fn of(number: f64) -> Self {
        Self(number)
    }

    fn then(self, later: Self) -> Self {
        Self(self.0 + later.0)
    }
}

/// Simple moving average: the mean of the last `n` numbers. Warm-up: `n`.
#[derive(Clone, Debug)]
pub struct Sma {
    n: f64,
    sum: Folded<Sum>,
}

impl Sma {
    /// Of `n` numbers, at least one.
    pub fn new(n: usize) -> Self {
        Self { n: double(n), sum: Folded::new(n) }
    }

    /// Takes a number, gives the average.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        self.sum.next(number).map(|Sum(sum)| sum / self.n)
    }
}

/// Exponential moving average: each number moves it by a share of the distance. It begins as the mean of
/// the first `n` numbers. Warm-up: `n`.
#[derive(Clone, Debug)]
pub struct Ema {
    share: f64,
    n: usize,
    seen: usize,
    /// The average; the sum of what was seen as long as that is less than `n`.
    value: f64,
}

impl Ema {
    /// With a share of `2 / (n + 1)`.
    pub fn new(n: usize) -> Self {
        Self::with_share(n, 2.0 / double(n + 1))
    }

    /// Wilder's, with a share of `1 / n` (J. Welles Wilder, "New Concepts in Technical Trading Systems",
    /// 1978).
    pub fn wilder(n: usize) -> Self {
        Self::with_share(n, 1.0 / double(n))
    }

    fn with_share(n: usize, share: f64) -> Self {
        assert!(n > 0, "an average is of something");
        Self { share, n, seen: 0, value: 0.0 }
    }

    /// Takes a number, gives the average.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        let begun = self.seen == self.n;
        let step = if begun { (number - self.value) * self.share } else { number };
        let value = self.value + step;
        // What is beyond doubles counts as missing: nothing could ever come of it again.
        if !value.is_finite() {
            return None;
        }
        self.value = value;
        if begun {
            return Some(self.value);
        }
        self.seen += 1;
        if self.seen < self.n {
            return None;
        }
        self.value /= double(self.n);
        Some(self.value)
    }
}

/// Numbers weighted by their place: the first once, the second twice, and so on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weighted {
    count: f64,
    pub(crate) sum: f64,
    /// Each times its place, from 1.
    pub(crate) by_place: f64,
}

impl Fold for Weighted {
    type Number = f64;

    fn of(number: f64) -> Self {
        Self { count: 1.0, sum: number, by_place: number }
    }

    fn then(self, later: Self) -> Self {
        Self {
            count: self.count + later.count,
            sum: self.sum + later.sum,
            by_place: self.by_place + later.by_place + self.count * later.sum,
        }
    }
}

/// Weighted moving average: of the last `n` numbers, the newest counts `n` times, the oldest once.
/// Warm-up: `n`.
#[derive(Clone, Debug)]
pub struct Wma {
    weights: f64,
    weighted: Folded<Weighted>,
}

impl Wma {
    /// Of `n` numbers, at least one.
    pub fn new(n: usize) -> Self {
        Self { weights: double(n) * double(n + 1) / 2.0, weighted: Folded::new(n) }
    }

    /// Takes a number, gives the average.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        self.weighted.next(number).map(|fold| fold.by_place / self.weights)
    }
}
