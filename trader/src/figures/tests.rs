//! A core on a clock that goes as it is told, and what it comes to in numbers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chassis::{
    grid::{Interval, Minute, Now, Timestamp, Timing},
    http::Snapshot as _,
    name::Name,
};

use super::*;
use crate::engine::{Engine, Recovered, Settings, ledger::StateChange, verdict::Median};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn timing() -> Timing {
    Timing::new(Interval::default(), None, None).unwrap()
}

fn minute(k: i64) -> Minute {
    Minute::starting(Timestamp::from_micros(k * 60_000_000), Interval::default()).unwrap()
}

/// Seconds after the first minute began, by both clocks.
fn at(seconds: f64) -> Now {
    let mono = Duration::from_secs_f64(seconds);
    Now { wall: minute(1).start().plus(mono), mono }
}

struct Counted {
    engine: Engine,
    figures: Figures,
}

fn counted(expect: &[&str]) -> Counted {
    let settings = Settings {
        timing: timing(),
        journal: "j".into(),
        expect: expect.iter().copied().map(name).collect(),
        at_least: 1,
        strategies_max: 1_000,
        accept_clock: false,
        here: "".into(),
    };
    let engine = Engine::new(settings, Recovered::nothing(minute(1)), at(0.0)).unwrap();
    let figures = Figures::new(&engine, at(0.0));
    Counted { engine, figures }
}

impl Counted {
    fn decides(&mut self, who: &str, k: i64, seconds: f64) {
        let (name, decision) = (name(who), Some(0.5));
        self.figures.note(at(seconds), &Event::Accepted { name, minute: minute(k), decision });
    }

    fn ends(&mut self, k: i64, seconds: f64, outcome: Outcome, count: usize) {
        self.ends_all([k, k], seconds, outcome, count);
    }

    fn ends_all(&mut self, [first, last]: [i64; 2], seconds: f64, outcome: Outcome, count: usize) {
        let verdict = Verdict {
            minute: minute(first),
            last: minute(last),
            outcome,
            count,
            state: State::Ok,
            closed_at: at(seconds).wall,
            valid_until: minute(last + 1).start(),
            disagreeing: Vec::new(),
        };
        self.figures.note(at(seconds), &Event::Published(Arc::new(verdict)));
    }

    fn turns(&mut self, from: State, to: State, seconds: f64, causes: &[Cause]) {
        let at_wall = at(seconds).wall;
        let change =
            StateChange { from, to, at: at_wall, causes: causes.into(), halt_reason: None };
        self.figures.note(at(seconds), &Event::Changed(change));
    }

    fn told_at(&mut self, seconds: f64) -> String {
        let Self { engine, figures } = self;
        figures.snapshot(engine, at(seconds)).figures().into_text()
    }
}

fn median() -> Outcome {
    Outcome::Median(Median { value: 0.5, lowest: 0.5, highest: 0.5 })
}

fn cause(who: &str, code: CauseCode) -> Cause {
    let subject = if who == "trader" { Subject::Trader } else { Subject::Strategy(name(who)) };
    Cause { subject, code, since: minute(1), last_seen: None, detail: "d".to_owned() }
}

#[track_caller]
fn has(told: &str, lines: &[&str]) {
    for line in lines {
        let line = format!("minutehand_trader_{line}");
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
}

#[test]
fn each_minute_counts_once_by_what_it_ended_with() {
    let mut counted = counted(&[]);
    counted.ends(1, 0.004, median(), 1);
    // Closed by the grace, and on disk a moment later.
    counted.ends(2, 70.004, Outcome::Failed(vec![cause("X", CauseCode::Silent)]), 0);
    counted.ends(3, 120.5, Outcome::NoStrategies, 0);
    counted.ends(4, 200.0, Outcome::Halted, 0);
    counted.ends_all([5, 8], 400.0, Outcome::NotRunning, 0);
    let told = counted.told_at(500.0);
    has(
        &told,
        &[
            "rounds_total{outcome=\"median\"} 1",
            "rounds_total{outcome=\"failed\"} 1",
            "rounds_total{outcome=\"no-strategies\"} 1",
            "rounds_total{outcome=\"halted\"} 1",
            "rounds_total{outcome=\"not-running\"} 4",
            "last_median_timestamp_seconds 60.000000",
            "round_close_seconds_bucket{outcome=\"median\",le=\"0.0025\"} 0",
            "round_close_seconds_bucket{outcome=\"median\",le=\"0.005\"} 1",
            "round_close_seconds_count{outcome=\"median\"} 1",
            "round_close_seconds_bucket{outcome=\"failed\",le=\"10\"} 0",
            "round_close_seconds_bucket{outcome=\"failed\",le=\"10.5\"} 1",
            "round_close_seconds_bucket{outcome=\"failed\",le=\"30\"} 1",
            "round_close_seconds_count{outcome=\"failed\"} 1",
        ],
    );
}

#[test]
fn who_took_part_and_how_is_counted_for_all_and_by_name() {
    let mut counted = counted(&["W", "X", "Y"]);
    // All of them are in view, W as well, who never says a word.
    counted.told_at(0.0);
    counted.decides("X", 1, 0.001);
    counted.decides("Y", 1, 0.002);
    // The next minute's word may come before this one's verdict is on disk.
    counted.decides("X", 2, 59.999);
    counted.ends(1, 60.0, median(), 2);
    let causes = vec![cause("Y", CauseCode::Abstained), cause("trader", CauseCode::TooFew)];
    counted.ends(2, 70.0, Outcome::Failed(causes), 1);
    let late = Refusal::Late { minute: minute(2), open: minute(3), now: at(71.0).wall };
    counted.figures.refused(&name("Y"), &late);
    counted.figures.refused(&name("Y"), &Refusal::NotHalted);
    let told = counted.told_at(80.0);
    has(
        &told,
        &[
            "participants_total{result=\"included\"} 2",
            "participants_total{result=\"unused\"} 1",
            "participants_total{result=\"abstained\"} 1",
            "participants_total{result=\"late\"} 1",
            "participants_total{result=\"silent\"} 0",
            "strategy_decisions_received_total{strategy=\"X\"} 2",
            "strategy_decisions_included_total{strategy=\"X\"} 1",
            "strategy_decisions_included_total{strategy=\"Y\"} 1",
            "strategy_decisions_included_total{strategy=\"W\"} 0",
            "strategy_failures_total{strategy=\"Y\",result=\"abstained\"} 1",
            "strategy_failures_total{strategy=\"Y\",result=\"late\"} 1",
            "strategy_failures_total{strategy=\"X\",result=\"late\"} 0",
            "strategy_last_decision_age_seconds{strategy=\"X\"} 20.001",
            "strategy_registered{strategy=\"W\"} 0",
            "strategies 3",
        ],
    );
    assert!(!told.contains("last_decision_age_seconds{strategy=\"W\"}"), "it never decided");
}

#[test]
fn time_in_error_is_counted_by_cause_and_each_recovery_once() {
    let mut counted = counted(&[]);
    counted.turns(State::Idle, State::Ok, 1.0, &[]);
    counted.turns(State::Ok, State::Error, 10.0, &[cause("X", CauseCode::Silent)]);
    let two = [cause("X", CauseCode::Silent), cause("Y", CauseCode::Abstained)];
    counted.turns(State::Error, State::Error, 20.0, &two);
    counted.turns(State::Error, State::Waiting, 25.0, &[]);
    counted.turns(State::Waiting, State::Ok, 30.0, &[]);
    counted.turns(State::Ok, State::Waiting, 32.0, &[]);
    counted.turns(State::Waiting, State::Ok, 33.0, &[]);
    has(
        &counted.told_at(35.0),
        &[
            "error_seconds_total{cause=\"silent\"} 15",
            "error_seconds_total{cause=\"abstained\"} 5",
            "error_seconds_total{cause=\"stale\"} 0",
            "state_seconds_total{state=\"IDLE\"} 1",
            "state_seconds_total{state=\"OK\"} 13",
            "state_seconds_total{state=\"ERROR\"} 15",
            "state_seconds_total{state=\"WAITING\"} 6",
            "state_changes_total{state=\"ERROR\"} 1",
            "state_changes_total{state=\"OK\"} 3",
            "recoveries_total 1",
        ],
    );
}

#[test]
fn the_journal_and_the_clock_are_told() {
    let mut counted = counted(&[]);
    for times in 1..3 {
        let failed = Event::WriteFailed { error: "disk full".to_owned() };
        counted.figures.note(at(0.1), &failed);
        let outages = format!("journal_outages_total {times}");
        has(&counted.told_at(0.2), &["journal_writable 0", &outages]);
        counted.figures.note(at(0.2), &Event::WriteRecovered);
    }
    let step = Event::ClockStepped { by: Duration::from_secs(3), forward: true };
    counted.figures.note(at(0.3), &step);
    has(
        &counted.told_at(0.4),
        &["journal_writable 1", "journal_outages_total 2", "clock_steps_total 1"],
    );
}

#[test]
fn only_so_many_strategies_have_series_and_the_rest_are_counted() {
    let names: Vec<String> = (0..STRATEGIES_SHOWN_MAX + 3).map(|k| format!("s{k:03}")).collect();
    let mut counted = counted(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for name in names.iter().rev() {
        counted.decides(name, 1, 0.001);
    }
    counted.ends(1, 0.002, median(), names.len());
    let told = counted.told_at(1.0);
    has(
        &told,
        &[
            "strategies 259",
            "strategies_left_out 3",
            "strategy_decisions_included_total{strategy=\"s000\"} 1",
            "strategy_decisions_included_total{strategy=\"s255\"} 1",
            "participants_total{result=\"included\"} 259",
        ],
    );
    assert!(!told.contains("s256"), "out of view");
    assert_eq!(told.matches("strategy_registered{").count(), STRATEGIES_SHOWN_MAX);
}

#[test]
fn a_name_that_is_gone_has_no_series() {
    let mut counted = counted(&["X"]);
    counted.decides("Y", 1, 0.001);
    let told = counted.told_at(1.0);
    assert!(told.contains("\"X\"") && !told.contains("\"Y\""), "{told}");
    assert!(counted.figures.strategies.get(&name("Y")).is_none(), "and begins at nothing again");
}

#[test]
fn what_is_shown_is_what_is_declared() {
    let text = counted(&["X"]).told_at(1.0);
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let families = FAMILIES.map(|family| format!("{} {}", family.name, family.kind.as_str()));
    assert_eq!(told, families);
    let series: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, _)| series)
        .collect();
    assert_eq!(
        series.len(),
        text.lines().filter(|line| !line.starts_with('#')).count(),
        "once each"
    );
}

#[test]
fn labels_are_in_the_order_of_their_values() {
    for (place, part) in Part::ALL.iter().enumerate() {
        assert_eq!(place, *part as usize);
    }
    for (place, code) in CauseCode::ALL.iter().enumerate() {
        assert_eq!(place, *code as usize);
    }
    for (place, state) in State::ALL.iter().enumerate() {
        assert_eq!(place, *state as usize);
    }
}

#[test]
fn e1_readiness_names_the_causes() {
    let Counted { mut engine, mut figures } = counted(&["X"]);
    engine.tick(at(0.0));
    assert!(engine.take_records(at(0.0)).is_some(), "the minute failed");
    engine.written(at(0.0), Ok(()));
    let readiness = figures.snapshot(&mut engine, at(1.0)).readiness();
    assert!(!readiness.ready);
    assert_eq!(readiness.summary, "ERROR since 1970-01-01T00:01:00Z");
    assert_eq!(
        readiness.reasons,
        [
            "trader too-few since 1970-01-01T00:01:00Z: not registered: X; start them, or `deregister -n NAME` to go on without"
        ]
    );
}
