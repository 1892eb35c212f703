//! Instants: the grid that they fall on, and how the venues write them.

use std::time::{Duration, SystemTime};

use chassis::grid::Timestamp;

/// The last instant of the UTC grid of `length` that is not later than `at`.
pub(crate) fn grid_start(at: Timestamp, length: Duration) -> Timestamp {
    let micros = i64::try_from(length.as_micros()).expect("a day at most");
    Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(micros))
}

/// Milliseconds since the Unix epoch.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000)
}

/// The same instant without what is finer than a millisecond.
pub(crate) fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(millis(at) * 1_000)
}

/// Seconds since the Unix epoch.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

/// RFC 3339 with microseconds: `2023-02-09T20:19:35.396250Z`.
pub(crate) fn rfc3339_micros(at: Timestamp) -> String {
    humantime::format_rfc3339_micros(system(at)).to_string()
}

/// RFC 3339 with nanoseconds: `2023-02-09T20:19:35.396250000Z`.
pub(crate) fn rfc3339_nanos(at: Timestamp) -> String {
    humantime::format_rfc3339_nanos(system(at)).to_string()
}

/// As Go prints a time: `2023-06-23 20:31:56.121961769 +0000 UTC m=+91717.500000000`.
pub(crate) fn go(at: Timestamp, mono: Duration) -> String {
    let zoned = rfc3339_nanos(at).replace('T', " ").replace('Z', " +0000 UTC");
    format!("{zoned} m=+{}.{:09}", mono.as_secs(), mono.subsec_nanos())
}

fn system(at: Timestamp) -> SystemTime {
    let micros = at.clamp(Timestamp::default(), Timestamp::MAX).as_micros();
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_as_the_venues_write_them() {
        let at = Timestamp::from_micros(1_687_552_316_121_961);
        assert_eq!((millis(at), seconds(at)), (1_687_552_316_121, 1_687_552_316));
        assert_eq!(whole_millis(at).as_micros(), 1_687_552_316_121_000);
        assert_eq!(rfc3339_micros(at), "2023-06-23T20:31:56.121961Z");
        assert_eq!(rfc3339_nanos(at), "2023-06-23T20:31:56.121961000Z");
        assert_eq!(
            go(at, Duration::from_millis(91_717_500)),
            "2023-06-23 20:31:56.121961000 +0000 UTC m=+91717.500000000"
        );
        assert_eq!(rfc3339_micros(Timestamp::from_micros(-1)), "1970-01-01T00:00:00.000000Z");
    }
}
