//! Patterns of candles, as TA-Lib tells them: 0 is none, 1 one of a candle that closes higher than it opens,
//! or of one without a direction, -1 one of a candle that closes lower (TA-Lib gives a hundred times that). "Short", "near" and the like are measured by the candles before.

use crate::{average::Sma, candle::Candle, momentum::Lag};

/// The mean of a measure over the candles before the present one.
#[derive(Clone, Debug)]
struct Usual {
    mean: Sma,
    before: Option<f64>,
}

impl Usual {
    fn of(candles: usize) -> Self {
        Self { mean: Sma::new(candles), before: None }
    }

    /// What is usual for the candle that measures `measure`, itself not included.
    fn next(&mut self, measure: f64) -> Option<f64> {
        let usual = self.before;
        self.before = self.mean.next(measure);
        usual
    }
}

/// So many candles tell what is usual.
const USUAL: usize = 10;

/// So many tell what is near.
const USUAL_NEAR: usize = 5;

/// Of the usual spread of a candle, the share up to which a body is none, and a shadow very short.
const TENTH: f64 = 0.1;

/// Of the usual spread of a candle, the share up to which a price is near another one.
const NEAR: f64 = 0.2;

/// Doji: hardly any body. 1 or 0. Warm-up: 11 bars.
#[derive(Clone, Debug)]
pub struct Doji {
    spread: Usual,
}

impl Default for Doji {
    fn default() -> Self {
        Self { spread: Usual::of(USUAL) }
    }
}

impl Doji {
    /// Takes a bar, gives the pattern.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let spread = self.spread.next(candle.spread())?;
        Some(flag(candle.body() <= TENTH * spread))
    }
}

/// Hammer: a short body near the low before, a long lower shadow, hardly any upper one. 1 or 0. Warm-up:
/// 11 bars.
#[derive(Clone, Debug)]
pub struct Hammer {
    body: Usual,
    spread: Usual,
    near: Usual,
    /// What counts as near the candle before, and up to where.
    reach: Lag,
}

impl Default for Hammer {
    fn default() -> Self {
        Self {
            body: Usual::of(USUAL),
            spread: Usual::of(USUAL),
            near: Usual::of(USUAL_NEAR),
            reach: Lag::new(1),
        }
    }
}

impl Hammer {
    /// Takes a bar, gives the pattern.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let (body, spread) = (self.body.next(candle.body()), self.spread.next(candle.spread()));
        let near = self.near.next(candle.spread());
        let reach = near.and_then(|near| self.reach.next(candle.low + NEAR * near));
        let (body, spread) = body.zip(spread)?;
        let is_hammer = candle.body() < body
            && candle.lower_shadow() > candle.body()
            && candle.upper_shadow() < TENTH * spread
            && candle.open.min(candle.close) <= reach?;
        Some(flag(is_hammer))
    }
}

/// Spinning top: a short body between two shadows that are longer. Warm-up: 11 bars.
#[derive(Clone, Debug)]
pub struct SpinningTop {
    body: Usual,
}

impl Default for SpinningTop {
    fn default() -> Self {
        Self { body: Usual::of(USUAL) }
    }
}

impl SpinningTop {
    /// Takes a bar, gives the pattern.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let (usual, body) = (self.body.next(candle.body())?, candle.body());
        let is_top = body < usual && candle.upper_shadow() > body && candle.lower_shadow() > body;
        Some(if is_top { candle.colour() } else { 0.0 })
    }
}

/// Engulfing: a body that holds the one before, of the other colour; 0.8 where they end at the same price
/// on one side. Warm-up: 2 bars.
#[derive(Clone, Debug, Default)]
pub struct Engulfing {
    before: Option<Candle>,
}

impl Engulfing {
    /// Takes a bar, gives the pattern.
    pub fn next(&mut self, candle: &Candle) -> Option<f64> {
        let before = self.before.replace(*candle)?;
        let body = |candle: &Candle| (candle.open.min(candle.close), candle.open.max(candle.close));
        let ((low, high), (low_before, high_before)) = (body(candle), body(&before));
        let holds =
            (high >= high_before && low < low_before) || (high > high_before && low <= low_before);
        let is_engulfing = holds && candle.colour() * before.colour() < 0.0;
        let strict = high > high_before && low < low_before;
        Some(match (is_engulfing, strict) {
            (false, _) => 0.0,
            (true, false) => 0.8 * candle.colour(),
            (true, true) => candle.colour(),
        })
    }
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}
