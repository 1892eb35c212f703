//! Histories of a trader, and what is told of them.

use chassis::grid::Timestamp;
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::samples;

const MINUTE: Duration = Duration::from_mins(1);

/// A trader on its way through seconds of a monotonic clock.
struct Stage {
    guard: Guard,
    second: u64,
    told: Vec<String>,
}

impl Stage {
    fn new(debounce: &str) -> Self {
        let guard = Guard::new(debounce.parse().unwrap(), now(0));
        Self { guard, second: 0, told: Vec::new() }
    }

    /// What happens in that second: `connected`, `gone WHY`, `look`, a state with who is to blame, such
    /// as `ERROR X,Y` (`again` after it: only repeated), or a minute: `median`, `failed`, `replayed`.
    fn step(&mut self, second: u64, what: &str) {
        self.second = second;
        let (now, (word, rest)) = (now(second), what.split_once(' ').unwrap_or((what, "")));
        let left = MINUTE + Duration::from_secs(8);
        let alarm = match word {
            "connected" => {
                let first = FirstContact { interval: MINUTE, due: Duration::from_secs(40) };
                self.guard.connected(Some(first), now);
                None
            }
            "gone" => {
                self.guard.no_link(rest.to_owned());
                None
            }
            "look" => self.guard.look(now),
            "median" => self.guard.verdict(&samples::median("12:01:00").into(), left, now),
            "failed" => self.guard.verdict(&samples::failed("12:01:00").into(), left, now),
            "slept" => {
                let slept = samples::not_running("12:02:00", "12:05:00");
                self.guard.verdict(&slept.into(), left, now)
            }
            "replayed" => {
                self.guard.verdict(&samples::median("12:01:00").into(), Duration::ZERO, now)
            }
            state => self.guard.state(&change(state, rest)),
        };
        self.told.extend(alarm.map(|alarm| format!("{second} {}", shown(&alarm))));
    }
}

fn now(second: u64) -> Now {
    let mono = Duration::from_secs(second);
    Now { wall: Timestamp::parse("2026-11-20T12:00:00Z").unwrap().plus(mono), mono }
}

fn change(state: &str, rest: &str) -> StateChange {
    let to = ["IDLE", "WAITING", "OK", "ERROR", "HALTED"].into_iter().find(|word| *word == state);
    let to = to.unwrap_or_else(|| panic!("`{state}` is no state"));
    let (subjects, again) = match rest.strip_suffix("again") {
        Some(subjects) => (subjects.trim(), true),
        None => (rest, false),
    };
    let cause =
        |subject: &str| Cause { subject: subject.to_owned(), ..samples::abstained().into() };
    let subjects = subjects.split(',').filter(|subject| !subject.is_empty());
    let causes: Vec<Cause> = subjects.map(cause).collect();
    let from = if again { to } else { "WAITING" };
    StateChange { from, to, causes, ..samples::to_error("12:01:10").into() }
}

fn shown(alarm: &Alarm) -> String {
    match alarm {
        Alarm::State(StateChange { from, to, causes, .. }) => {
            let subjects: Vec<_> = causes.iter().map(|cause| &*cause.subject).collect();
            format!("{from}->{to} {}", subjects.join(",")).trim_end().to_owned()
        }
        Alarm::Lost { why, since, .. } => {
            format!("lost since {}: {why}", since.since(Moment(now(0).wall)).as_secs())
        }
        Alarm::Heard { seconds, .. } => format!("heard after {seconds}"),
    }
}

#[track_caller]
fn check(debounce: &str, steps: &[(u64, &str)], expected: &[&str]) {
    let mut stage = Stage::new(debounce);
    for (second, what) in steps {
        stage.step(*second, what);
    }
    assert_eq!(stage.told, expected, "{debounce} {steps:?}");
}

#[test]
fn e5_without_debounce_each_change_is_told_at_once_and_no_repetition() {
    check(
        "1/1",
        &[
            (1, "connected"),
            (1, "OK again"),
            (62, "ERROR X"),
            (64, "failed"),
            (65, "ERROR X again"),
            (124, "ERROR X,Y"),
            (124, "failed"),
            (180, "median"),
            (180, "OK"),
            (200, "HALTED"),
            (210, "WAITING"),
        ],
        &[
            "62 OK->ERROR X",
            "124 ERROR->ERROR X,Y",
            "180 ERROR->OK",
            "200 OK->HALTED",
            "210 HALTED->WAITING",
        ],
    );
    check("1/1", &[(1, "connected"), (1, "ERROR X again")], &["1 OK->ERROR X"]);
}

#[test]
fn e5_a_strategy_that_flaps_is_told_once_and_its_end_when_it_has_ended() {
    let flapping = [
        (60, "ERROR X"),
        (60, "failed"),
        (120, "OK"),
        (120, "median"),
        (180, "failed"),
        (180, "ERROR X"),
        (240, "median"),
        (240, "OK"),
        (300, "ERROR X"),
        (300, "failed"),
        (360, "OK"),
        (360, "median"),
        (420, "median"),
        (480, "median"),
        (540, "median"),
    ];
    check("2/3", &flapping, &["180 OK->ERROR X", "480 ERROR->OK"]);
}

#[test]
fn e5_another_one_who_fails_meanwhile_is_told_by_name_once() {
    check(
        "2/3",
        &[
            (60, "ERROR X"),
            (60, "failed"),
            (120, "failed"),
            (180, "ERROR X,Y"),
            (180, "failed"),
            (240, "ERROR Y"),
            (240, "failed"),
            (300, "ERROR X"),
            (310, "WAITING"),
            (320, "ERROR Y"),
            (330, "WAITING"),
        ],
        &["120 OK->ERROR X", "180 ERROR->ERROR X,Y", "310 ERROR->WAITING"],
    );
}

#[test]
fn e4_a_halt_and_its_end_are_told_at_once_whatever_the_rule() {
    check(
        "3/5",
        &[
            (5, "connected"),
            (5, "OK again"),
            (10, "HALTED"),
            (60, "failed"),
            (70, "WAITING"),
            (120, "median"),
            (120, "OK"),
        ],
        &["10 OK->HALTED", "70 HALTED->WAITING", "120 WAITING->OK"],
    );
}

#[test]
fn m5_a_trader_that_is_not_heard_is_told_once_with_why_and_when_it_is_back_with_its_state() {
    check(
        "1/1",
        &[
            (2, "connected"),
            (2, "OK again"),
            (30, "median"),
            (31, "gone connection refused"),
            (98, "look"),
            (99, "look"),
            (300, "look"),
            (400, "slept"),
            (400, "WAITING again"),
            (420, "median"),
            (420, "OK"),
        ],
        &["99 lost since 30: connection refused", "400 heard after 370", "420 WAITING->OK"],
    );
    let mut stage = Stage::new("1/1");
    stage.step(10, "look");
    stage.step(60, "slept");
    assert_eq!(stage.told, ["10 lost since 0: it has not answered yet", "60 heard after 60"]);
}

#[test]
fn m5_a_trader_that_was_ok_before_it_was_lost_is_told_to_be_ok_again() {
    check(
        "1/1",
        &[
            (1, "connected"),
            (1, "OK again"),
            (30, "median"),
            (99, "look"),
            // It is OK already when there is a link again, and what was missed is told first.
            (130, "slept"),
            (130, "median"),
            (130, "OK again"),
        ],
        &[
            "99 lost since 30: it is connected, and gives no verdicts; its last state was OK",
            "130 heard after 100",
            "130 WAITING->OK",
        ],
    );
}

#[test]
fn m5_a_trader_that_comes_and_goes_is_told_once() {
    let mut steps = vec![(10, "look")];
    for round in 0..20 {
        steps.extend([(60 + 200 * round, "slept"), (60 + 200 * round, "WAITING")]);
        steps.extend([(120 + 200 * round, "median"), (120 + 200 * round, "OK")]);
        steps.push((190 + 200 * round, "look"));
    }
    steps.extend([(5_000, "median"), (5_060, "median"), (5_120, "median"), (5_180, "median")]);
    check("2/3", &steps, &["10 lost since 0: it has not answered yet", "5120 heard after 5120"]);
}

#[test]
fn m5_a_trader_that_is_connected_and_mute_is_told_with_its_state() {
    let steps =
        [(1, "connected"), (1, "OK again"), (30, "median"), (35, "ERROR trader"), (99, "look")];
    let lost = "99 lost since 30: it is connected, and gives no verdicts; its last state was ERROR";
    check("1/1", &steps, &["35 OK->ERROR trader", lost]);
    check("2/3", &steps, &[lost]);
    let replay = [(1, "connected"), (2, "replayed"), (42, "look")];
    check("1/1", &replay, &["42 lost since 0: it is connected, and gives no verdicts"]);
}

#[test]
fn e4_a_halt_is_told_even_of_a_trader_that_is_just_coming_back() {
    check(
        "3/3",
        &[(10, "look"), (60, "failed"), (60, "HALTED"), (120, "failed"), (180, "failed")],
        &["10 lost since 0: it has not answered yet", "60 OK->HALTED", "180 heard after 180"],
    );
}

proptest! {
    /// Whoever flaps in whatever way: a failure is told at most once in N + K minutes, its end likewise.
    #[test]
    fn e5_nobody_is_paged_all_night(
        minutes in vec(any::<bool>(), 0..500),
        (missed, of) in (2_usize..8).prop_flat_map(|of| (1..=of, Just(of))),
    ) {
        let mut stage = Stage::new(&format!("{missed}/{of}"));
        for (place, good) in (1..).zip(&minutes) {
            let second = place * 60;
            stage.step(second, if *good { "OK" } else { "ERROR X" });
            stage.step(second, if *good { "median" } else { "failed" });
        }
        let most = 2 * (1 + minutes.len() / (missed + of));
        prop_assert!(stage.told.len() <= most, "{} of {most}: {:?}", stage.told.len(), stage.told);
        let words: Vec<_> = stage.told.iter().map(|told| &told[told.find(' ').unwrap()..]).collect();
        prop_assert!(words.windows(2).all(|two| two[0] != two[1]), "{words:?}");
    }
}
