//! A number as the format writes it.

use std::{fmt, time::Duration};

use crate::grid::Timestamp;

/// Microseconds in a second.
const MICROS: u64 = 1_000_000;

/// The value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A count.
    Whole(u64),
    /// Anything else.
    Real(f64),
    /// Seconds since the Unix epoch, to the microsecond.
    At(Timestamp),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Whole(count) => count.fmt(f),
            Self::Real(f64::INFINITY) => f.write_str("+Inf"),
            Self::Real(f64::NEG_INFINITY) => f.write_str("-Inf"),
            Self::Real(value) => value.fmt(f),
            Self::At(at) => {
                let (micros, sign) = (at.as_micros(), if at.as_micros() < 0 { "-" } else { "" });
                let micros = micros.unsigned_abs();
                write!(f, "{sign}{}.{:06}", micros / MICROS, micros % MICROS)
            }
        }
    }
}

impl From<u64> for Number {
    fn from(count: u64) -> Self {
        Self::Whole(count)
    }
}

impl From<usize> for Number {
    fn from(count: usize) -> Self {
        Self::Whole(count as u64)
    }
}

impl From<bool> for Number {
    fn from(yes: bool) -> Self {
        Self::Whole(u64::from(yes))
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

/// In seconds.
impl From<Duration> for Number {
    fn from(length: Duration) -> Self {
        Self::Real(length.as_secs_f64())
    }
}

impl From<Timestamp> for Number {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_prometheus_parses() {
        for (number, text) in [
            (Number::from(0_u64), "0"),
            (Number::from(u64::MAX), "18446744073709551615"),
            (Number::from(true), "1"),
            (Number::from(0.25), "0.25"),
            (Number::from(1e-9), "0.000000001"),
            (Number::from(f64::NAN), "NaN"),
            (Number::from(f64::INFINITY), "+Inf"),
            (Number::from(f64::NEG_INFINITY), "-Inf"),
            (Number::from(Duration::from_millis(1_500)), "1.5"),
            (Number::from(Timestamp::from_micros(1_790_000_000_000_003)), "1790000000.000003"),
            (Number::from(Timestamp::from_micros(-1)), "-0.000001"),
        ] {
            assert_eq!(number.to_string(), text);
        }
    }
}
