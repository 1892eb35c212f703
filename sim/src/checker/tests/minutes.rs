//! Verdicts that are wrong, and what stands behind them.

use super::story::{Row, Said, Story, decision, minute, signal, start};
use crate::record::What;

/// Minute 1 with this verdict, when both have decided.
fn minute_1(row: &Row) -> Story {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a", "b"]);
    story.pass(100);
    story.until(1, u64::try_from(row.closed).unwrap());
    story.write(1, row);
    story.pass(100);
    story
}

#[test]
fn a_minute_as_it_should_be() {
    let mut story = Story::begun();
    (1..4).for_each(|n| story.good(n));
    story.goes_well();
}

#[test]
fn i1_a_median_of_what_arrived() {
    minute_1(&Row::median(&["a"], 1)).violates("i1_a_median_of_all_who_are_due");
}

#[test]
fn i2_a_median_that_is_not_the_middle() {
    let mut row = Row::median(&["a", "b"], 1);
    row.values = row.values.map(|[_, low, high]| [low, low, high]);
    minute_1(&row).violates("i2_the_median_of_their_decisions");
}

#[test]
fn i4_a_gap_or_a_second_verdict() {
    let mut story = Story::begun();
    story.good(1);
    story.until(3, 100);
    story.violates("i4_no_minute_is_overdue");

    let mut story = Story::begun();
    story.good(1);
    story.until(2, 200);
    story.write(3, &Row::median(&["a", "b"], 3));
    story.violates("i4_one_verdict_each_in_order_without_gaps");
}

#[test]
fn i4_a_trader_that_stops_judges_nothing_more() {
    let stopping = || {
        let mut story = Story::begun();
        story.good(1);
        story.until(2, 9_000);
        let (kind, detail) = ("stop", "trader".to_owned());
        story.see("world", What::Fault { id: 99, kind, detail });
        story.until(2, 15_000);
        story
    };
    stopping().goes_well();
    let mut story = stopping();
    story.pass(2_000);
    story.violates("i4_no_minute_is_overdue");
}

#[test]
fn i4_a_verdict_out_of_its_time() {
    let early = Row { closed: -50, ..Row::median(&["a", "b"], 1) };
    let mut story = Story::begun();
    story.until(0, 59_900);
    story.decide(1, &["a", "b"]);
    story.pass(50);
    story.write(1, &early);
    story.violates("i4_closed_in_its_time");

    let asleep = Row { closed: 15_050, ..Row::median(&["a", "b"], 1) };
    minute_1(&asleep).violates("i4_no_minute_is_overdue");

    let wrong = Row { state: "ERROR", ..Row::median(&["a", "b"], 1) };
    minute_1(&wrong).violates("i4_a_verdict_agrees_with_itself");
    for state in ["OK", "IDLE"] {
        let wrong = Row { kind: "halted", state, ..Row::failed(&["a", "b"], 1, &[]) };
        minute_1(&wrong).violates("i4_a_verdict_agrees_with_itself");
    }
}

#[test]
fn e1_a_minute_that_fails_late() {
    let mut story = Story::begun();
    story.trouble();
    story.until(1, 11_000);
    let late = Row::failed(&[], 1, &[("a", "silent"), ("b", "silent")]);
    story.write(1, &Row { closed: 11_000, ..late });
    story.violates("e1_closed_by_the_end_of_the_grace");
}

#[test]
fn i5_a_submission_for_a_closed_minute() {
    let mut story = Story::begun();
    story.good(1);
    story.heard("a", 1);
    story.violates("i5_nothing_for_a_closed_minute");
}

#[test]
fn i5_a_submission_from_the_future() {
    let mut story = Story::begun();
    story.until(0, 58_000);
    story.heard("a", 1);
    story.violates("i5_nothing_beyond_the_skew");
}

#[test]
fn i6_a_submission_of_another_epoch() {
    let mut row = Row::median(&["a", "b"], 1);
    row.said[1] = Said { epoch: 1, ..row.said[1].clone() };
    minute_1(&row).violates("i6_of_the_epoch_then_in_force");
}

#[test]
fn i7_two_submissions_of_one_strategy() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a"]);
    story.heard("a", 1);
    story.violates("i7_one_accepted_each");
}

#[test]
fn i7_what_was_accepted_is_not_what_counts() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a", "b"]);
    story.until(1, 10_000);
    story.write(1, &Row::failed(&["a"], 1, &[("b", "silent")]));
    story.violates("i7_what_was_accepted_counts");
}

#[test]
fn i9_causes_that_name_too_many_or_too_few() {
    let failed = |causes: &[(&'static str, &'static str)]| {
        let mut story = Story::begun();
        story.trouble();
        story.until(1, 100);
        story.decide(1, &["a"]);
        story.until(1, 10_000);
        story.write(1, &Row::failed(&["a"], 1, causes));
        story
    };
    let mut well = failed(&[("b", "silent")]);
    well.pass(100);
    well.goes_well();
    failed(&[("", "journal")]).violates("i9_causes_name_exactly_those");
    failed(&[("a", "silent"), ("b", "silent")]).violates("i9_causes_name_exactly_those");
    failed(&[("b", "abstained")]).violates("i9_codes_say_what_happened");
    failed(&[("b", "silent"), ("", "too-few")]).violates("r7_too_few_are_named");
    failed(&[("b", "silent"), ("", "journal")])
        .violates("j6_the_journal_is_blamed_only_if_it_is_slow");
}

#[test]
fn i9_a_minute_that_fails_before_its_time_is_up() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a"]);
    story.pass(900);
    story.write(1, &Row { closed: 1_000, ..Row::failed(&["a"], 1, &[("b", "silent")]) });
    story.violates("i9_nobody_is_named_before_the_time_is_up");
}

#[test]
fn i9_nobody_while_somebody_is_due() {
    let nobody = Row { kind: "no strategies", state: "IDLE", ..Row::failed(&[], 1, &[]) };
    minute_1(&nobody).violates("i9_nobody_was_due");
}

#[test]
fn i12_what_was_written_is_gone_after_a_restart() {
    let mut story = Story::begun();
    story.good(1);
    story.see("trader", What::Killed);
    story.sql("DELETE FROM verdicts");
    story.violates("i12_what_is_written_stays");
}

#[test]
fn i13_a_decision_that_nobody_made() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a"]);
    story.heard("b", 1);
    story.pass(100);
    story.write(1, &Row::median(&["a", "b"], 1));
    story.violates("i13_decided_by_that_strategy");
}

#[test]
fn i13_a_decision_from_another_minute() {
    let mut story = Story::begun();
    story.until(1, 100);
    let (strategy, signals) = ("a".to_owned(), vec![("g".to_owned(), 0.5)]);
    let decision = decision("a", 1);
    story.see("a", What::Decided { strategy, minute: minute(1), signals, decision });
    story.violates("i13_from_signals_of_its_generators");
}

#[test]
fn i13_a_process_that_decides_twice() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a"]);
    story.decide(1, &["a"]);
    story.violates("i13_one_value_each");
}

#[test]
fn i5_a_submission_stamped_before_its_minute() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a", "b"]);
    story.write(1, &Row::median(&["a", "b"], 1));
    story.sql("UPDATE submissions SET decided_at = minute - 1 WHERE strategy = 'a'");
    story.violates("i5_stamped_in_the_minute");
}

#[test]
fn i7_a_value_that_was_not_the_one_accepted() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["b"]);
    story.line("trader", "a submitted 0.5", &[("minute", &start(1).to_string())]);
    story.write(1, &Row::median(&["a", "b"], 1));
    story.violates("i7_what_was_accepted_is_what_counts");
}

#[test]
fn i13_a_decision_that_its_signals_do_not_give() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &[]);
    let (strategy, signals) = ("a".to_owned(), vec![("g".to_owned(), signal(1))]);
    story.see("a", What::Decided { strategy, minute: minute(1), signals, decision: 0.5 });
    story.violates("i13_a_decision_is_a_function_of_its_signals");
}

#[test]
fn g5_a_generator_that_is_named_for_nothing() {
    let mut story = Story::begun();
    story.until(1, 100);
    story.decide(1, &["a", "b"]);
    story.write(1, &Row::median(&["a", "b"], 1));
    story.sql("UPDATE verdicts SET disagreeing = 'g'");
    story.violates("g5_who_disagrees_is_named");
}

#[test]
fn r7_a_median_without_a_name_that_is_expected() {
    let mut story = Story::expecting(&["a", "c"]);
    story.good(1);
    story.violates("r7_no_median_of_too_few");
}

#[test]
fn j2_a_journal_that_cannot_be_read() {
    let mut story = Story::begun();
    story.see("trader", What::Killed);
    story.sql("DROP TABLE meta");
    story.violates("j2_the_journal_is_readable");
}
