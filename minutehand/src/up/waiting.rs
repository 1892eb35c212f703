//! What a system waits for until its first median, and how long that takes. Pure.

use std::time::Duration;

use chassis::grid::{Minute, Timestamp, Timing};

use crate::report::{StateChange, length, printable};

/// What to show while nothing has happened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// For what.
    pub(super) text: String,
    /// How much of the time is gone …
    pub(super) gone: Duration,
    /// … of this.
    pub(super) whole: Duration,
}

/// The strategies were started: from the next boundary on each of them is expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstMedian {
    since: Timestamp,
    timing: Timing,
}

/// Waiting for servers to listen.
pub(super) fn for_servers(listening: usize, of: usize) -> Waiting {
    let text = format!("starting: {listening} of {of} servers listen");
    let seconds = |count: usize| Duration::from_secs(count as u64);
    Waiting { text, gone: seconds(listening), whole: seconds(of) }
}

impl FirstMedian {
    /// The strategies were started at `now`.
    pub(super) fn new(now: Timestamp, timing: Timing) -> Self {
        Self { since: now, timing }
    }

    /// What is waited for at `now`, given what the trader last said of its state; `whose` median.
    pub(super) fn at(&self, now: Timestamp, whose: &str, state: Option<&StateChange>) -> Waiting {
        let interval = self.timing.interval;
        let first = Minute::first_after(self.since, interval);
        let open = Minute::containing(now, interval);
        // A minute can still end with a median until its grace is over.
        let awaited = if open >= first && now < self.timing.deadline(open) {
            open
        } else {
            Minute::first_after(now, interval)
        };
        let deadline = self.timing.deadline(awaited);
        let until_boundary = awaited.start().since(now);
        let how_long = if until_boundary.is_zero() {
            format!("at most {} more", whole_seconds(deadline.since(now)))
        } else {
            format!("begins in {}", whole_seconds(until_boundary))
        };
        let why =
            state.and_then(|change| change.causes.first()).map_or_else(String::new, |cause| {
                format!("; {} {}", printable(&cause.subject), cause.code)
            });
        let text = format!("first median{whose}: minute {awaited}, {how_long}{why}");
        let begin =
            if awaited == first { self.since } else { awaited.start().minus(interval.duration()) };
        Waiting { text, gone: now.since(begin), whole: deadline.since(begin) }
    }
}

fn whole_seconds(left: Duration) -> String {
    length(Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn at(time: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-11-20T{time}Z")).unwrap()
    }

    #[test]
    fn c4_until_the_first_median_it_is_said_what_is_waited_for_and_how_long() {
        let timing = Timing::new("60s".parse().unwrap(), None, None).unwrap();
        let first = FirstMedian::new(at("12:00:26"), timing);
        for (now, text, gone, whole) in [
            ("12:00:26", "first median: minute 2026-11-20T12:01:00Z, begins in 34s", 0, 44),
            ("12:00:59.500", "first median: minute 2026-11-20T12:01:00Z, begins in 1s", 33, 44),
            ("12:01:04", "first median: minute 2026-11-20T12:01:00Z, at most 6s more", 38, 44),
            ("12:01:10", "first median: minute 2026-11-20T12:02:00Z, begins in 50s", 10, 70),
        ] {
            let waiting = first.at(at(now), "", None);
            assert_eq!((waiting.text.as_str(), waiting.gone.as_secs()), (text, gone), "{now}");
            assert_eq!(waiting.whole, Duration::from_secs(whole), "{now}");
        }
        let error = samples::to_error("12:01:10").into();
        let waiting = first.at(at("12:01:10"), " of trader btc", Some(&error));
        assert!(waiting.text.ends_with("begins in 50s; X abstained"), "{}", waiting.text);
        assert!(
            waiting.text.starts_with("first median of trader btc: minute "),
            "{}",
            waiting.text
        );
        assert_eq!(for_servers(2, 4).text, "starting: 2 of 4 servers listen");
    }
}
