//! The strategy in numbers: counted from what it notes. Pure.

use chassis::{
    figures::{BUILD_INFO, Family, GRACE, INTERVAL, Page, SKEW, START_TIME, page_of},
    grid::{ClockOffset, Interval, Minute, Now, Timestamp, Timing},
    http,
    http::Readiness,
    name::Name,
};
use tokio::sync::{mpsc, oneshot};

use crate::note::Note;

const CONNECTED: Family = Family::gauge(
    "minutehand_strategy_connected",
    &["strategy"],
    "1 if it has a session with its trader, else 0.",
);
const SESSIONS: Family = Family::counter(
    "minutehand_strategy_sessions_total",
    &["strategy"],
    "Sessions that its trader opened with it.",
);
const ROUNDS: Family = Family::counter(
    "minutehand_strategy_rounds_total",
    &["strategy", "result"],
    "Minutes by what came of them; what was abstained in may be refused or unanswered, too.",
);
const LAST_DECISION: Family = Family::gauge(
    "minutehand_strategy_last_decision_timestamp_seconds",
    &["strategy"],
    "Start of the last minute whose decision its trader received; absent before the first.",
);
const CLOCK_OFFSET: Family = Family::gauge(
    "minutehand_strategy_clock_offset_seconds",
    &["strategy", "peer"],
    "The peer's clock less its own, as measured last; absent without a session.",
);
const CLOCK_UNCERTAINTY: Family = Family::gauge(
    "minutehand_strategy_clock_uncertainty_seconds",
    &["strategy", "peer"],
    "How far the clock offset may be from the true one.",
);

/// All of them, in the order in which they are shown.
pub const FAMILIES: [&Family; 11] = [
    &BUILD_INFO,
    &START_TIME,
    &INTERVAL,
    &GRACE,
    &SKEW,
    &CONNECTED,
    &SESSIONS,
    &ROUNDS,
    &LAST_DECISION,
    &CLOCK_OFFSET,
    &CLOCK_UNCERTAINTY,
];

/// Looks that wait for the loop: one of each connection that may ask at a time.
pub const LOOKS_MAX: usize = http::CONNECTIONS_MAX;

/// Questions to the loop for what the strategy is at this moment.
pub type Looks = mpsc::Receiver<oneshot::Sender<Snapshot>>;

/// What a minute came to.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// Its decision was received.
    Received,
    Abstained,
    Refused,
    Unanswered,
    Missed,
}

impl Ending {
    const ALL: [Self; 5] =
        [Self::Received, Self::Abstained, Self::Refused, Self::Unanswered, Self::Missed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Abstained => "abstained",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Missed => "missed",
        }
    }
}

/// What has been counted since the process started.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    name: Name,
    interval: Interval,
    started: Timestamp,
    sessions: u64,
    minutes: [u64; Ending::ALL.len()],
    last_decision: Option<Minute>,
    /// Of the last minute that something was noted of: which, and why there is no decision.
    last: Option<(Minute, Option<String>)>,
}

impl Figures {
    pub(crate) fn new(name: Name, interval: Interval, started: Timestamp) -> Self {
        let minutes = Default::default();
        Self { name, interval, started, sessions: 0, minutes, last_decision: None, last: None }
    }

    /// Counts what is noted.
    pub(crate) fn note(&mut self, note: &Note) {
        match note {
            Note::Registered { .. } => self.sessions += 1,
            Note::Submitted(minute, _) => {
                self.last_decision = Some(*minute);
                self.ended(*minute, Ending::Received, None);
            }
            Note::Abstained(minute, why) => self.ended(*minute, Ending::Abstained, Some(why)),
            Note::Refused(minute, why) => self.ended(*minute, Ending::Refused, Some(why)),
            Note::Unanswered(minute, why) => self.ended(*minute, Ending::Unanswered, Some(why)),
            Note::Missed(minute, _) => self.ended(*minute, Ending::Missed, Some("too late for it")),
            Note::Skipped(count, _) => self.minutes[Ending::Missed as usize] += count,
            Note::NoSession(_) | Note::ClocksApart(..) | Note::ClocksAgree(_) => {}
        }
    }

    fn ended(&mut self, minute: Minute, result: Ending, why: Option<&str>) {
        self.minutes[result as usize] += 1;
        self.last = Some((minute, why.map(str::to_owned)));
    }
}

/// The strategy at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) figures: Figures,
    pub(crate) connected: bool,
    pub(crate) timing: Option<Timing>,
    pub(crate) offset: Option<ClockOffset>,
    pub(crate) now: Now,
}

impl http::Snapshot for Snapshot {
    fn figures(&self) -> Page {
        let Figures { name, interval, started, sessions, minutes, last_decision, .. } =
            &self.figures;
        let name = name.as_str();
        let part = ["strategy", env!("CARGO_PKG_VERSION")];
        let mut page = page_of(part, *started, interval.duration());
        let mut grace = page.family(&GRACE);
        if let Some(timing) = &self.timing {
            grace.with(&[], timing.grace);
        }
        let mut skew = page.family(&SKEW);
        if let Some(timing) = &self.timing {
            skew.with(&[], timing.skew);
        }
        page.family(&CONNECTED).with(&[name], self.connected);
        page.family(&SESSIONS).with(&[name], *sessions);
        let mut ended = page.family(&ROUNDS);
        for (result, times) in Ending::ALL.iter().zip(minutes) {
            ended.with(&[name, result.as_str()], *times);
        }
        let mut last = page.family(&LAST_DECISION);
        if let Some(minute) = last_decision {
            last.with(&[name], minute.start());
        }
        let mut offset = page.family(&CLOCK_OFFSET);
        if let Some(clock) = &self.offset {
            offset.with(&[name, "trader"], clock.seconds());
        }
        let mut uncertainty = page.family(&CLOCK_UNCERTAINTY);
        if let Some(clock) = &self.offset {
            uncertainty.with(&[name, "trader"], clock.uncertainty);
        }
        page
    }

    /// The decision of the minute before counts until the grace of this one is over.
    fn readiness(&self) -> Readiness {
        let Some(timing) = self.timing.as_ref().filter(|_| self.connected) else {
            return told(false, "no session with the trader".to_owned());
        };
        match &self.figures.last {
            None => told(false, "registered, its first minute is still to come".to_owned()),
            Some((minute, Some(why))) => told(false, format!("no decision for {minute}: {why}")),
            Some((minute, None))
                if self.now.wall < timing.deadline(minute.next(timing.interval)) =>
            {
                told(true, format!("decision for {minute} received"))
            }
            Some((minute, None)) => told(false, format!("no decision since that for {minute}")),
        }
    }
}

fn told(ready: bool, summary: String) -> Readiness {
    Readiness { ready, summary, reasons: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::http::Snapshot as _;
    use std::time::Duration;

    fn minute(k: i64) -> Minute {
        Minute::starting(Timestamp::from_micros(k * 60_000_000), Interval::default()).unwrap()
    }

    fn after(notes: &[Note], seconds: i64) -> Snapshot {
        let mut figures =
            Figures::new("X".parse().unwrap(), Interval::default(), Timestamp::from_micros(0));
        for note in notes {
            figures.note(note);
        }
        Snapshot {
            figures,
            connected: true,
            timing: Some(Timing::new(Interval::default(), None, None).unwrap()),
            offset: Some(ClockOffset { micros: -2_000, uncertainty: Duration::from_millis(1) }),
            now: Now { wall: Timestamp::from_micros(seconds * 1_000_000), mono: Duration::ZERO },
        }
    }

    #[test]
    fn what_it_noted_is_shown() {
        let why = || "w".to_owned();
        let notes = [
            Note::Registered { epoch: 1, first_minute: minute(1), taken_over: false },
            Note::Submitted(minute(1), 0.5),
            Note::Submitted(minute(2), 0.5),
            Note::Abstained(minute(3), why()),
            Note::Refused(minute(4), why()),
            Note::Unanswered(minute(5), why()),
            Note::Skipped(2, minute(8)),
            Note::Missed(minute(8), minute(9).start()),
        ];
        let snapshot = after(&notes, 550);
        let text = snapshot.figures().into_text();
        for line in [
            "minutehand_build_info{part=\"strategy\",version=\"0.1.0\"} 1",
            "minutehand_grace_seconds 10",
            "minutehand_strategy_connected{strategy=\"X\"} 1",
            "minutehand_strategy_sessions_total{strategy=\"X\"} 1",
            "minutehand_strategy_rounds_total{strategy=\"X\",result=\"received\"} 2",
            "minutehand_strategy_rounds_total{strategy=\"X\",result=\"abstained\"} 1",
            "minutehand_strategy_rounds_total{strategy=\"X\",result=\"refused\"} 1",
            "minutehand_strategy_rounds_total{strategy=\"X\",result=\"unanswered\"} 1",
            "minutehand_strategy_rounds_total{strategy=\"X\",result=\"missed\"} 3",
            "minutehand_strategy_last_decision_timestamp_seconds{strategy=\"X\"} 120.000000",
            "minutehand_strategy_clock_offset_seconds{strategy=\"X\",peer=\"trader\"} -0.002",
            "minutehand_strategy_clock_uncertainty_seconds{strategy=\"X\",peer=\"trader\"} 0.001",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}: {text}");
        }
        let told: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let families = FAMILIES.map(|family| format!("{} {}", family.name, family.kind.as_str()));
        assert_eq!(told, families);
    }

    #[test]
    fn it_is_ready_with_a_session_and_a_decision_of_this_minute() {
        let decided = || Note::Submitted(minute(1), 0.5);
        for (notes, seconds, ready, summary) in [
            (vec![], 60, false, "registered, its first minute is still to come"),
            (vec![decided()], 61, true, "decision for 1970-01-01T00:01:00Z received"),
            (vec![decided()], 129, true, "decision for 1970-01-01T00:01:00Z received"),
            (vec![decided()], 130, false, "no decision since that for 1970-01-01T00:01:00Z"),
            (
                vec![decided(), Note::Abstained(minute(2), "why".to_owned())],
                121,
                false,
                "no decision for 1970-01-01T00:02:00Z: why",
            ),
        ] {
            let readiness = after(&notes, seconds).readiness();
            assert_eq!((readiness.ready, readiness.summary.as_str()), (ready, summary));
        }
        let lost = Snapshot { connected: false, ..after(&[decided()], 61) };
        assert_eq!(lost.readiness(), told(false, "no session with the trader".to_owned()));
    }
}
