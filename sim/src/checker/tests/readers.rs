//! What readers must not see.

use chassis::wire;
use proto::v1::{
    Cause, GetMedianResponse, GetStatusResponse, State, StateChange, StrategyStatus, Verdict,
    VerdictKind, WatchResponse, watch_response::Event,
};

use super::story::{Row, Story, start};
use crate::record::What;

/// The median of minute `n` as it is shown.
fn shown(n: i64) -> Verdict {
    let [median, lowest, highest] = Row::median(&["a", "b"], n).values.unwrap();
    Verdict {
        minute: Some(wire::timestamp(start(n))),
        last_minute: Some(wire::timestamp(start(n))),
        kind: VerdictKind::Median.into(),
        median: Some(median),
        count: 2,
        lowest: Some(lowest),
        highest: Some(highest),
        state: State::Ok.into(),
        closed_at: Some(wire::timestamp(start(n).plus(std::time::Duration::from_millis(100)))),
        valid_until: Some(wire::timestamp(start(n).plus(std::time::Duration::from_secs(70)))),
        ..Verdict::default()
    }
}

fn watched(event: Event) -> What {
    What::Watched(Box::new(WatchResponse { event: Some(event), ..WatchResponse::default() }))
}

/// The median of minute `n`, said at so many seconds after the start of minute 0.
fn current(n: i64, seconds: u64) -> What {
    let Verdict { minute, valid_until, .. } = shown(n);
    let [median, lowest, highest] = Row::median(&["a", "b"], n).values.unwrap();
    let trader_time = start(0).plus(std::time::Duration::from_secs(seconds));
    What::Median(Ok(GetMedianResponse {
        minute,
        median,
        count: 2,
        lowest,
        highest,
        state: State::Ok.into(),
        trader_time: Some(wire::timestamp(trader_time)),
        valid_until,
    }))
}

/// The status after minute `n`, said at so many seconds after the start of minute 0.
fn status(state: State, n: i64, seconds: u64) -> GetStatusResponse {
    let listed = |(name, epoch): (&str, u64)| StrategyStatus {
        name: name.to_owned(),
        registered: true,
        epoch,
        ..StrategyStatus::default()
    };
    let causes = if state == State::Error { vec![Cause::default()] } else { Vec::new() };
    GetStatusResponse {
        state: state.into(),
        causes,
        last_verdict: Some(shown(n)),
        current_minute: Some(wire::timestamp(start(n + 1))),
        trader_time: Some(wire::timestamp(start(0).plus(std::time::Duration::from_secs(seconds)))),
        started_at: Some(wire::timestamp(start(0))),
        strategies: [("a", 1), ("b", 2)].map(listed).to_vec(),
        ..GetStatusResponse::default()
    }
}

/// Two good minutes have passed.
fn two_minutes() -> Story {
    let mut story = Story::begun();
    story.good(1);
    story.good(2);
    story.until(2, 10_000);
    story
}

#[test]
fn readers_see_what_is_there() {
    let mut story = two_minutes();
    story.see("reader", What::Watching { after: None });
    story.see("reader", watched(Event::Verdict(shown(1))));
    story.see("reader", watched(Event::Verdict(shown(2))));
    story.see("reader", current(2, 130));
    story.see("reader", What::Status(Box::new(status(State::Ok, 2, 130))));
    story.see("reader", What::Health(true));
    story.pass(100);
    story.goes_well();
}

#[test]
fn i12_a_verdict_that_is_not_on_disk() {
    let mut story = two_minutes();
    story.see("reader", watched(Event::Verdict(Verdict { median: Some(0.5), ..shown(1) })));
    story.violates("i12_what_is_shown_is_on_disk");

    let mut story = two_minutes();
    story.see("reader", current(3, 130));
    story.violates("i12_what_is_shown_is_on_disk");
}

#[test]
fn i16_a_watch_that_skips_or_repeats() {
    for minutes in [[1, 3], [1, 1]] {
        let mut story = two_minutes();
        story.good(3);
        for n in minutes {
            story.see("reader", watched(Event::Verdict(shown(n))));
        }
        story.violates("i16_every_verdict_once_in_order");
    }
}

#[test]
fn i16_a_reader_that_goes_back() {
    let mut story = two_minutes();
    story.see("reader", What::Status(Box::new(status(State::Ok, 2, 130))));
    story.see("reader", What::Status(Box::new(status(State::Waiting, 1, 130))));
    story.violates("i16_the_last_verdict_never_goes_back");
}

#[test]
fn m6_changes_of_state_that_do_not_follow() {
    let mut story = two_minutes();
    let change = |from: State, to: State| {
        let change = StateChange { from: from.into(), to: to.into(), ..StateChange::default() };
        watched(Event::StateChange(change))
    };
    story.see("reader", change(State::Ok, State::Ok));
    story.see("reader", change(State::Waiting, State::Ok));
    story.violates("m6_changes_follow_each_other");
}

#[test]
fn i8_a_median_in_error() {
    let failed = || {
        let mut story = two_minutes();
        story.trouble();
        story.until(3, 10_000);
        story.write(3, &Row::failed(&[], 3, &[("a", "silent"), ("b", "silent")]));
        story.pass(5_000);
        story
    };
    let mut story = failed();
    story.see("reader", What::Health(false));
    story.pass(100);
    story.goes_well();

    let mut story = failed();
    story.see("reader", current(2, 194));
    story.violates("e2_a_current_median_is_valid");

    let mut story = failed();
    story.see("reader", What::Status(Box::new(status(State::Ok, 2, 194))));
    story.violates("e2_no_median_outlasts_its_time");

    let mut story = two_minutes();
    let groundless = GetStatusResponse { causes: Vec::new(), ..status(State::Error, 2, 130) };
    story.see("reader", What::Status(Box::new(groundless)));
    story.violates("i8_a_state_agrees_with_the_journal");

    let mut story = two_minutes();
    story.line("trader", "state ERROR (was OK): a abstained", &[]);
    story.pass(1_000);
    story.see("reader", current(2, 131));
    story.violates("i8_no_median_in_error");
}

/// Everybody had decided in minute 3, the disk kept the median waiting, and it was undone by a halt 8 s
/// after the boundary. Somebody read the median before it at `seconds` after the start of minute 0.
fn undone_by_a_halt(seconds: u64) -> Story {
    let mut story = two_minutes();
    story.trouble();
    story.until(3, 100);
    story.decide(3, &["a", "b"]);
    story.until(0, seconds * 1_000);
    story.see("reader", current(2, seconds));
    story.until(3, 9_900);
    let at = start(3).as_micros() + 8_000_000;
    story.sql(&format!("INSERT INTO halts VALUES (1, 'halt', 'why', 'who', {at}, 0)"));
    let (kind, state) = ("halted", "HALTED");
    story.write(3, &Row { kind, state, values: None, closed: 200, ..Row::median(&["a", "b"], 3) });
    story.pass(200);
    story
}

#[test]
fn i8_the_median_before_one_that_waited_for_the_disk() {
    undone_by_a_halt(187).goes_well();
    undone_by_a_halt(189).violates("i8_no_median_in_error");
}

/// The same, undone by the disk.
#[test]
fn i8_the_median_before_one_that_could_not_be_written() {
    let mut story = two_minutes();
    story.see("world", What::Fault { id: 99, kind: "slow disk", detail: String::new() });
    story.until(3, 100);
    story.decide(3, &["a", "b"]);
    story.until(3, 8_000);
    story.see("reader", current(2, 188));
    story.until(3, 10_900);
    let row = Row::median(&["a", "b"], 3);
    let (kind, state, causes) = ("failed", "ERROR", vec![("", "journal")]);
    story.write(3, &Row { kind, state, causes, values: None, closed: 200, ..row });
    story.pass(200);
    story.goes_well();
}

#[test]
fn i8_a_median_after_the_next_one() {
    let mut story = two_minutes();
    story.see("reader", current(1, 129));
    story.violates("i8_only_the_last_median_is_current");
}

#[test]
fn i22_health_that_does_not_tell() {
    let mut story = two_minutes();
    story.trouble();
    story.until(3, 10_000);
    story.write(3, &Row::failed(&[], 3, &[("a", "silent"), ("b", "silent")]));
    story.pass(6_000);
    story.see("reader", What::Health(true));
    story.violates("i22_health_tells_of_errors");
}

#[test]
fn i3_a_name_that_is_not_listed() {
    let mut story = two_minutes();
    let mut status = status(State::Ok, 2, 130);
    status.strategies.pop();
    story.see("reader", What::Status(Box::new(status)));
    story.violates("i3_everyone_registered_is_listed");
}

#[test]
fn i6_a_failed_minute_that_leaves_no_error() {
    let mut story = two_minutes();
    story.trouble();
    story.until(3, 10_000);
    let causes = ["a", "b"].map(|name| Cause { subject: name.to_owned(), ..Cause::default() });
    story.write(3, &Row::failed(&[], 3, &[("a", "silent"), ("b", "silent")]));
    story.pass(1_000);
    let failed = Verdict {
        kind: VerdictKind::Failed.into(),
        median: None,
        lowest: None,
        highest: None,
        count: 0,
        closed_at: Some(wire::timestamp(start(3).plus(std::time::Duration::from_secs(10)))),
        causes: causes.to_vec(),
        ..shown(3)
    };
    let last_verdict = Some(failed);
    let waiting = GetStatusResponse { last_verdict, ..status(State::Waiting, 3, 191) };
    story.see("reader", What::Status(Box::new(waiting)));
    story.violates("i6_error_after_a_failed_minute");
}

#[test]
fn i9_an_error_without_a_cause() {
    let mut story = two_minutes();
    let (from, to) = (State::Ok.into(), State::Error.into());
    let change = StateChange { from, to, ..StateChange::default() };
    story.see("reader", watched(Event::StateChange(change)));
    story.violates("i9_no_error_without_a_cause");
}

#[test]
fn i16_a_median_of_before() {
    let mut story = two_minutes();
    story.see("reader", current(2, 130));
    story.see("reader", current(1, 129));
    story.violates("i16_medians_never_go_back");
}

#[test]
fn i16_a_closed_minute_that_is_called_open() {
    let mut story = two_minutes();
    let current_minute = Some(wire::timestamp(start(2)));
    let status = GetStatusResponse { current_minute, ..status(State::Ok, 2, 130) };
    story.see("reader", What::Status(Box::new(status)));
    story.violates("i16_the_current_minute_is_open");
}

#[test]
fn t5_a_clock_behind_the_record() {
    let mut story = two_minutes();
    story.see("reader", What::Status(Box::new(status(State::Ok, 2, 110))));
    story.violates("t5_a_clock_behind_the_record_is_an_error");
}
