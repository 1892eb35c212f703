//! Indicators: numbers computed from bars, one after the other, each update in constant time.
//!
//! **Warm-up.** An indicator has no value until it has seen as many numbers as its definition needs;
//! each says how many. **Missing numbers.** What has no value gives none to whatever is computed from
//! it, which then has none either and does not change: a window is of the last numbers that there
//! were. What is not finite (a division by zero, an overflow) counts as missing. **Rounding.** Numbers that leave a window leave
//! nothing behind ([`folded`] says how), so that no error grows.
//!
//! Where TA-Lib has an indicator, this is the same number to within 1e-9 after the warm-up
//! (`tests/parity.rs`); where the two differ on purpose, the indicator says so.
//!
//! [`expression::Expression`] makes signals of them: `ema(close, 12) - ema(close, 26)`.

pub mod candle;
pub mod folded;
pub mod average;
pub mod spread;
pub mod extremes;
pub mod momentum;
pub mod trend;
pub mod range;
pub mod volume;
pub mod pattern;
pub mod level;
pub mod resample;
pub mod expression;
pub mod reader;

#[cfg(test)]
mod tests;
