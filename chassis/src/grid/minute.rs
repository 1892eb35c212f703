//! Minutes: rounds of one interval, named by their start.

use std::{fmt, str::FromStr, time::Duration};

use super::Timestamp;

/// Length of a minute: whole milliseconds, 500 ms to 24 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(Duration);

/// Why a duration is no interval.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "an interval is whole milliseconds from 500ms to 24h, not `{0}`; write it like 60s, 1m or 500ms"
)]
pub struct IntervalError(String);

impl Interval {
    const SHORTEST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_hours(24);

    /// As a duration.
    pub const fn duration(self) -> Duration {
        self.0
    }

    fn micros(self) -> i64 {
        i64::try_from(self.0.as_micros()).expect("at most 24 h")
    }
}

impl Default for Interval {
    fn default() -> Self {
        Self(Duration::from_mins(1))
    }
}

impl TryFrom<Duration> for Interval {
    type Error = IntervalError;

    fn try_from(length: Duration) -> Result<Self, IntervalError> {
        let whole = length.subsec_nanos().is_multiple_of(1_000_000);
        if whole && (Self::SHORTEST..=Self::LONGEST).contains(&length) {
            Ok(Self(length))
        } else {
            Err(IntervalError(humantime::format_duration(length).to_string()))
        }
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let fail = |_| IntervalError(text.escape_debug().to_string());
        let length = humantime::parse_duration(text).map_err(fail)?;
        Self::try_from(length)
    }
}

/// As people write it: `1m`, `2s`, `500ms`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// One round, named by its start on the UTC grid `k × interval` since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(Timestamp);

/// An instant that is not the start of a minute.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{at} is not the start of a minute of {interval}; the minute it falls into is {within}")]
pub struct OffGrid {
    at: Timestamp,
    interval: Interval,
    within: Minute,
}

impl Minute {
    /// The minute that `at` falls into.
    pub fn containing(at: Timestamp, interval: Interval) -> Self {
        let into = at.as_micros().rem_euclid(interval.micros());
        Self(Timestamp::from_micros(at.as_micros().saturating_sub(into)))
    }

    /// The minute that starts exactly at `at`.
    pub fn starting(at: Timestamp, interval: Interval) -> Result<Self, OffGrid> {
        let within = Self::containing(at, interval);
        if within.0 == at { Ok(within) } else { Err(OffGrid { at, interval, within }) }
    }

    /// The first minute that starts later than `at`.
    pub fn first_after(at: Timestamp, interval: Interval) -> Self {
        Self::containing(at, interval).next(interval)
    }

    /// The minute's boundary.
    pub const fn start(self) -> Timestamp {
        self.0
    }

    /// The minute after it.
    #[must_use]
    pub fn next(self, interval: Interval) -> Self {
        Self(self.0.plus(interval.duration()))
    }

    /// The minute before it.
    #[must_use]
    pub fn previous(self, interval: Interval) -> Self {
        Self(self.0.minus(interval.duration()))
    }

    /// How many minutes there are from `first` to this one, both included; zero when it is earlier.
    pub fn count_from(self, first: Self, interval: Interval) -> u64 {
        if self < first {
            return 0;
        }
        let apart = self.0.as_micros().abs_diff(first.0.as_micros());
        apart / interval.micros().unsigned_abs() + 1
    }
}

/// RFC 3339 in UTC: `2026-11-20T12:01:00Z`.
impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str) -> Interval {
        text.parse().unwrap()
    }

    #[test]
    fn intervals_are_whole_milliseconds_within_bounds() {
        for good in ["500ms", "2s", "60s", "1m", "24h"] {
            assert!(good.parse::<Interval>().is_ok(), "{good}");
        }
        for bad in ["", "0s", "499ms", "1500500us", "24h 1ms", "-1s", "60", "a minute"] {
            assert!(bad.parse::<Interval>().is_err(), "{bad}");
        }
        assert_eq!(
            "499ms".parse::<Interval>().unwrap_err().to_string(),
            "an interval is whole milliseconds from 500ms to 24h, not `499ms`; write it like 60s, 1m or 500ms"
        );
        let steering = "1\u{1b}[2Jm".parse::<Interval>().unwrap_err().to_string();
        assert!(steering.contains(r"not `1\u{1b}[2Jm`"), "{steering}");
    }

    #[test]
    fn t1_a_minute_is_named_by_its_start_on_the_grid() {
        let at = Timestamp::parse("2026-11-20T12:01:59.999Z").unwrap();
        let minute = Minute::containing(at, interval("60s"));
        assert_eq!(minute.to_string(), "2026-11-20T12:01:00Z");
        assert_eq!(minute.next(interval("60s")).to_string(), "2026-11-20T12:02:00Z");
        assert_eq!(Minute::starting(minute.start(), interval("60s")), Ok(minute));
        assert_eq!(
            Minute::starting(at, interval("60s")).unwrap_err().to_string(),
            "2026-11-20T12:01:59.999Z is not the start of a minute of 1m; the minute it falls into is 2026-11-20T12:01:00Z"
        );
    }

    #[test]
    fn the_grid_goes_on_before_1970_and_to_the_end_of_time() {
        let minute = Minute::containing(Timestamp::from_micros(-1), interval("60s"));
        assert_eq!(minute.start().as_micros(), -60_000_000);
        let last = Minute::containing(Timestamp::from_micros(i64::MAX), interval("24h"));
        assert_eq!(last.next(interval("24h")).start().as_micros(), i64::MAX);
        assert!(Minute::containing(Timestamp::from_micros(i64::MIN), interval("24h")) < last);
    }

    #[test]
    fn minutes_are_counted_with_both_ends() {
        let first = Minute::containing(Timestamp::default(), interval("2s"));
        let third = first.next(interval("2s")).next(interval("2s"));
        assert_eq!(third.count_from(first, interval("2s")), 3);
        assert_eq!(first.count_from(first, interval("2s")), 1);
        assert_eq!(first.count_from(third, interval("2s")), 0);
    }
}
