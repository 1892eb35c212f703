//! Between the wire and this crate's words: what a request asks for, and each refusal's status.

use std::time::Duration;

use chassis::{
    grid::{Interval, Minute, OffGrid, Timestamp},
    name::Name,
    status,
    wire::{self, NoMinute, OutOfRange},
};
use proto::v1::{self, GetSignalRequest};
use tonic::{Code, Status};

use crate::outcomes::Signal;

/// Why a caller gets no signal.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A field cannot be read.
    #[error("malformed: {0}")]
    Malformed(#[from] OutOfRange),
    /// Caller and generator have minutes of different lengths.
    #[error(
        "the caller's interval is {}, this generator's is {ours}: start both with the same --interval",
        humantime::format_duration(*asked)
    )]
    Interval {
        /// As the request has it.
        asked: Duration,
        /// As this generator has it.
        ours: Interval,
    },
    /// No minute starts there.
    #[error(transparent)]
    OffGrid(#[from] OffGrid),
    /// The minute is too far ahead.
    #[error(
        "{minute} is {:.3} s ahead of this generator's clock ({wall}), {:.3} s are tolerated: check the clocks of both machines",
        minute.start().since(*wall).as_secs_f64(),
        skew.as_secs_f64()
    )]
    Future {
        /// As asked for.
        minute: Minute,
        /// This generator's clock.
        wall: Timestamp,
        /// What is tolerated.
        skew: Duration,
    },
    /// The minute is over.
    #[error(
        "the signal of {minute} is not kept, the oldest minute that is kept is {oldest}; if {minute} is this minute, compare the clocks of both machines"
    )]
    Gone {
        /// As asked for.
        minute: Minute,
        /// The oldest one that is kept.
        oldest: Minute,
    },
    /// The minute has no signal.
    #[error("no signal of {minute}: {reason}")]
    NoSignal {
        /// As asked for.
        minute: Minute,
        /// Why.
        reason: String,
    },
    /// Nothing is computed any more.
    #[error("this generator is stopping")]
    Stopping,
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let (code, reason) = match &refusal {
            Refusal::Malformed(_) => (Code::InvalidArgument, "malformed"),
            Refusal::Interval { .. } => (Code::FailedPrecondition, "interval"),
            Refusal::OffGrid(_) => (Code::InvalidArgument, "off-grid"),
            Refusal::Future { .. } => (Code::OutOfRange, "future"),
            Refusal::Gone { .. } => (Code::OutOfRange, "gone"),
            Refusal::NoSignal { .. } | Refusal::Stopping => (Code::Unavailable, "no-signal"),
        };
        status::refusal(code, reason, refusal.to_string(), [])
    }
}

/// The minute that a request asks for; none: the latest. Refuses an interval other than `interval`.
pub(crate) fn asked(
    request: GetSignalRequest,
    interval: Interval,
) -> Result<Option<Minute>, Refusal> {
    if let Some(theirs) = request.interval {
        let asked = wire::read_duration(theirs)?;
        if asked != interval.duration() {
            return Err(Refusal::Interval { asked, ours: interval });
        }
    }
    let Some(start) = request.minute else { return Ok(None) };
    match wire::read_minute(start, interval) {
        Ok(minute) => Ok(Some(minute)),
        Err(NoMinute::OffGrid(off)) => Err(off.into()),
        Err(NoMinute::OutOfRange(out)) => Err(out.into()),
    }
}

/// The signal as it is sent.
pub(crate) fn signal(generator: &Name, signal: &Signal) -> v1::Signal {
    v1::Signal {
        generator: generator.to_string(),
        run_id: signal.run_id.to_string(),
        minute: Some(wire::timestamp(signal.minute.start())),
        value: signal.value,
        produced_at: Some(wire::timestamp(signal.produced_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: i64, nanos: i32, interval: Option<(i64, i32)>) -> Result<String, String> {
        let minute = Some(prost_types::Timestamp { seconds, nanos });
        let interval = interval.map(|(seconds, nanos)| prost_types::Duration { seconds, nanos });
        asked(GetSignalRequest { minute, interval }, Interval::default())
            .map(|minute| minute.expect("asked for").to_string())
            .map_err(|refusal| {
                let status = Status::from(refusal);
                let reason = status::reason(&status).expect("each refusal has a reason");
                format!("{:?} {reason}: {}", status.code(), status.message())
            })
    }

    #[test]
    fn t1_a_minute_is_asked_for_by_its_start() {
        assert_eq!(check(1_795_176_060, 0, None).unwrap(), "2026-11-20T12:01:00Z");
        assert_eq!(check(0, 0, Some((60, 0))).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(asked(GetSignalRequest::default(), Interval::default()), Ok(None));
    }

    #[test]
    fn t1_what_starts_no_minute_is_refused() {
        let off = check(1_795_176_061, 500_000_000, Some((60, 0))).unwrap_err();
        assert_eq!(
            off,
            "InvalidArgument off-grid: 2026-11-20T12:01:01.500Z is not the start of a minute of 1m; the minute it falls into is 2026-11-20T12:01:00Z"
        );
        assert!(check(60, 1, None).unwrap_err().starts_with("InvalidArgument off-grid"));
        for (seconds, nanos) in [
            (-1, 0),
            (-60, 0),
            (i64::MIN, 0),
            (i64::MAX, 0),
            (253_402_300_800, 0),
            (0, -1),
            (0, 1_000_000_000),
            (0, i32::MAX),
            (0, i32::MIN),
        ] {
            let refused = check(seconds, nanos, None).unwrap_err();
            assert!(refused.starts_with("InvalidArgument malformed: "), "{refused}");
        }
    }

    #[test]
    fn t6_another_interval_is_refused_with_both_values() {
        assert_eq!(
            check(60, 0, Some((2, 500_000_000))).unwrap_err(),
            "FailedPrecondition interval: the caller's interval is 2s 500ms, this generator's is 1m: start both with the same --interval"
        );
        assert!(check(61, 0, Some((1, 0))).unwrap_err().contains(" interval: "), "goes first");
        for interval in
            [(-60, 0), (0, -1), (59, 1_000_000_000), (i64::MIN, 0), (i64::MIN, i32::MIN)]
        {
            let refused = check(60, 0, Some(interval)).unwrap_err();
            assert!(refused.starts_with("InvalidArgument malformed: "), "{refused}");
        }
        assert!(check(60, 0, Some((i64::MAX, 0))).unwrap_err().contains(" interval: "));
    }
}
