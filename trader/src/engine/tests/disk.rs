//! J: what is on disk, what is not, and a disk that fails or hangs.

use super::script::{check, play};

#[test]
fn j1_nobody_is_told_before_the_disk_has_it() {
    check(
        "00.000 disk hangs          ->
         00.000 register X a        ->
         00.100 submit X a 0.5      -> deregistered
         01.000 disk works          -> registered X epoch=1 first=60; WAITING
         02.000 disk hangs          ->
         02.000 deregister X        -> IDLE
         03.000 disk works          -> over X a Deregistered; deregistered X",
    );
}

#[test]
fn j2_the_state_follows_from_the_last_verdict_if_it_is_not_past() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         70.000 wait                -> ERROR: Y silent since 60; 60 failed: Y silent since 60
         71.000 crash               ->
         72.000 start               ->
         72.000 state               -> ERROR: Y silent since 60
         73.000 deregister Y        -> WAITING; deregistered Y
         74.000 crash               ->
         75.000 start               ->
         75.000 state               -> WAITING
         76.000 register X a epoch=1 -> registered X epoch=1 first=60
         120.01 submit X a 0.5      -> ok; 120 median=0.5 of 1; OK
         121.00 crash               ->
         189.99 start               -> 
         189.99 state               -> OK
         189.99 median              -> 120 median=0.5 of 1
         189.99 crash               ->
         190.00 start               -> ERROR: X disconnected since 180; 180 failed: X disconnected since 180
         191.00 deregister X        -> IDLE; deregistered X
         192.00 crash               ->
         193.00 start               ->
         193.00 state               -> IDLE",
    );
}

#[test]
fn j2_past_its_time_a_verdict_leaves_nothing() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         61.000 crash               ->
         150.00 start               -> 120 not running
         150.00 state               -> WAITING",
    );
}

#[test]
fn j2_nobody_registered_is_idle_whatever_the_last_verdict() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         61.000 deregister X        -> IDLE; over X a Deregistered; deregistered X
         62.000 crash               ->
         63.000 start               ->
         64.000 median              -> none, IDLE",
    );
}

#[test]
fn j2_causes_remember_since_when_across_a_crash() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 lose X a            -> lost X
         70.000 wait                -> ERROR: X disconnected since 60; 60 failed: X disconnected since 60
         71.000 crash               ->
         72.000 start               ->
         130.00 wait                -> 120 failed: X disconnected since 60",
    );
}

#[test]
fn j6_a_disk_that_hangs_past_the_grace_is_an_error_and_a_late_success_stands() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         69.999 state               -> WAITING
         70.000 median              -> ERROR: journal since 60; none, ERROR: journal since 60
         71.000 register Y b        -> journal
         72.000 register X a        -> over X a Replaced; registered X epoch=1 first=60
         80.000 disk works          -> 60 median=0.5 of 1; OK
         80.000 median              -> 60 median=0.5 of 1
         81.000 register Y b        -> registered Y epoch=2 first=120",
    );
}

#[test]
fn j6_later_minutes_fail_while_the_disk_hangs() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         120.01 submit X a 0.7      -> ERROR: journal since 60; ok
         131.00 disk works          -> still ERROR; 60 median=0.5 of 1; 120 failed: journal since 60
         131.00 median              -> none, ERROR: journal since 60
         180.01 submit X a 0.9      -> ok; 180 median=0.9 of 1; OK",
    );
}

#[test]
fn j6_a_complete_minute_waits_for_the_one_before_it_until_its_own_grace_is_over() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         120.01 submit X a 0.7      -> ERROR: journal since 60; ok
         125.00 disk works          -> 60 median=0.5 of 1; OK; 120 median=0.7 of 1",
    );
}

#[test]
fn j6_a_write_that_fails_is_tried_each_second_as_failed() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk fails          ->
         60.010 submit X a 0.5      -> ok; write failed: disk full; ERROR: journal since 60
         60.020 register Y b        -> journal
         62.500 disk works          ->
         63.009 median              -> none, ERROR: journal since 60
         63.010 wait                -> write recovered; 60 failed: journal since 60
         119.99 state               -> ERROR: journal since 60
         120.01 submit X a 0.7      -> still ERROR; ok; 120 median=0.7 of 1; OK",
    );
}

#[test]
fn j6_a_registration_that_fails_changes_nothing() {
    check(
        "00.000 disk fails          ->
         00.000 register X a        -> write failed: disk full; journal
         01.000 disk works          ->
         01.100 register X a        -> write recovered; registered X epoch=2 first=60; WAITING",
    );
}

#[test]
fn j6_a_registration_whose_later_first_minute_cannot_be_written_is_told_when_it_can() {
    check(
        "59.900 disk hangs          ->
         59.950 register X a        ->
         60.100 disk works-once     -> write failed: disk full; journal; ERROR: journal since 60
         60.200 register X a        -> journal
         60.300 deregister X        -> journal
         61.500 disk works          ->
         62.100 wait                -> write recovered; 60 no strategies; WAITING
         63.000 register X a        -> registered X epoch=1 first=120",
    );
}

#[test]
fn j6_bad_news_is_no_fault_of_the_journal_while_it_is_being_written() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         69.000 disk hangs          ->
         70.000 wait                -> ERROR: X silent since 60
         71.499 state               -> ERROR: X silent since 60
         71.500 wait                -> ERROR: journal since 60, X silent since 60
         72.000 disk works          -> 60 failed: X silent since 60
         73.000 wait                -> ERROR: X silent since 60",
    );
}

#[test]
fn j6_a_deregistration_that_cannot_be_written_is_tried_until_it_can() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 disk fails          ->
         10.000 deregister X        -> IDLE; write failed: disk full; journal
         12.000 disk works          ->
         13.000 wait                -> write recovered; over X a Deregistered; deregistered X",
    );
}

#[test]
fn r5_an_unwritten_deregistration_asked_again_is_still_unwritten() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 disk fails          ->
         10.000 deregister X        -> IDLE; write failed: disk full; journal
         10.500 deregister X        -> journal
         10.600 deregister Z        -> unknown
         12.000 disk works          ->
         13.000 wait                -> write recovered; over X a Deregistered; deregistered X
         13.100 deregister X        -> unknown",
    );
}

#[test]
fn j6_a_disk_that_hangs_for_hours_leaves_a_bounded_backlog_without_gaps() {
    let told = play(&["00.000 disk hangs", "7200.1 wait", "7200.2 disk works"]).pop().unwrap();
    let minutes: Vec<&str> = told.split("; ").collect();
    assert_eq!(
        minutes.len(),
        66,
        "64 records in the queue, the change of state, and the open minute"
    );
    assert_eq!(minutes[..2], ["60 no strategies", "120 failed: journal since 60"]);
    assert_eq!(minutes[63], "3840..7140 failed: journal since 60");
    assert_eq!(minutes[64..], ["IDLE", "7200 no strategies"]);
}
