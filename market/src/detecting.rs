//! What a source shows of its conventions.

use std::{collections::BTreeMap, time::Duration};

use chassis::grid::{Interval, IntervalError, Minute, Timestamp};

use crate::{
    columns::Time,
    convention::{How, Stamped},
};

/// Sources that stamp a bar with its last instant write the last millisecond, or one of the units
/// below it.
const LAST_INSTANTS: [Duration; 2] = [Duration::from_millis(1), Duration::from_micros(1)];

/// How the interval of a source cannot be told.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoInterval {
    /// There are not two different times.
    #[error("it has no two bars from which their interval could be told: declare it")]
    TooFew,
    /// What lies between most bars is no interval.
    #[error("its interval cannot be told from its times: {0}; declare it")]
    Odd(IntervalError),
}

/// The most frequent distance of neighbours; of several, the shortest.
pub(crate) fn interval(times: &[Timestamp]) -> Result<Interval, NoInterval> {
    let mut counts: BTreeMap<Duration, usize> = BTreeMap::new();
    for pair in times.windows(2).filter(|pair| pair[0] != pair[1]) {
        *counts.entry(pair[0].distance(pair[1])).or_default() += 1;
    }
    let most = counts.iter().rev().max_by_key(|(_, count)| **count);
    let (distance, _) = most.ok_or(NoInterval::TooFew)?;
    Interval::try_from(*distance).map_err(NoInterval::Odd)
}

/// Which instant of its minute a bar is stamped with: by the column's name, or by times that are the
/// last instants of minutes.
pub(crate) fn stamped(column: Time, times: &[Timestamp], interval: Interval) -> (Stamped, How) {
    let is_last = |at: &Timestamp| last_instant_of(*at, interval).is_some();
    match column {
        Time::Open(_) => (Stamped::Open, How::Detected),
        Time::Close(_) => (Stamped::Close, How::Detected),
        Time::Some(_) if times.iter().all(is_last) => (Stamped::Close, How::Detected),
        Time::Some(_) => (Stamped::Open, How::Assumed),
    }
}

/// When the bar that is stamped `at` opened.
pub(crate) fn opened(at: Timestamp, stamped: Stamped, interval: Interval) -> Timestamp {
    match stamped {
        Stamped::Open => at,
        Stamped::Close => {
            let end = last_instant_of(at, interval).map_or(at, Minute::start);
            end.minus(interval.duration())
        }
    }
}

/// The minute that begins right after `at`, if `at` is the last instant before it.
fn last_instant_of(at: Timestamp, interval: Interval) -> Option<Minute> {
    let mut after = LAST_INSTANTS.iter().map(|instant| at.plus(*instant));
    after.find_map(|end| Minute::starting(end, interval).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(seconds: &[f64]) -> Vec<Timestamp> {
        let at = |seconds: &f64| Timestamp::default().plus(Duration::from_secs_f64(*seconds));
        seconds.iter().map(at).collect()
    }

    #[test]
    fn the_interval_is_what_lies_between_most_bars() {
        let minute = Interval::default();
        assert_eq!(interval(&times(&[0.0, 60.0, 120.0, 600.0, 660.0])), Ok(minute));
        assert_eq!(interval(&times(&[120.0, 60.0, 60.0, 0.0])), Ok(minute));
        assert_eq!(interval(&times(&[0.0, 60.0, 180.0])), Ok(minute));
        assert_eq!(interval(&times(&[60.0, 60.0])), Err(NoInterval::TooFew));
        assert_eq!(
            interval(&times(&[0.0, 172_800.0])).unwrap_err().to_string(),
            "its interval cannot be told from its times: an interval is whole milliseconds from 500ms to 24h, \
             not `2days`; write it like 60s, 1m or 500ms; declare it"
        );
    }

    #[test]
    fn last_instants_of_minutes_show_that_bars_are_stamped_when_they_close() {
        let minute = Interval::default();
        let ends = times(&[59.999, 119.999]);
        assert_eq!(stamped(Time::Some(0), &ends, minute), (Stamped::Close, How::Detected));
        let starts = times(&[60.0, 120.0]);
        assert_eq!(stamped(Time::Some(0), &starts, minute), (Stamped::Open, How::Assumed));
        assert_eq!(stamped(Time::Close(0), &starts, minute), (Stamped::Close, How::Detected));
        for at in [ends[1], starts[1]] {
            assert_eq!(opened(at, Stamped::Close, minute), starts[0]);
        }
        assert_eq!(opened(starts[1], Stamped::Open, minute), starts[1]);
    }
}
