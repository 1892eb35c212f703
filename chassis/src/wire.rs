//! Instants and durations as protocol buffers have them.

use std::time::Duration;

use crate::grid::{Interval, Minute, OffGrid, Timestamp};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A well-formed message whose instant or duration is out of its type's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutOfRange(&'static str);

/// An instant on the wire that names no minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMinute {
    /// It is out of its type's range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// No minute starts there.
    #[error(transparent)]
    OffGrid(#[from] OffGrid),
}

/// An instant for the wire.
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let micros = at.as_micros();
    prost_types::Timestamp {
        seconds: micros.div_euclid(MICROS_PER_SECOND),
        nanos: nanos(micros.rem_euclid(MICROS_PER_SECOND)),
    }
}

/// An instant from the wire, to the microsecond: from 1970 to the end of year 9999.
pub fn read_timestamp(at: prost_types::Timestamp) -> Result<Timestamp, OutOfRange> {
    let refused = OutOfRange("an instant lies between 1970 and 9999, with 0 to 999999999 ns");
    let whole = (0..1_000_000_000).contains(&at.nanos).then_some(at.nanos / 1_000);
    let micros = at
        .seconds
        .checked_mul(MICROS_PER_SECOND)
        .and_then(|micros| micros.checked_add(i64::from(whole?)))
        .ok_or(refused)?;
    let at = Timestamp::from_micros(micros);
    if (Timestamp::default()..=Timestamp::MAX).contains(&at) { Ok(at) } else { Err(refused) }
}

/// A minute from the wire, named by its start to the nanosecond.
pub fn read_minute(at: prost_types::Timestamp, interval: Interval) -> Result<Minute, NoMinute> {
    let start = read_timestamp(at)?;
    // Reading drops parts of a microsecond, which must not bring anything onto the grid.
    if at.nanos % 1_000 != 0 && Minute::starting(start, interval).is_ok() {
        return Ok(Minute::starting(start.plus(Duration::from_micros(1)), interval)?);
    }
    Ok(Minute::starting(start, interval)?)
}

/// A duration for the wire, at most what it can say.
pub fn duration(length: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(length)
        .unwrap_or(prost_types::Duration { seconds: i64::MAX, nanos: 0 })
}

/// A duration from the wire, not below zero. Written out, since prost's own conversion overflows
/// for the lowest seconds there are.
pub fn read_duration(length: prost_types::Duration) -> Result<Duration, OutOfRange> {
    let refused = OutOfRange("a duration is not below zero, with 0 to 999999999 ns");
    let nanos = u32::try_from(length.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let seconds = u64::try_from(length.seconds).ok();
    seconds.zip(nanos).map(|(seconds, nanos)| Duration::new(seconds, nanos)).ok_or(refused)
}

/// A difference in microseconds, of either sign, for the wire.
pub fn difference(micros: i64) -> prost_types::Duration {
    // Both parts of a duration on the wire have one sign, which division towards zero gives.
    prost_types::Duration {
        seconds: micros / MICROS_PER_SECOND,
        nanos: nanos(micros % MICROS_PER_SECOND),
    }
}

/// A difference from the wire, of either sign, in microseconds.
pub fn read_difference(length: prost_types::Duration) -> Result<i64, OutOfRange> {
    length
        .seconds
        .checked_mul(MICROS_PER_SECOND)
        .and_then(|micros| micros.checked_add(i64::from(length.nanos / 1_000)))
        .ok_or(OutOfRange("a difference is less than 292,000 years"))
}

fn nanos(micros: i64) -> i32 {
    i32::try_from(micros * 1_000).expect("below a second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_go_over_the_wire_and_back() {
        for micros in [0, 1, 1_795_176_060_500_001, Timestamp::MAX.as_micros()] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(read_timestamp(timestamp(at)), Ok(at));
        }
    }

    #[test]
    fn instants_out_of_range_are_refused() {
        for (seconds, nanos) in
            [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MAX, 0), (253_402_300_800, 0)]
        {
            assert!(read_timestamp(prost_types::Timestamp { seconds, nanos }).is_err());
        }
    }

    #[test]
    fn t1_parts_of_a_microsecond_name_no_minute() {
        let at = |seconds, nanos| {
            read_minute(prost_types::Timestamp { seconds, nanos }, Interval::default())
        };
        assert_eq!(at(60, 0).map(Minute::start), Ok(Timestamp::from_micros(60_000_000)));
        for (seconds, nanos) in [(60, 1), (59, 999_999_999), (61, 0)] {
            assert!(matches!(at(seconds, nanos), Err(NoMinute::OffGrid(_))));
        }
        assert!(matches!(at(-60, 0), Err(NoMinute::OutOfRange(_))));
    }

    #[test]
    fn durations_and_differences_go_over_the_wire_and_back() {
        let length = Duration::from_millis(1_500);
        assert_eq!(read_duration(duration(length)), Ok(length));
        for (seconds, nanos) in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MIN, i32::MIN)] {
            assert!(read_duration(prost_types::Duration { seconds, nanos }).is_err());
        }
        for micros in [0, 1, -1, -1_500_000, 1_500_000] {
            assert_eq!(read_difference(difference(micros)), Ok(micros));
        }
        assert!(read_difference(prost_types::Duration { seconds: i64::MAX, nanos: 0 }).is_err());
    }
}
