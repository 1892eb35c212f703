//! Instants of a wall clock, and what two clocks tell of each other.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// An instant of a wall clock: microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Last instant that RFC 3339 and `google.protobuf.Timestamp` can say: the end of year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// From RFC 3339, in UTC (`2026-11-20T12:01:00Z`); none for anything else or before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let since_epoch =
            humantime::parse_rfc3339(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(since_epoch.as_micros()).ok().map(Self)
    }

    /// This much later; stops at the end of time.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// This much earlier; stops at the beginning of time.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// How long it is since `earlier`; zero when that lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Distance to `other`, whichever is earlier.
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_micros(self.0.abs_diff(other.0))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with milliseconds, which are left out when there are none.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(micros) = u64::try_from(self.0.min(Self::MAX.0)) else {
            return write!(f, "{} us before 1970", self.0.unsigned_abs());
        };
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
        if micros % 1_000_000 < 1_000 {
            humantime::format_rfc3339_seconds(time).fmt(f)
        } else {
            humantime::format_rfc3339_millis(time).fmt(f)
        }
    }
}

/// One look at both clocks of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock: names minutes, can be stepped.
    pub wall: Timestamp,
    /// Time since the process's clock was made: measures, never steps.
    pub mono: Duration,
}

/// Difference of a peer's clock and one's own, from one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// The peer's clock less one's own, in microseconds.
    pub micros: i64,
    /// Half the round trip: the true difference is within this of `micros`.
    pub uncertainty: Duration,
}

impl ClockOffset {
    /// From one exchange: asked at `sent`, answered with the peer's clock `theirs`, heard at
    /// `received`. As in the Network Time Protocol (RFC 5905, section 8) with a single remote
    /// stamp.
    pub fn estimate(sent: Timestamp, theirs: Timestamp, received: Timestamp) -> Self {
        let half = received.since(sent) / 2;
        let middle = sent.plus(half);
        Self { micros: theirs.as_micros().saturating_sub(middle.as_micros()), uncertainty: half }
    }

    /// The peer's clock less one's own, in seconds.
    pub fn seconds(&self) -> f64 {
        let size = Duration::from_micros(self.micros.unsigned_abs()).as_secs_f64();
        if self.micros < 0 { -size } else { size }
    }

    /// Whether the clocks differ by more than `skew` however the exchange's uncertainty falls.
    pub fn exceeds(&self, skew: Duration) -> bool {
        self.micros.unsigned_abs() > u64::try_from(micros(skew + self.uncertainty)).unwrap_or(0)
    }
}

/// `+0.003 s ± 0.001 s`
impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.3} s ± {:.3} s", self.seconds(), self.uncertainty.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_read_as_rfc_3339() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_176_060_000_000, "2026-11-20T12:01:00Z"),
            (1_795_176_060_500_000, "2026-11-20T12:01:00.500Z"),
            (1_795_176_060_000_999, "2026-11-20T12:01:00Z"),
            (-5, "5 us before 1970"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from_micros(micros).to_string(), text);
        }
        assert_eq!(
            Timestamp::parse("2026-11-20T12:01:00.5Z"),
            Some(Timestamp::from_micros(1_795_176_060_500_000))
        );
        for text in ["", "12:01", "2026-11-20 12:01", "1969-12-31T23:59:59Z", "x"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert_eq!(Timestamp::from_micros(i64::MIN).since(end), Duration::ZERO);
    }

    #[test]
    fn t3_offset_is_uncertain_by_half_the_round_trip() {
        let at = |ms: i64| Timestamp::from_micros(ms * 1_000);
        let offset = ClockOffset::estimate(at(1_000), at(2_150), at(1_200));
        assert_eq!(offset.micros, 1_050_000);
        assert_eq!(offset.uncertainty, Duration::from_millis(100));
        assert!(!offset.exceeds(Duration::from_secs(1)), "1.05 s is within 1 s + 0.1 s");
        assert!(offset.exceeds(Duration::from_millis(900)));
        assert_eq!(offset.to_string(), "+1.050 s ± 0.100 s");
    }
}
