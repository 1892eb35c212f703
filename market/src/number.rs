//! Numbers as their source wrote them: exact for orders, and as the nearest double for signals.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;

/// A price or a quantity, in the units of its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    exact: Decimal,
    nearest: f64,
}

/// Why a text is no number.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{}` is not a decimal number of at most 28 digits, decimals included", .0.escape_debug())]
pub struct NotANumber(String);

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self { exact: Decimal::ZERO, nearest: 0.0 };

    /// What was written.
    pub const fn exact(self) -> Decimal {
        self.exact
    }

    /// The double nearest to what was written.
    pub const fn nearest(self) -> f64 {
        self.nearest
    }

    /// The exact sum, and the double nearest to it; the largest decimal where the sum is beyond it.
    pub fn plus(self, other: Self) -> Self {
        let exact = self.exact.saturating_add(other.exact);
        let nearest = exact.to_string().parse().expect("a decimal reads as a double");
        Self { exact, nearest }
    }

    /// From a double: the shortest decimal that reads as it, which is what was meant where a source
    /// holds doubles.
    pub fn of(double: f64) -> Result<Self, NotANumber> {
        double.to_string().parse()
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let fail = || NotANumber(text.to_owned());
        let mantissa = text.find(['e', 'E']).map_or(text, |exponent| &text[..exponent]);
        let exact = Decimal::from_str_exact(mantissa).map_err(|_| fail())?;
        let exact = if mantissa.len() == text.len() {
            exact
        } else {
            Decimal::from_scientific(text).map_err(|_| fail())?
        };
        // Decimals also come with underscores; doubles do not.
        let nearest = text.parse().map_err(|_| fail())?;
        Ok(Self { exact, nearest })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exact.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_kept_and_the_double_is_the_nearest() {
        for text in ["46319.0", "0.00162008", "-3", "2300413.7295", "0.1", "1e-7", "79228162514264"]
        {
            let number: Number = text.parse().unwrap();
            assert_eq!(number.nearest().to_bits(), text.parse::<f64>().unwrap().to_bits());
            let again: Number = number.to_string().parse().unwrap();
            assert_eq!(again.exact(), number.exact(), "{text}");
        }
        assert_eq!("46319.0".parse::<Number>().unwrap().to_string(), "46319.0");
        assert_eq!("1e-7".parse::<Number>().unwrap().to_string(), "0.0000001");
        assert_eq!(Number::of(0.1).unwrap().to_string(), "0.1");
    }

    #[test]
    fn what_is_not_a_decimal_number_is_refused() {
        for text in [
            "",
            " 1",
            "NaN",
            "inf",
            "1,5",
            "0x1",
            "1_0",
            "1e99",
            "0.00000000000000000000000000006e5",
            "--1",
            "9".repeat(40).as_str(),
        ] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
        let steering = "\u{1b}[2J".parse::<Number>().unwrap_err().to_string();
        assert_eq!(
            steering,
            r"`\u{1b}[2J` is not a decimal number of at most 28 digits, decimals included"
        );
        assert!(Number::of(f64::NAN).is_err());
    }
}
