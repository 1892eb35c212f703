//! Instants and lengths of time as the wire has them, read and shown.

use std::{fmt, time::Duration};

use chassis::{grid::Timestamp, wire};
use serde::{Serialize, Serializer};

/// An instant by the trader's clock; RFC 3339 as text and as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// As the wire has it; a missing or impossible one reads as its default, the start of 1970.
    pub fn read(stamp: Option<prost_types::Timestamp>) -> Self {
        stamp.map(Self::from).unwrap_or_default()
    }

    /// From RFC 3339, for the command line.
    pub fn parse(text: &str) -> Result<Self, String> {
        Timestamp::parse(text).map(Self).ok_or_else(|| {
            let shown = text.escape_debug();
            format!("`{shown}` is not an instant in UTC like 2026-11-20T12:01:00Z")
        })
    }

    /// As the wire wants it.
    pub fn wire(self) -> prost_types::Timestamp {
        wire::timestamp(self.0)
    }

    /// How long it is since `earlier`; zero when that lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.since(earlier.0)
    }
}

impl From<prost_types::Timestamp> for Moment {
    fn from(stamp: prost_types::Timestamp) -> Self {
        Self(wire::read_timestamp(stamp).unwrap_or_default())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A length of time, which may be below zero, in seconds; a missing one reads as zero.
pub fn seconds(length: Option<prost_types::Duration>) -> f64 {
    let micros = length.and_then(|length| wire::read_difference(length).ok()).unwrap_or_default();
    let size = Duration::from_micros(micros.unsigned_abs()).as_secs_f64();
    if micros < 0 { -size } else { size }
}

/// A length of time as people write it, to the millisecond below a minute and to the second above.
pub fn length(duration: Duration) -> String {
    let shown = if duration < Duration::from_mins(1) {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    } else {
        Duration::from_secs(duration.as_secs())
    };
    humantime::format_duration(shown).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_wire() {
        for micros in [0, 1_795_176_060_000_000, 1_795_176_060_250_001] {
            let moment = Moment(Timestamp::from_micros(micros));
            assert_eq!(Moment::read(Some(moment.wire())), moment);
        }
        let beyond = prost_types::Timestamp { seconds: i64::MAX, nanos: 999_999_999 };
        assert_eq!(Moment::from(beyond), Moment::default());
        assert_eq!(Moment::read(None).to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn lengths_have_the_precision_that_people_use() {
        assert_eq!(length(Duration::from_micros(1_234_567)), "1s 234ms");
        assert_eq!(length(Duration::from_millis(3_723_900)), "1h 2m 3s");
        let early = prost_types::Duration { seconds: 0, nanos: -250_000_000 };
        assert!((seconds(Some(early)) + 0.25).abs() < f64::EPSILON);
    }
}
