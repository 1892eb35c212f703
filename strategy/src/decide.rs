//! From signals to one number. Pure: the same signals always give the same decision.

use std::fmt;

use chassis::grid::Minute;
use clap::ValueEnum;

use crate::signal::{Signal, shared_name};

/// How a strategy decides. Implement it for a strategy of one's own.
///
/// It is asked once a minute, when the signals of all generators are there and of that minute. What it
/// remembers from minute to minute it has to find anew after a restart.
pub trait Decide: fmt::Debug + Send {
    /// The decision for `minute` from one signal of every generator, in the order in which the
    /// generators were given; or why there is none, for a person to read.
    fn decide(&mut self, minute: Minute, signals: &[Signal]) -> Result<f64, String>;
}

/// The decisions that come with Minutehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Rule {
    /// All signals together.
    #[default]
    Sum,
    /// Their sum divided by their number.
    Mean,
    /// The middle one, or the midpoint of the two middle ones.
    Median,
    /// The lowest.
    Min,
    /// The highest.
    Max,
}

impl Decide for Rule {
    fn decide(&mut self, _: Minute, signals: &[Signal]) -> Result<f64, String> {
        let values = signals.iter().map(|signal| signal.value);
        let (Some(first), Ok(count)) = (values.clone().next(), u32::try_from(values.len())) else {
            return Err("no signals to decide from".to_owned());
        };
        Ok(match self {
            Self::Sum => values.sum(),
            Self::Mean => values.sum::<f64>() / f64::from(count),
            Self::Median => median(&mut values.collect::<Vec<_>>()),
            Self::Min => values.fold(first, f64::min),
            Self::Max => values.fold(first, f64::max),
        })
    }
}

/// The decision for `minute`, which is finite; or why there is none.
pub fn decision(
    decide: &mut dyn Decide,
    minute: Minute,
    signals: &[Signal],
) -> Result<f64, String> {
    if let Some(name) = shared_name(signals) {
        return Err(format!("two generators call themselves {name}: give each its own --name"));
    }
    let decision = decide.decide(minute, signals)?;
    if decision.is_finite() {
        Ok(decision)
    } else {
        Err(format!(
            "the decision from {} signals is {decision}, not a finite number",
            signals.len()
        ))
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        values[middle - 1].midpoint(values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::grid::{Interval, Timestamp};

    fn minute() -> Minute {
        Minute::containing(Timestamp::from_micros(0), Interval::default())
    }

    fn signals(values: &[f64]) -> Vec<Signal> {
        let signal = |(index, value): (usize, &f64)| Signal {
            generator: format!("g{index}").into(),
            run_id: "r".into(),
            minute: minute(),
            value: *value,
            produced_at: minute().start(),
        };
        values.iter().enumerate().map(signal).collect()
    }

    #[test]
    fn s2_decision_functions() {
        const MAX: f64 = f64::MAX;
        let table: [(Rule, &[f64], f64); 11] = [
            (Rule::Sum, &[0.25, 0.5, 1.0], 1.75),
            (Rule::Sum, &[3.0], 3.0),
            (Rule::Mean, &[1.0, 2.0, 6.0], 3.0),
            (Rule::Median, &[9.0, 1.0, 2.0], 2.0),
            (Rule::Median, &[9.0, 1.0, 2.0, 3.0], 2.5),
            (Rule::Median, &[MAX, MAX], MAX),
            (Rule::Median, &[7.0], 7.0),
            (Rule::Min, &[3.0, -1.0, 2.0], -1.0),
            (Rule::Max, &[3.0, -1.0, 2.0], 3.0),
            (Rule::Max, &[-3.0, -1.0], -1.0),
            (Rule::Min, &[3.0, 5.0], 3.0),
        ];
        for (mut rule, values, expected) in table {
            let decided = decision(&mut rule, minute(), &signals(values)).unwrap();
            assert_eq!(decided.to_bits(), expected.to_bits(), "{rule:?} of {values:?}");
        }
        assert_eq!(Rule::default(), Rule::Sum);
    }

    #[test]
    fn s2_what_is_not_finite_or_not_distinct_is_no_decision() {
        let overflow = decision(&mut Rule::Sum, minute(), &signals(&[f64::MAX, f64::MAX]));
        assert_eq!(
            overflow,
            Err("the decision from 2 signals is inf, not a finite number".to_owned())
        );
        assert!(decision(&mut Rule::Sum, minute(), &[]).is_err());
        let mut twice = signals(&[1.0, 2.0]);
        twice[1].generator = "g0".into();
        assert_eq!(
            decision(&mut Rule::Sum, minute(), &twice),
            Err("two generators call themselves \"g0\": give each its own --name".to_owned())
        );
    }
}
