//! Whether the trader's own clock can be believed.

use std::time::Duration;

use chassis::grid::{Minute, Now, Timestamp};

/// A clock further than this beyond the last record is not believed.
const LEAP_MAX: Duration = Duration::from_hours(30 * 24);

/// What is wrong with the trader's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClockFault {
    /// It shows a time before the last closed minute.
    Behind,
    /// It shows a time more than 30 days after the last closed minute.
    Leapt,
}

/// A movement of the wall clock that the monotonic clock did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) by: Duration,
    pub(super) forward: bool,
}

/// Keeps an eye on the clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockWatch {
    last: Now,
    pub(super) fault: Option<ClockFault>,
}

impl ClockWatch {
    pub(super) fn new(now: Now) -> Self {
        Self { last: now, fault: None }
    }

    /// Looks at the clock; `closed` is the last minute on record. Tells of a step beyond `skew`.
    pub(super) fn look(&mut self, now: Now, closed: Minute, skew: Duration) -> Option<Step> {
        let passed = now.mono.saturating_sub(self.last.mono);
        let should_be = self.last.wall.plus(passed);
        self.last = now;
        self.fault = fault(now.wall, closed);
        let by = now.wall.distance(should_be);
        let ahead = now.wall.since(should_be);
        (by > skew).then_some(Step { by, forward: !ahead.is_zero() })
    }
}

/// What is wrong with a clock that shows `wall` when `closed` is the last minute on record.
pub(super) fn fault(wall: Timestamp, closed: Minute) -> Option<ClockFault> {
    if wall < closed.start() {
        Some(ClockFault::Behind)
    } else if wall > closed.start().plus(LEAP_MAX) {
        Some(ClockFault::Leapt)
    } else {
        None
    }
}
