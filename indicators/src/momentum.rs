//! How far numbers have moved.

use std::collections::VecDeque;

use crate::average::Ema;

/// The number that came `n` before. Warm-up: `n + 1`.
#[derive(Clone, Debug)]
pub struct Lag {
    n: usize,
    waiting: VecDeque<f64>,
}

impl Lag {
    /// Of `n`, at least one.
    pub fn new(n: usize) -> Self {
        assert!(n > 0, "what is late is late by something");
        Self { n, waiting: VecDeque::new() }
    }

    /// Takes a number, gives the earlier one.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        let earlier = if self.waiting.len() == self.n { self.waiting.pop_front() } else { None };
        self.waiting.push_back(number);
        earlier
    }
}

/// Relative strength index, 0 to 100, with Wilder's averages over `n` moves. Warm-up: `n + 1`. It has no
/// value when nothing has moved at all, where TA-Lib says 0, its strongest signal.
#[derive(Clone, Debug)]
pub struct Rsi {
    before: Option<f64>,
    up: Ema,
    down: Ema,
}

impl Rsi {
    /// Over `n` moves, at least one.
    pub fn new(n: usize) -> Self {
        Self { before: None, up: Ema::wilder(n), down: Ema::wilder(n) }
    }

    /// Takes a number, gives the index.
    pub fn next(&mut self, number: f64) -> Option<f64> {
        let moved = number - self.before.replace(number)?;
        let (up, down) = self.up.next(moved.max(0.0)).zip(self.down.next((-moved).max(0.0)))?;
        (up + down > 0.0).then(|| 100.0 * up / (up + down))
    }
}
