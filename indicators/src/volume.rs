//! What was traded, and by whom.

use crate::{average::Sma, candle::Candle};

/// Volume-weighted average price of the last `n` bars, each at its typical price. Warm-up: `n` bars. No
/// value when nothing was traded in them.
#[derive(Clone, Debug)]
pub struct Vwap {
    turnover: Sma,
    volume: Sma,
}

impl Vwap {
    /// Of `n` bars, at least one.
    pub fn new(n: usize) -> Self {
        Self { turnover: Sma::new(n), volume: Sma::new(n) }
    }

    /// Takes a bar, gives the price.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let turnover = self.turnover.next(candle.typical() * candle.volume);
        let (turnover, volume) = turnover.zip(self.volume.next(candle.volume))?;
        (volume > 0.0).then(|| turnover / volume)
    }
}

/// Volume order imbalance of the last `n` bars: what takers bought less what they sold, of all that was
/// traded; -1 to 1. Warm-up: `n` bars that say what takers bought. No value when nothing was traded.
#[derive(Clone, Debug)]
pub struct Imbalance {
    bought: Sma,
    volume: Sma,
}

impl Imbalance {
    /// Of `n` bars, at least one.
    pub fn new(n: usize) -> Self {
        Self { bought: Sma::new(n), volume: Sma::new(n) }
    }

    /// Takes a bar, gives the imbalance.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let bought = self.bought.next(candle.taker_buy?);
        let (bought, volume) = bought.zip(self.volume.next(candle.volume))?;
        (volume > 0.0).then(|| 2.0 * bought / volume - 1.0)
    }
}
