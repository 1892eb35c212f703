//! Decisions, medians and states.

use std::sync::Arc;

use proptest::prelude::*;
use trader::engine::verdict::{CauseCode, State};

use super::{minute, silence, study};
use crate::{
    course::Course,
    run::{Run, run},
    study::{Signals, Silence, Study},
};

fn medians(course: &Course) -> Vec<Option<f64>> {
    course.medians.iter().collect()
}

/// The states and when they began, as minutes of the year and what is wrong.
fn changes(course: &Course) -> Vec<(f64, State, Vec<String>)> {
    let of = |change: &crate::course::Change| {
        let seconds = change.at.since(minute(0).start()).as_secs_f64();
        (seconds / 60.0, change.to, change.causes.iter().map(ToString::to_string).collect())
    };
    course.changes.iter().map(of).collect()
}

/// The same, with every submission by itself.
fn step_by_step(study: Study) -> Course {
    let mut run = Run::with_records(study).unwrap();
    while run.minute() {}
    run.end()
}

#[test]
fn m2_each_minute_has_the_median_of_what_its_bars_come_to() {
    let closes: Vec<_> = (0..50).map(|n| Some(100.0 + f64::from(n * 7 % 13))).collect();
    let mut whole = Run::new(study(&closes, &["close", "open", "close * 2"])).unwrap();
    for left in (0..50).rev() {
        assert!(whole.minute());
        assert_eq!(whole.left(), left);
    }
    assert!(!whole.minute());
    let course = whole.end();
    assert_eq!(course.first, minute(1));
    let expected: Vec<_> = (0..50)
        .map(|n: usize| {
            let open = closes[n.saturating_sub(1)].unwrap();
            let close = closes[n].unwrap();
            // Of the three, twice the close is the largest.
            Some(open.max(close))
        })
        .collect();
    assert_eq!(medians(&course), expected);
    assert_eq!(changes(&course).len(), 1);
    assert_eq!(course.changes[0].to, State::Ok);
}

#[test]
fn e1_a_missing_bar_and_a_silence_cost_their_minutes_and_no_more() {
    let mut closes: Vec<_> = (0..20).map(|n| Some(100.0 + f64::from(n))).collect();
    closes[5] = None;
    let mut study = study(&closes, &["close", "close", "close"]);
    study.silences.push(silence(10..12));
    let course = run(study).unwrap();
    let none: Vec<usize> =
        (0..20).filter(|n| course.medians.get(*n).is_none()).map(|n| n + 1).collect();
    assert_eq!(none, [6, 10, 11]);
    let shortfalls: Vec<_> = course.shortfalls.iter().map(|(code, n)| (*code, *n)).collect();
    assert_eq!(shortfalls, [(CauseCode::Silent, 2), (CauseCode::Abstained, 1)]);
    let changes = changes(&course);
    let states: Vec<_> = changes.iter().map(|(at, state, _)| (*at, *state)).collect();
    let grace = 10.0 / 60.0;
    assert_eq!(
        states,
        [
            (1.0, State::Ok),
            (6.0, State::Error),
            // The causes that came with it are told a second later.
            (6.0 + 1.0 / 60.0, State::Error),
            (7.0, State::Ok),
            (10.0 + grace, State::Error),
            (12.0, State::Ok)
        ]
    );
    assert_eq!(
        changes[1].2[0],
        "s0 abstained since 2022-01-01T00:06:00Z, last seen 2022-01-01T00:06:00Z: \
         generator g0: no bar for 2022-01-01T00:05:00Z"
    );
    assert_eq!(
        changes[4].2,
        ["s1 silent since 2022-01-01T00:10:00Z, last seen 2022-01-01T00:09:00Z: \
          connected, but no submission for 2022-01-01T00:10:00Z"]
    );
    assert_eq!(course.strategies[0].decisions.get(9), Some(109.0));
    assert_eq!(course.strategies[1].decisions.get(9), None);
}

#[test]
fn a_minute_with_causes_of_several_codes_counts_for_each_of_them_once() {
    let closes = [Some(1.0), Some(2.0), Some(2.0), None, Some(3.0), Some(3.0)];
    let mut study = study(&closes, &["close", "close", "close"]);
    study.silences.push(silence(4..5));
    let course = run(study).unwrap();
    assert_eq!(course.medians.get(3), None);
    assert_eq!(course.medians.iter().flatten().count(), course.medians.len() - 1);
    let shortfalls: Vec<_> = course.shortfalls.iter().map(|(code, n)| (*code, *n)).collect();
    assert_eq!(shortfalls, [(CauseCode::Silent, 1), (CauseCode::Abstained, 1)]);
}

#[test]
fn what_was_given_live_is_decided_from_and_what_was_not_is_a_cause() {
    let mut study = study(&[Some(1.0); 4], &["close", "close"]);
    let given = [(minute(1), Ok(7.0)), (minute(2), Err("no bar".into())), (minute(4), Ok(9.0))];
    study.generators[1].signals = Signals::Recorded(Arc::new(given.into()));
    let course = run(study).unwrap();
    let decided: Vec<_> = course.strategies[1].decisions.iter().collect();
    assert_eq!(decided, [Some(7.0), None, None, Some(9.0)]);
    let causes = changes(&course).into_iter().flat_map(|(_, _, causes)| causes);
    let why: Vec<_> =
        causes.filter_map(|cause| Some(cause.split_once(": ")?.1.to_owned())).collect();
    assert_eq!(why, ["generator g1: no bar"]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let closes = [Some(1.0), Some(2.0)];
    let refused = |change: &dyn Fn(&mut Study)| {
        let mut study = study(&closes, &["close", "close"]);
        change(&mut study);
        run(study).unwrap_err().to_string()
    };
    assert_eq!(refused(&|study| study.strategies.clear()), "it has no strategies");
    assert_eq!(refused(&|study| study.histories.clear()), "it has no data");
    let other = refused(&|study| {
        study.silences.push(Silence { strategy: super::name("nobody"), ..silence(0..1) });
    });
    assert_eq!(other, "there is no strategy `nobody` to be silent");
    let twice = refused(&|study| study.generators[1].name = super::name("g0"));
    assert_eq!(twice, "there are two generators with the name `g0`");
    let hours = chassis::grid::Timing::new("1h".parse().unwrap(), None, None).unwrap();
    assert_eq!(
        refused(&|study| study.timing = hours),
        "bars are 1m long, minutes 1h: a backtest has a bar for each minute"
    );
    let wrong = refused(&|study| {
        study.generators[0].signals =
            Signals::Of { history: 0, signal: "sma(close)".parse().unwrap() };
    });
    assert_eq!(wrong, "generator `g0`: `sma(x, n)` was given 1 arguments");
    let apart = refused(&|study| {
        study.histories.push(super::from(9, &closes).into());
    });
    assert_eq!(
        apart,
        "the data of its generators have no minute in common: \
         they begin with 2022-01-01T00:09:00Z and end with 2022-01-01T00:01:00Z"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Minutes that are taken in one step come to what they come to step by step.
    #[test]
    fn at_once_is_the_same_as_step_by_step(
        closes in prop::collection::vec(prop::option::weighted(0.9, 1.0..2.0_f64), 5..60),
        silent in prop::collection::vec((0..60_usize, 0..4_usize), 0..4),
    ) {
        let mut closes = closes;
        (closes[0], closes[1]) = (Some(1.0), Some(1.5));
        let same = || {
            let mut study = study(&closes, &["close", "sma(close, 2)", "open - close"]);
            study.silences = silent.iter().map(|(from, long)| silence(*from..from + long)).collect();
            study
        };
        prop_assert_eq!(run(same()).unwrap(), step_by_step(same()));
    }
}
