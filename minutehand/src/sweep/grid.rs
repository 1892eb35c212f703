//! The values that are tried: `fast=5..20 slow=20..60:5 kind=sma|ema`. Pure.

use std::{fmt, str::FromStr};

/// Most combinations of one sweep: an hour of a few cores, and some ten megabytes of figures.
pub(super) const COMBINATIONS_MAX: usize = 100_000;

/// Most decimals of a number in a range.
const DECIMALS_MAX: u32 = 9;

/// Names, and the values that each of them takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Each name once, with at least one value.
    pub(super) names: Vec<Name>,
}

/// A name in braces, and what is put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// Why there is no grid.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum GridError {
    /// There is nothing in it.
    #[error("it is empty: expected NAME=VALUES, like fast=5..20")]
    Empty,
    /// No name, or no values.
    #[error(
        "`{0}` is not NAME=FROM..TO, NAME=FROM..TO:STEP or NAME=A|B|C, like fast=5..20, slow=20..60:5 or kind=sma|ema"
    )]
    Form(String),
    /// The same name again.
    #[error("`{0}` is there twice: give all its values at once, like {0}=5|8|13")]
    Twice(String),
    /// From more to less.
    #[error("`{0}` goes down: write the lower number first")]
    Down(String),
    /// It does not get on.
    #[error("`{0}` has a step that is not above 0")]
    Step(String),
    /// More than anybody waits for.
    #[error("it has more than {COMBINATIONS_MAX} combinations: take fewer values, or larger steps")]
    TooMany,
}

impl Grid {
    /// How many combinations there are.
    pub(super) fn combinations(&self) -> usize {
        self.names.iter().map(|name| name.values.len()).product()
    }

    /// The values of the n-th combination, from 0, in the order of the names; the last changes first.
    pub(super) fn values(&self, n: usize) -> Vec<&str> {
        let mut rest = n;
        let mut values = Vec::with_capacity(self.names.len());
        for Name { values: all, .. } in self.names.iter().rev() {
            values.push(&*all[rest % all.len()]);
            rest /= all.len();
        }
        values.reverse();
        values
    }

    /// `fast=5 slow=20`
    pub(super) fn label(&self, n: usize) -> String {
        let pairs = self.names.iter().zip(self.values(n));
        let pairs = pairs.map(|(Name { name, .. }, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    }
}

/// `fast=5|6|7 slow=20|25`: all of it, whichever way it was written.
impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Name { name, values }) in self.names.iter().enumerate() {
            let blank = if n > 0 { " " } else { "" };
            write!(f, "{blank}{name}={}", values.join("|"))?;
        }
        Ok(())
    }
}

impl FromStr for Grid {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        let mut names: Vec<Name> = Vec::new();
        let mut combinations = 1_usize;
        for word in text.split_whitespace() {
            let name = name(word)?;
            if names.iter().any(|other| other.name == name.name) {
                return Err(GridError::Twice(name.name));
            }
            combinations = combinations.saturating_mul(name.values.len());
            if combinations > COMBINATIONS_MAX {
                return Err(GridError::TooMany);
            }
            names.push(name);
        }
        if names.is_empty() { Err(GridError::Empty) } else { Ok(Self { names }) }
    }
}

/// Whether it may stand in braces.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn name(word: &str) -> Result<Name, GridError> {
    let form = || GridError::Form(word.escape_debug().to_string());
    let (name, values) = word.split_once('=').filter(|(name, _)| is_name(name)).ok_or_else(form)?;
    let values = match values.split_once("..") {
        Some((from, to)) => range(word, from, to)?,
        None => values.split('|').map(str::to_owned).collect(),
    };
    // What is put into a plan cannot end the string that it is put into.
    let is_value = |value: &String| {
        !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    if values.iter().all(is_value) {
        Ok(Name { name: name.to_owned(), values })
    } else {
        Err(form())
    }
}

/// All numbers of a range, both ends included.
fn range(word: &str, from: &str, to: &str) -> Result<Vec<String>, GridError> {
    let form = || GridError::Form(word.escape_debug().to_string());
    let (to, step) = to.split_once(':').unwrap_or((to, "1"));
    let [from, to, step] = [from, to, step].map(number);
    let (from, to, step) = from.zip(to).zip(step).map(|((a, b), c)| (a, b, c)).ok_or_else(form)?;
    if step <= 0 {
        return Err(GridError::Step(word.to_owned()));
    }
    if from > to {
        return Err(GridError::Down(word.to_owned()));
    }
    let count = usize::try_from((to - from) / step).unwrap_or(usize::MAX);
    if count >= COMBINATIONS_MAX {
        return Err(GridError::TooMany);
    }
    Ok((0_i64..).map(|n| from + n * step).take(count + 1).map(written).collect())
}

/// A number in units of its smallest decimal.
fn number(text: &str) -> Option<i64> {
    let (digits, negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let missing = DECIMALS_MAX.checked_sub(u32::try_from(decimals.len()).ok()?)?;
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let units: i64 = format!("{whole}{decimals}").parse().ok()?;
    // So that no sum of a few of them overflows.
    let units = units.checked_mul(10_i64.pow(missing)).filter(|units| *units <= i64::MAX / 8)?;
    Some(if negative { -units } else { units })
}

fn written(units: i64) -> String {
    let unit = 10_u64.pow(DECIMALS_MAX);
    let (whole, decimals) = (units.unsigned_abs() / unit, units.unsigned_abs() % unit);
    let sign = if units < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{decimals:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_lists_are_values() {
        for (text, expected) in [
            ("a=5..8", "a=5|6|7|8"),
            ("a=20..31:5", "a=20|25|30"),
            ("a=-1..1", "a=-1|0|1"),
            ("a=0.5..2:0.5", "a=0.5|1|1.5|2"),
            ("a=0.1..0.3:0.1", "a=0.1|0.2|0.3"),
            ("a=7..7", "a=7"),
            ("a=sma|ema|1m", "a=sma|ema|1m"),
            ("  a=1   b_2=x  ", "a=1 b_2=x"),
        ] {
            assert_eq!(text.parse::<Grid>().unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn combinations_go_through_all_values_the_last_name_first() {
        let grid: Grid = "a=1..2 b=x|y|z".parse().unwrap();
        let labels: Vec<_> = (0..grid.combinations()).map(|n| grid.label(n)).collect();
        assert_eq!(labels, ["a=1 b=x", "a=1 b=y", "a=1 b=z", "a=2 b=x", "a=2 b=y", "a=2 b=z"]);
        assert_eq!(grid.values(5), ["2", "z"]);
    }

    #[test]
    fn what_is_no_grid_says_why() {
        for (text, said) in [
            ("", "it is empty"),
            ("fast", "`fast` is not NAME=FROM..TO"),
            ("fast=", "`fast=` is not NAME"),
            ("2fast=1", "`2fast=1` is not NAME"),
            ("fast=1..", "`fast=1..` is not NAME"),
            ("fast=1..x", "`fast=1..x` is not NAME"),
            ("fast=1|\"", "`fast=1|\\\"` is not NAME"),
            ("fast=1.0000000001..2", "`fast=1.0000000001..2` is not NAME"),
            ("fast=1..99999999999999999999", "`fast=1..99999999999999999999` is not NAME"),
            ("fast=1..2 fast=3", "`fast` is there twice"),
            ("fast=5..2", "`fast=5..2` goes down"),
            ("fast=1..2:0", "`fast=1..2:0` has a step that is not above 0"),
            ("fast=1..2:-1", "`fast=1..2:-1` has a step that is not above 0"),
            ("fast=1..1000000000", "it has more than 100000 combinations"),
            ("a=1..1000 b=1..101", "it has more than 100000 combinations"),
        ] {
            let error = text.parse::<Grid>().unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
        assert_eq!("a=1..1000 b=1..100".parse::<Grid>().unwrap().combinations(), COMBINATIONS_MAX);
    }
}
