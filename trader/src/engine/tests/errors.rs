//! E1, E2, E3, E5: the error state. Halts have their own file.

use std::time::Duration;

use super::{
    script::{changes, check},
    world::START,
};
use crate::engine::verdict::State;

#[test]
fn e1_entered_at_the_end_of_the_grace_with_a_cause_for_everyone_without_a_decision() {
    check(
        "00.000 register W w        -> registered W epoch=1 first=60; WAITING
         00.000 register X a        -> registered X epoch=2 first=60
         00.000 register Y b        -> registered Y epoch=3 first=60
         00.000 register Z c        -> registered Z epoch=4 first=60
         60.010 submit W w 0.5      -> ok
         60.020 submit X a 0.5 decided=0 -> stale
         60.030 lose Y b            -> lost Y
         69.999 state               -> WAITING
         70.000 wait                -> ERROR: X stale since 60, Y disconnected since 60, Z silent since 60; 60 failed: X stale since 60, Y disconnected since 60, Z silent since 60",
    );
}

#[test]
fn e1_an_abstention_changes_the_state_at_once_but_the_minute_stays_open() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         60.020 submit Y b 0.5      -> ok; 60 median=0.5 of 2; OK
         120.01 abstain X a none    -> ok; ERROR: X abstained since 120
         125.00 abstain Y b none    -> ok; ERROR: X abstained since 120, Y abstained since 120; 120 failed: X abstained since 120, Y abstained since 120
         180.01 abstain X a none    -> still ERROR; ok
         190.00 wait                -> ERROR: X abstained since 120, Y silent since 180; 180 failed: X abstained since 120, Y silent since 180",
    );
}

#[test]
fn e5_a_change_says_from_what_and_when() {
    let told = changes(&[
        "00.000 register X a",
        "00.000 register Y b",
        "60.010 submit X a 0.5",
        "60.020 submit Y b 0.5",
        "120.01 abstain X a none",
        "125.00 abstain Y b none",
    ]);
    let told: Vec<_> = told.iter().map(|told| (told.from, told.to, told.at)).collect();
    let at = |seconds| START.plus(Duration::from_secs_f64(seconds));
    let expected = [
        (State::Idle, State::Waiting, at(0.0)),
        (State::Waiting, State::Ok, at(60.02)),
        (State::Ok, State::Error, at(120.01)),
        (State::Error, State::Error, at(125.0)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn e1_an_early_abstention_is_held_until_the_boundary() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         59.500 abstain X a none    -> ok
         59.999 state               -> WAITING
         60.000 wait                -> ERROR: X abstained since 60
         60.010 submit Y b 0.5      -> ok; 60 failed: X abstained since 60",
    );
}

#[test]
fn e1_many_abstentions_are_told_once_a_second() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         00.000 register Z c        -> registered Z epoch=3 first=60
         60.010 abstain X a none    -> ok; ERROR: X abstained since 60
         60.020 abstain Y b none    -> ok
         61.009 state               -> ERROR: X abstained since 60
         61.010 state               -> ERROR: X abstained since 60, Y abstained since 60; ERROR: X abstained since 60, Y abstained since 60",
    );
}

#[test]
fn e2_there_is_a_current_median_only_in_state_ok() {
    check(
        "00.000 median              -> none, IDLE
         00.000 register X a        -> registered X epoch=1 first=60; WAITING
         30.000 median              -> none, WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         60.020 median              -> 60 median=0.5 of 1
         119.50 abstain X a none    -> ok
         119.60 median              -> 60 median=0.5 of 1
         120.00 median              -> ERROR: X abstained since 120; 120 failed: X abstained since 120; none, ERROR: X abstained since 120",
    );
}

#[test]
fn e2_a_clock_that_steps_back_does_not_make_a_median_last_longer() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         90.000 clock -20           -> clock -20
         130.00 median              -> 60 median=0.5 of 1
         130.01 median              -> WAITING; none, WAITING
         140.01 submit X a 0.7      -> ok; 120 median=0.7 of 1; OK",
    );
}

#[test]
fn e3_it_ends_with_the_next_complete_minute() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         70.000 wait                -> ERROR: X silent since 60; 60 failed: X silent since 60
         119.99 state               -> ERROR: X silent since 60
         120.01 submit X a 0.5      -> ok; 120 median=0.5 of 1; OK",
    );
}

#[test]
fn e3_it_ends_at_once_when_everyone_named_in_a_cause_is_deregistered() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         00.000 register Z c        -> registered Z epoch=3 first=60
         60.010 submit Z c 0.5      -> ok
         70.000 wait                -> ERROR: X silent since 60, Y silent since 60; 60 failed: X silent since 60, Y silent since 60
         80.000 deregister X        -> ERROR: Y silent since 60; over X a Deregistered; deregistered X
         81.000 deregister Y by=b   -> WAITING; over Y b Deregistered; deregistered Y
         120.01 submit Z c 0.5      -> ok; 120 median=0.5 of 1; OK",
    );
}

#[test]
fn e3_an_abstainers_deregistration_saves_the_minute() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 abstain X a none    -> ok; ERROR: X abstained since 60
         60.020 submit Y b 0.5      -> ok; 60 failed: X abstained since 60
         120.01 abstain X a none    -> still ERROR; ok
         121.00 deregister X        -> WAITING; over X a Deregistered; deregistered X
         121.01 submit Y b 0.5      -> ok; 120 median=0.5 of 1; OK",
    );
}

#[test]
fn e5_ten_reminders_a_minute_apart_and_then_one_an_hour() {
    check(
        "00.000 halt                -> HALTED; halted
         59.999 wait                ->
         60.000 wait                -> still HALTED; 60 halted
         599.999 wait               -> still HALTED; 120 halted; still HALTED; 180 halted; still HALTED; 240 halted; still HALTED; 300 halted; still HALTED; 360 halted; still HALTED; 420 halted; still HALTED; 480 halted; still HALTED; 540 halted
         600.00 wait                -> still HALTED; 600 halted
         719.99 wait                -> 660 halted
         720.00 resume              -> 720 halted; resumed; IDLE",
    );
    let hour = |until: &str| {
        let told = super::script::play(&["00.000 halt", "600.00 wait", until]).pop().unwrap();
        told.matches("still").count()
    };
    assert_eq!((hour("4199.9 wait"), hour("4200.1 wait"), hour("7801 wait")), (0, 1, 2));
}

#[test]
fn c2_from_one_second_after_the_boundary_it_is_said_once_a_second_who_is_missing() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         00.000 talk                ->
         60.999 submit X a 0.5      -> ok; X for 60
         61.000 wait                -> retrying without [`Y`] 1
         63.500 wait                -> retrying without [`Y`] 1; retrying without [`Y`] 1
         63.600 submit Y b 0.5      -> ok; Y for 60; 60 median=0.5 of 2; OK",
    );
}
