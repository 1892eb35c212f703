//! E4: an operator stops everything, and lets it go on.

use super::script::check;

#[test]
fn e4_a_halt_takes_effect_at_once_and_only_resume_ends_it() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         70.000 resume              -> not halted
         80.000 halt                -> HALTED; halted
         80.000 median              -> none, HALTED
         120.01 submit X a 0.7      -> ok; 120 halted
         140.00 halt                -> still HALTED; halted
         150.00 resume              -> resumed; WAITING
         150.00 median              -> none, WAITING
         180.01 submit X a 0.7      -> ok; 180 median=0.7 of 1; OK",
    );
}

#[test]
fn e4_it_survives_restarts() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         70.000 halt                -> HALTED; halted
         71.000 crash               ->
         72.000 start               ->
         72.000 median              -> none, HALTED
         73.000 register X a epoch=1 -> registered X epoch=1 first=60
         120.01 submit X a 0.7      -> ok; 120 halted
         130.00 resume              -> resumed; WAITING
         131.00 crash               ->
         132.00 start               ->
         132.00 median              -> none, WAITING",
    );
}

#[test]
fn e4_a_resume_before_a_crash_does_not_bring_the_median_of_before_the_halt_back() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         70.000 halt                -> HALTED; halted
         71.000 resume              -> resumed; WAITING
         72.000 crash               ->
         73.000 start               ->
         74.000 median              -> none, WAITING",
    );
}

#[test]
fn e4_a_minute_of_which_any_instant_was_halted_ends_halted() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         61.000 halt                -> HALTED; halted
         62.000 resume              -> resumed; WAITING
         63.000 submit Y b 0.5      -> ok; 60 halted
         118.99 halt                -> HALTED; halted
         118.995 resume             -> resumed; WAITING
         120.01 submit X a 0.5      -> ok
         120.02 submit Y b 0.5      -> ok; 120 median=0.5 of 2; OK
         178.99 halt                -> HALTED; halted
         179.00 resume              -> resumed; WAITING
         180.01 submit X a 0.5      -> ok
         190.00 wait                -> 180 halted",
    );
}

#[test]
fn e4_even_when_the_clock_steps_back_before_it_is_over() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 halt                -> HALTED; halted
         59.500 lose X a            -> lost X
         59.600 clock -5            -> clock -5
         59.700 resume              -> resumed; WAITING
         66.000 submit X a 0.5      -> ok; 60 halted",
    );
}

#[test]
fn e4_across_a_crash_too() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         61.000 halt                -> HALTED; halted
         62.000 resume              -> resumed; WAITING
         63.000 crash               ->
         64.000 start               ->
         65.000 register X a epoch=1 -> registered X epoch=1 first=60
         66.000 submit X a 0.5      -> ok; 60 halted
         120.01 submit X a 0.5      -> ok; 120 median=0.5 of 1; OK",
    );
}

#[test]
fn e4_an_abstention_in_a_halted_minute_is_no_error() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 halt                -> HALTED; halted
         60.020 resume              -> resumed; WAITING
         60.030 abstain X a none    -> ok; 60 halted",
    );
}

#[test]
fn e4_a_median_that_waits_for_the_disk_is_halted_and_one_that_is_being_written_stands() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         60.020 halt                -> HALTED
         60.030 disk works          -> 60 median=0.5 of 1; halted
         60.040 median              -> none, HALTED
         61.000 resume              -> resumed; WAITING
         119.90 disk hangs          ->
         119.95 register Y b        ->
         120.01 submit X a 0.5      -> ok
         120.02 halt                -> HALTED
         120.03 disk works          -> 120 halted; halted; registered Y epoch=2 first=180",
    );
}

#[test]
fn e4_a_median_that_fails_to_be_written_while_halted_is_halted() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         60.020 halt                -> HALTED
         60.030 disk fails          -> write failed: disk full
         60.040 disk works          -> 
         61.030 wait                -> HALTED: journal since 60; write recovered; 60 halted; halted",
    );
}

#[test]
fn e4_a_halt_that_cannot_be_written_holds_all_the_same() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 disk fails          ->
         10.000 halt                -> HALTED; write failed: disk full; halted, not on disk
         11.500 halt                -> 
         12.500 disk works          -> halted, not on disk
         13.000 wait                -> write recovered
         60.010 submit X a 0.5      -> ok; 60 halted",
    );
}

#[test]
fn e4_who_waits_for_a_disk_that_hangs_is_told() {
    check(
        "00.000 disk hangs          ->
         00.000 halt                -> HALTED
         01.499 wait                ->
         01.500 wait                -> halted, not on disk
         02.000 resume              ->
         03.500 wait                -> journal
         04.000 disk works          -> resumed; IDLE",
    );
}

#[test]
fn e4_no_halt_is_answered_while_a_median_of_before_is_being_written() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         60.020 halt                -> HALTED
         61.520 wait                -> journal
         62.000 halt                ->
         63.500 wait                -> journal
         64.000 disk works          -> 60 median=0.5 of 1
         65.000 disk hangs          ->
         65.000 halt                -> halted",
    );
}

#[test]
fn e4_a_halt_after_a_resume_on_its_way_is_not_ended_by_it() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 halt                -> HALTED; halted
         20.000 disk hangs          ->
         20.000 resume              ->
         20.100 resume              -> journal
         20.200 halt                ->
         20.300 disk works          -> resumed; halted
         60.010 submit X a 0.5      -> ok; 60 halted
         70.000 resume              -> still HALTED; resumed; WAITING",
    );
}
