//! What must happen when nothing is wrong, and does not.

use std::{rc::Rc, time::Duration};

use chassis::grid::Timestamp;

use super::{
    super::times::Times,
    story::{Row, Story},
};
use crate::record::{Call, Record, Refused, What};

/// A strategy is silent in minute 2 though nothing is wrong.
fn silent() -> Story {
    let mut story = Story::begun();
    story.good(1);
    story.until(2, 100);
    story
}

fn fail(story: &mut Story) {
    story.decide(2, &["a"]);
    story.until(2, 10_000);
    story.write(2, &Row::failed(&["a"], 2, &[("b", "silent")]));
}

#[test]
fn i18_a_minute_that_fails_for_nothing() {
    let mut story = silent();
    fail(&mut story);
    story.violates("i18_a_whole_minute_has_a_median");
}

#[test]
fn i18_a_minute_may_fail_for_a_reason() {
    let fault = What::Fault { id: 1, kind: "partition", detail: String::new() };
    for reason in [fault, What::Killed, What::Stepped { by_micros: 0 }] {
        let mut story = silent();
        story.see("b", reason);
        fail(&mut story);
        story.pass(100);
        story.goes_well();
    }
}

/// A generator whose clock was two minutes ahead for ten seconds.
#[test]
fn i18_a_clock_that_was_set_back_repeats_what_it_showed() {
    let [tick, minute] = [50, 60_000].map(Duration::from_millis);
    let mut times = Times::new("trader", tick);
    let mut see = |at: u64, wall: i64, what| {
        let (at, wall) = (Duration::from_secs(at), Timestamp::from_micros(wall * 1_000_000));
        times.see(&Record { at, wall, host: Rc::from("g"), what });
    };
    see(0, 0, What::Killed);
    see(10, 130, What::Stepped { by_micros: 120_000_000 });
    see(20, 20, What::Stepped { by_micros: -120_000_000 });
    let repeats = |host, at| times.repeats(host, Duration::from_secs(at), minute);
    assert!(repeats("g", 20) && repeats("g", 199));
    assert!(!repeats("g", 200) && !repeats("a", 20));
}

#[test]
fn i18_a_median_that_waits_for_nothing() {
    let mut story = Story::begun();
    story.good(1);
    story.until(2, 100);
    story.decide(2, &["a", "b"]);
    story.pass(9_000);
    story.write(2, &Row { closed: 9_100, ..Row::median(&["a", "b"], 2) });
    story.violates("i18_it_is_published_at_once");
}

/// The hold of `b` ends in minute 2, so long after its boundary; 9.1 s after it is the median of these.
fn ended(by: &str, after_millis: u64, decided: &[&'static str]) -> Story {
    let mut story = Story::begun();
    story.good(1);
    story.until(2, 100);
    story.decide(2, decided);
    let at = super::story::start(2).plus(Duration::from_millis(after_millis)).as_micros();
    story.until(2, after_millis);
    story.sql(&format!(
        "UPDATE registrations SET ended_at = {at}, ended_by = '{by}' WHERE epoch = 2"
    ));
    if by == "takeover" {
        story.hold(3, "b", "b-2", 1);
        story.sql("UPDATE registrations SET taken_over = 1 WHERE epoch = 3");
    }
    story.until(2, 9_100);
    story.write(2, &Row { closed: 9_100, ..Row::median(decided, 2) });
    story
}

#[test]
fn i18_a_median_may_wait_until_who_has_no_decision_leaves() {
    ended("itself", 9_100, &["a"]).goes_well();
    ended("itself", 2_000, &["a"]).violates("i18_it_is_published_at_once");
    ended("takeover", 9_100, &["a", "b"]).violates("i18_it_is_published_at_once");
}

#[test]
fn i18_a_median_that_is_not_to_be_had() {
    let mut story = Story::begun();
    (1..5).for_each(|n| story.good(n));
    story.until(4, 30_000);
    let refused = Refused {
        code: tonic::Code::FailedPrecondition,
        reason: Some("no-median".to_owned()),
        message: String::new(),
    };
    story.see("reader", What::Median(Err(refused)));
    story.violates("i18_a_published_median_is_there_to_be_read");
}

#[test]
fn i20_a_warning_about_nothing() {
    let mut story = Story::begun();
    (1..5).for_each(|n| story.good(n));
    let (level, message) = (tracing::Level::WARN, "beware".to_owned());
    story.see("a", What::Line { level, message, fields: [].into() });
    story.violates("i20_nobody_warns_when_all_is_well");
}

#[test]
fn i21_a_process_that_lost_its_name_and_runs_on() {
    let mut story = Story::begun();
    story.good(1);
    story.see("operator", What::Asked { id: 1, call: Call::Deregister { name: "b".to_owned() } });
    let at = super::story::start(2).as_micros() - 20_000_000;
    story.sql(&format!(
        "UPDATE registrations SET ended_at = {at}, ended_by = 'operator' WHERE epoch = 2"
    ));
    for n in 2..4 {
        story.until(n, 100);
        let n = i64::try_from(n).unwrap();
        story.decide(n, &["a"]);
        story.pass(100);
        story.write(n, &Row::median(&["a"], n));
    }
    story.violates("i21_a_fenced_process_stops");
}

#[test]
fn i23_a_host_that_dials_and_dials() {
    let mut story = Story::begun();
    for _ in 0..151 {
        story.see("a", What::Dialled { to: "trader".to_owned() });
    }
    story.violates("i23_no_more_dials_than_the_back_off_allows");
}
