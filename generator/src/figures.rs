//! The generator in numbers. Pure, but for the sign of life that its loop gives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chassis::{
    figures::{BUILD_INFO, Family, GRACE, Histogram, INTERVAL, Page, SKEW, START_TIME, page_of},
    grid::{Now, Timestamp, Timing},
    http,
    http::Readiness,
};

use crate::outcomes::{Outcome, Outcomes};

const READY: Family = Family::gauge(
    "minutehand_generator_ready",
    &[],
    "1 if it has this minute's signal, or the one before while this one may still come, else 0.",
);
const LAST_SIGNAL: Family = Family::gauge(
    "minutehand_generator_last_signal_timestamp_seconds",
    &[],
    "Start of the last minute with a signal; absent before the first.",
);
const ROUNDS: Family = Family::counter(
    "minutehand_generator_rounds_total",
    &["outcome"],
    "Minutes by whether there was a signal in time.",
);
const DELAY: Family = Family::histogram(
    "minutehand_generator_signal_delay_seconds",
    &[],
    "From a minute's boundary to its signal, where there was one.",
);

/// All of them, in the order in which they are shown.
pub const FAMILIES: [&Family; 9] =
    [&BUILD_INFO, &START_TIME, &INTERVAL, &GRACE, &SKEW, &READY, &LAST_SIGNAL, &ROUNDS, &DELAY];

/// Upper bounds of what a signal takes, in seconds: nothing for a random number, up to half of the grace
/// for an exchange, the grace at most.
const DELAY_SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0];

/// A loop that has not passed for so long stands still: it looks at its clock once a second.
const STALLED_AFTER: Duration = Duration::from_secs(5);

/// What has been counted since the process started.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    signals: u64,
    without: u64,
    delay: Histogram,
    last_signal: Option<Timestamp>,
}

impl Default for Figures {
    fn default() -> Self {
        let delay = Histogram::new(DELAY_SECONDS);
        Self { signals: 0, without: 0, delay, last_signal: None }
    }
}

impl Figures {
    /// Counts what a minute came to.
    pub(crate) fn note(&mut self, outcome: &Outcome) {
        match &outcome.result {
            Ok(signal) => {
                self.signals += 1;
                self.delay.observe(signal.produced_at.since(outcome.minute.start()).as_secs_f64());
                self.last_signal = Some(outcome.minute.start());
            }
            Err(_) => self.without += 1,
        }
    }
}

/// When a loop last passed, by the monotonic clock. Clones are of the same loop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// It passes.
    pub(crate) fn beat(&self, now: Now) {
        let micros = u64::try_from(now.mono.as_micros()).unwrap_or(u64::MAX);
        self.0.store(micros, Ordering::Relaxed);
    }

    /// Why it stands still, if it does.
    pub(crate) fn stalled(&self, now: Now) -> Option<String> {
        let last = Duration::from_micros(self.0.load(Ordering::Relaxed));
        let age = now.mono.saturating_sub(last);
        (age > STALLED_AFTER).then(|| {
            format!("stalled: the loop that computes has not passed for {:.0} s", age.as_secs_f64())
        })
    }
}

/// The generator at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) figures: Figures,
    pub(crate) outcomes: Outcomes,
    pub(crate) timing: Timing,
    pub(crate) started: Timestamp,
    pub(crate) now: Now,
}

impl http::Snapshot for Snapshot {
    fn figures(&self) -> Page {
        let Figures { signals, without, delay, last_signal } = &self.figures;
        let part = ["generator", env!("CARGO_PKG_VERSION")];
        let mut page = page_of(part, self.started, self.timing.interval.duration());
        page.single(&GRACE, self.timing.grace);
        page.single(&SKEW, self.timing.skew);
        page.single(&READY, self.readiness().ready);
        let mut last = page.family(&LAST_SIGNAL);
        if let Some(minute) = last_signal {
            last.with(&[], *minute);
        }
        page.family(&ROUNDS).with(&["signal"], *signals).with(&["no-signal"], *without);
        page.family(&DELAY).distribution(&[], delay);
        page
    }

    /// The signal of the minute before counts until the grace of this one is over.
    fn readiness(&self) -> Readiness {
        let not_yet = |summary: &str| (false, summary.to_owned());
        let (ready, summary) = match self.outcomes.newest() {
            None => not_yet("no signal yet: the first one is being computed"),
            Some(Outcome { minute, result: Err(reason), .. }) => {
                (false, format!("no signal of {minute}: {reason}"))
            }
            Some(Outcome { minute, result: Ok(_), .. }) => {
                let next = minute.next(self.timing.interval);
                if self.now.wall < self.timing.deadline(next) {
                    (true, format!("signal of {minute}"))
                } else {
                    (false, format!("no signal since that of {minute}"))
                }
            }
        };
        Readiness { ready, summary, reasons: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcomes::Signal;
    use chassis::{
        grid::{Interval, Minute},
        http::Snapshot as _,
    };

    fn minute(k: i64) -> Minute {
        Minute::starting(Timestamp::from_micros(k * 60_000_000), Interval::default()).unwrap()
    }

    fn outcome(k: i64, delay: Option<Duration>) -> Outcome {
        let minute = minute(k);
        let signal = |delay| Signal {
            minute,
            value: 0.5,
            produced_at: minute.start().plus(delay),
            run_id: "r".parse().unwrap(),
        };
        let result = delay.map(signal).ok_or_else(|| "it broke".to_owned());
        Outcome { minute, result, computing: (minute.start(), minute.start()) }
    }

    fn at(outcomes: &[Outcome], micros: i64) -> Snapshot {
        let (mut figures, mut all) = (Figures::default(), Outcomes::default());
        for outcome in outcomes {
            figures.note(outcome);
            all.push(outcome.clone(), Interval::default());
        }
        Snapshot {
            figures,
            outcomes: all,
            timing: Timing::new(Interval::default(), None, None).unwrap(),
            started: Timestamp::from_micros(1_000_000),
            now: Now { wall: Timestamp::from_micros(micros), mono: Duration::ZERO },
        }
    }

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn what_it_computed_is_shown() {
        let outcomes = [outcome(1, Some(MILLI)), outcome(2, None), outcome(3, Some(3 * MILLI))];
        let text = at(&outcomes, 181_000_000).figures().into_text();
        for line in [
            "minutehand_build_info{part=\"generator\",version=\"0.1.0\"} 1",
            "minutehand_start_time_seconds 1.000000",
            "minutehand_interval_seconds 60",
            "minutehand_grace_seconds 10",
            "minutehand_generator_ready 1",
            "minutehand_generator_last_signal_timestamp_seconds 180.000000",
            "minutehand_generator_rounds_total{outcome=\"signal\"} 2",
            "minutehand_generator_rounds_total{outcome=\"no-signal\"} 1",
            "minutehand_generator_signal_delay_seconds_bucket{le=\"0.001\"} 1",
            "minutehand_generator_signal_delay_seconds_bucket{le=\"0.005\"} 2",
            "minutehand_generator_signal_delay_seconds_count 2",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}: {text}");
        }
        let told: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let families = FAMILIES.map(|family| format!("{} {}", family.name, family.kind.as_str()));
        assert_eq!(told, families);
    }

    #[test]
    fn g3_it_is_ready_with_this_minutes_signal_only() {
        for (outcomes, micros, ready, summary) in [
            (vec![], 60_000_000, false, "no signal yet: the first one is being computed"),
            (vec![outcome(1, Some(MILLI))], 61_000_000, true, "signal of 1970-01-01T00:01:00Z"),
            (vec![outcome(1, Some(MILLI))], 129_999_999, true, "signal of 1970-01-01T00:01:00Z"),
            (
                vec![outcome(1, Some(MILLI))],
                130_000_000,
                false,
                "no signal since that of 1970-01-01T00:01:00Z",
            ),
            (
                vec![outcome(1, Some(MILLI)), outcome(2, None)],
                121_000_000,
                false,
                "no signal of 1970-01-01T00:02:00Z: it broke",
            ),
        ] {
            let readiness = at(&outcomes, micros).readiness();
            assert_eq!((readiness.ready, readiness.summary.as_str()), (ready, summary));
        }
    }

    #[test]
    fn a_loop_that_does_not_pass_stands_still() {
        let at = |secs| Now { wall: Timestamp::default(), mono: Duration::from_secs(secs) };
        let pulse = Pulse::default();
        pulse.clone().beat(at(100));
        assert_eq!(pulse.stalled(at(105)), None);
        assert_eq!(
            pulse.stalled(at(112)).as_deref(),
            Some("stalled: the loop that computes has not passed for 12 s")
        );
    }
}
