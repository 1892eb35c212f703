//! How long the last median may be acted on, counted on this machine's monotonic clock (rule M5).
//! Pure.

use std::time::Duration;

use tokio::time::Instant;

use crate::report::{Moment, Verdict};

/// The countdown of the last median.
#[derive(Debug, Default)]
pub(super) struct Countdown {
    running: Option<(Instant, Lapse)>,
}

/// A median whose time is over, with no later verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lapse {
    /// Its last minute.
    pub(super) minute: Moment,
    /// When it ended, by the trader's clock.
    pub(super) valid_until: Moment,
}

impl Countdown {
    /// A verdict was heard at `now`, with `left` of its time left by the trader's clock. One whose
    /// time is over already, as in a replay, starts nothing; one without a median has none that lapses.
    pub(super) fn heard(&mut self, verdict: &Verdict, left: Duration, now: Instant) {
        if left.is_zero() {
            return;
        }
        let lapse = Lapse { minute: verdict.last_minute, valid_until: verdict.valid_until };
        self.running = verdict.median.is_some().then_some((now + left, lapse));
    }

    /// When it is over.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.running.as_ref().map(|(at, _)| *at)
    }

    /// What to say if it is over at `now`: once.
    pub(super) fn lapsed(&mut self, now: Instant) -> Option<Lapse> {
        self.running.take_if(|(at, _)| *at <= now).map(|(_, lapse)| lapse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[tokio::test(start_paused = true)]
    async fn m5_silence_until_valid_until_is_said_once() {
        let mut countdown = Countdown::default();
        let start = Instant::now();
        let minute = Duration::from_mins(1);
        countdown.heard(&samples::median("12:01:00").into(), minute, start);
        countdown.heard(&samples::median("12:02:00").into(), minute, start + minute / 2);
        assert_eq!(countdown.lapsed(start + minute), None, "a later verdict was heard");
        assert_eq!(countdown.ends(), Some(start + minute * 3 / 2));
        let lapse = countdown.lapsed(start + minute * 3 / 2).unwrap();
        assert_eq!(lapse.minute.to_string(), "2026-11-20T12:02:00Z");
        assert_eq!(countdown.lapsed(start + minute * 2), None);
    }

    #[tokio::test(start_paused = true)]
    async fn m5_what_has_no_median_does_not_lapse_and_ends_what_would() {
        let mut countdown = Countdown::default();
        let minute = Duration::from_mins(1);
        countdown.heard(&samples::median("12:01:00").into(), minute, Instant::now());
        countdown.heard(&samples::failed("12:02:00").into(), minute, Instant::now());
        assert_eq!(countdown.ends(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn m5_a_replayed_verdict_starts_no_countdown() {
        let mut countdown = Countdown::default();
        countdown.heard(&samples::median("12:01:00").into(), Duration::ZERO, Instant::now());
        assert_eq!(countdown.ends(), None);
    }
}
