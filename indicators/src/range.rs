//! How far prices range within a bar.

use crate::{average::Ema, candle::Candle};

/// Average true range with Wilder's average over `n` bars. The true range reaches from the bar's lowest to
/// its highest price, the close before it included, so the first bar has none. Warm-up: `n + 1` bars.
#[derive(Clone, Debug)]
pub struct Atr {
    before: Option<f64>,
    average: Ema,
}

impl Atr {
    /// Over `n` bars, at least one.
    pub fn new(n: usize) -> Self {
        Self { before: None, average: Ema::wilder(n) }
    }

    /// Takes a bar, gives the average.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let before = self.before.replace(candle.close)?;
        self.average.next(candle.high.max(before) - candle.low.min(before))
    }
}
