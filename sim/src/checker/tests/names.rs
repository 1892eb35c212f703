//! Registrations, deregistrations and halts that are not as they were told.

use super::story::{Row, Story};
use crate::record::{Answer, Call, What};

fn ask(story: &mut Story, id: u64, call: Call, answer: Answer) {
    story.see("operator", What::Asked { id, call });
    story.pass(100);
    story.see("operator", What::Answered { id, outcome: Ok(answer) });
}

fn deregister(name: &str) -> Call {
    Call::Deregister { name: name.to_owned() }
}

fn end(story: &mut Story, epoch: u64, by: &str) {
    let at = super::story::start(1).as_micros() + 30_000_000;
    story.sql(&format!(
        "UPDATE registrations SET ended_at = {at}, ended_by = '{by}' WHERE epoch = {epoch}"
    ));
}

#[test]
fn i3_an_acknowledged_registration_that_is_not_on_disk() {
    let mut story = Story::begun();
    story.told("a", "3");
    story.violates("i3_what_was_acknowledged_is_on_disk");
}

#[test]
fn i3_a_registration_that_a_restart_forgets() {
    let mut story = Story::begun();
    story.see("trader", What::Killed);
    story.sql("DELETE FROM registrations WHERE epoch = 2");
    story.violates("i12_what_is_written_stays");
}

#[test]
fn i6_an_epoch_that_comes_again() {
    let mut story = Story::begun();
    story.sql("UPDATE registrations SET instance = 'b-2' WHERE epoch = 2");
    story.violates("i6_an_epoch_is_given_out_once");

    let mut story = Story::begun();
    story.sql("UPDATE registrations SET epoch = 4 WHERE epoch = 2");
    story.violates("i12_what_is_written_stays");

    let mut story = Story::begun();
    story.hold(9, "c", "c-1", 1);
    story.pass(100);
    story.hold(8, "d", "d-1", 1);
    story.violates("i6_epochs_strictly_increase");
}

#[test]
fn i6_two_holds_on_one_name() {
    let mut story = Story::begun();
    story.sql("DROP INDEX registrations_in_force");
    story.hold(3, "a", "a-2", 1);
    story.violates("i6_one_living_epoch_a_name");
}

#[test]
fn i6_a_process_that_lost_its_name_and_has_it_again() {
    let mut story = Story::begun();
    story.good(1);
    let call = deregister("a");
    story.see("operator", What::Asked { id: 1, call });
    end(&mut story, 1, "operator");
    story.pass(1_000);
    story.hold(3, "a", "a-1", 2);
    story.violates("i6_an_instance_holds_a_name_once");
}

#[test]
fn i6_a_takeover_of_a_living_name() {
    let mut story = Story::begun();
    story.line("trader", "registered a", &[("epoch", "3"), ("taken_over", "true")]);
    story.violates("i6_nobody_takes_a_living_name");
}

#[test]
fn i6_a_zombie_that_is_heard() {
    let mut story = Story::begun();
    let submission = proto::v1::SubmitRequest {
        name: "a".to_owned(),
        instance: "a-0".to_owned(),
        epoch: 1,
        ..Default::default()
    };
    let call = Call::Submit(Box::new(submission));
    ask(&mut story, 1, call, Answer::Received { duplicate: false });
    story.violates("i6_fenced_processes_are_not_heard");
}

#[test]
fn i6_a_stranger_that_deregisters() {
    let mut story = Story::begun();
    let call = Call::Leave { name: "c".to_owned(), instance: "c-1".to_owned(), epoch: 1 };
    ask(&mut story, 1, call, Answer::Done);
    story.violates("i6_only_the_holder_leaves");
}

#[test]
fn i10_a_deregistration_that_nobody_asked_for() {
    let mut story = Story::begun();
    end(&mut story, 1, "operator");
    story.violates("i10_holds_end_only_when_they_may");
}

#[test]
fn i10_a_deregistration_that_is_answered_and_not_on_disk() {
    let mut story = Story::begun();
    ask(&mut story, 1, deregister("a"), Answer::Done);
    story.violates("i10_an_answered_deregistration_is_on_disk");
}

#[test]
fn i10_a_new_name_that_is_due_at_once() {
    let mut story = Story::begun();
    story.good(1);
    story.hold(3, "c", "c-1", 1);
    story.violates("i10_first_minutes_are_to_come");
}

fn halted() -> Story {
    let mut story = Story::begun();
    story.until(0, 30_000);
    let at = super::story::start(0).as_micros() + 30_000_000;
    story.sql(&format!("INSERT INTO halts VALUES (1, 'halt', 'why', 'who', {at}, 0)"));
    ask(&mut story, 1, Call::Halt, Answer::Halted { durable: true });
    story.pass(100);
    story
}

#[test]
fn i11_a_median_after_a_halt() {
    let mut story = halted();
    story.good(1);
    story.violates("i11_no_median_after_halt");

    let mut story = halted();
    story.see("trader", What::Killed);
    story.see("trader", What::Started { incarnation: 1, part: "trader".to_owned() });
    story.line("trader", "median: 0.5", &[]);
    story.violates("i11_no_median_after_halt");
}

#[test]
fn i11_a_halt_that_is_not_on_disk() {
    let mut story = Story::begun();
    ask(&mut story, 1, Call::Halt, Answer::Halted { durable: true });
    story.violates("i11_a_durable_halt_is_on_disk");
}

#[test]
fn e4_a_minute_of_a_halt_that_does_not_end_halted() {
    let mut story = halted();
    story.until(1, 10_000);
    story.write(1, &Row::failed(&[], 1, &[("a", "silent"), ("b", "silent")]));
    story.violates("e4_a_minute_of_a_halt_ends_halted");

    let mut story = Story::begun();
    story.until(1, 10_000);
    let halted = Row { kind: "halted", state: "HALTED", ..Row::failed(&[], 1, &[]) };
    story.write(1, &halted);
    story.violates("e4_a_minute_of_a_halt_ends_halted");
}

#[test]
fn e4_a_minute_that_was_halted_before_the_clock_was_set_back() {
    let mut story = Story::begun();
    story.trouble();
    story.until(1, 500);
    let order = |action: &str, seconds: i64| {
        let at = super::story::start(1).as_micros() + seconds * 1_000_000;
        format!("INSERT INTO halts VALUES (NULL, '{action}', 'why', 'who', {at}, 0)")
    };
    story.sql(&order("halt", 0));
    story.pass(500);
    story.trader_offset = -40_000_000;
    story.see("trader", What::Stepped { by_micros: -40_000_000 });
    story.pass(1_000);
    story.sql(&order("resume", -38));
    story.until(1, 40_100);
    story.decide(1, &["a", "b"]);
    // The row's stamps are of the trader's clock, which shows minute 1 a second time.
    story.trader_offset = 0;
    let row = Row::median(&["a", "b"], 1);
    story.write(1, &Row { kind: "halted", state: "WAITING", values: None, ..row });
    story.pass(100);
    story.goes_well();
}

#[test]
fn s4_a_process_that_ends_by_itself() {
    for (host, code) in [("trader", 1), ("g", 1), ("a", 1), ("a", 6)] {
        let mut story = Story::begun();
        story.see(host, What::Exited { code, why: "tired".to_owned() });
        story.violates("s4_nothing_ends_by_itself");
    }
}

#[test]
fn i6_a_former_holder_that_comes_in() {
    let mut story = Story::begun();
    let (name, instance, journal) = ("b".to_owned(), "b-1".to_owned(), "j".to_owned());
    let call = Call::Register { name, instance, journal, epoch: 1 };
    let (journal, first_minute) = ("j".to_owned(), super::story::minute(1));
    let answer = Answer::Registered { journal, epoch: 2, taken_over: false, first_minute };
    ask(&mut story, 1, call, answer);
    story.violates("i6_fenced_processes_stay_out");
}

#[test]
fn i10_a_takeover_that_changes_the_first_minute() {
    let mut story = Story::begun();
    end(&mut story, 1, "takeover");
    story.hold(3, "a", "a-2", 2);
    story.sql("UPDATE registrations SET taken_over = 1 WHERE epoch = 3");
    story.violates("i10_a_takeover_changes_no_minute");
}

#[test]
fn i11_a_resume_that_is_not_on_disk() {
    let mut story = Story::begun();
    ask(&mut story, 1, Call::Resume, Answer::Done);
    story.violates("i11_a_resume_is_on_disk");
}
