//! R: registrations, sessions, deregistrations.

use super::script::check;

#[test]
fn r1_the_first_minute_is_the_first_boundary_after_the_registration_is_on_disk() {
    check(
        "59.999 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 register Y b        -> registered Y epoch=2 first=120
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         60.020 submit Y b 1.5 minute=60 -> late",
    );
}

#[test]
fn r1_a_boundary_that_passes_on_the_way_to_the_disk_makes_it_the_next_one() {
    check(
        "00.000 register Y b        -> registered Y epoch=1 first=60; WAITING
         59.500 disk hangs          ->
         59.600 register X a        ->
         60.000 submit Y b 1.5      -> ok
         60.200 disk works          -> 60 median=1.5 of 1; registered X epoch=2 first=120; OK
         60.300 submit X a 0.5 minute=60 -> late
         120.01 submit Y b 1.5      -> ok
         120.02 submit X a 0.5      -> ok; 120 median=1 of 2",
    );
}

#[test]
fn r1_a_clock_that_steps_back_over_the_boundary_changes_nobody_elses_minute() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         62.000 clock -5            -> clock -5
         62.500 register Y b        -> registered Y epoch=2 first=120
         66.000 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK",
    );
}

#[test]
fn r2_a_name_with_a_live_session_is_taken() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 register X b        -> double registration
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK",
    );
}

#[test]
fn r2_two_at_once_get_one_answer_each() {
    check(
        "00.000 disk hangs          ->
         00.100 register X a        ->
         00.200 register X b        -> double registration
         00.300 register X a        -> journal
         00.400 disk works          -> registered X epoch=1 first=60; WAITING",
    );
}

#[test]
fn r2_the_same_instance_replaces_its_own_session() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 register X a        -> over X a Replaced; registered X epoch=1 first=60
         20.000 register X a epoch=1 -> over X a Replaced; registered X epoch=1 first=60
         30.000 lose X a            -> lost X
         31.000 register X a epoch=1 -> registered X epoch=1 first=60",
    );
}

#[test]
fn r3_a_lost_name_is_taken_over_and_its_former_holder_is_fenced() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         61.000 lose X a            -> lost X
         62.000 register X b        -> taken over X epoch=2 first=60
         63.000 submit X a 0.5      -> fenced
         63.000 submit X a 0.5 epoch=2 -> fenced
         63.000 submit X b 0.5 epoch=1 -> fenced
         63.000 register X a epoch=1 -> fenced
         63.000 register X a epoch=2 -> fenced
         64.000 submit X b 0.7      -> ok; 60 median=0.7 of 1; OK",
    );
}

#[test]
fn r3_while_a_takeover_is_on_its_way_the_old_epoch_holds() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         59.500 lose X a            -> lost X
         59.600 disk hangs          ->
         59.700 register X b        ->
         59.800 register X a epoch=1 -> journal
         59.900 register X c        -> double registration
         60.010 submit X a 0.5      -> ok
         61.000 disk works          -> taken over X epoch=2 first=60; 60 median=0.5 of 1; OK
         62.000 submit X a 0.5      -> fenced
         62.000 submit X b 0.5      -> again",
    );
}

#[test]
fn r3_a_deregistered_epoch_is_refused_for_good_and_never_used_again() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 deregister X        -> IDLE; over X a Deregistered; deregistered X
         11.000 register X a epoch=1 -> deregistered
         12.000 submit X a 0.5      -> deregistered
         13.000 crash               ->
         14.000 start               ->
         15.000 register X b        -> registered X epoch=2 first=60; WAITING
         16.000 register X a epoch=1 -> fenced",
    );
}

#[test]
fn r3_an_epoch_of_another_journal_is_first_contact() {
    check(
        "00.000 register X a epoch=7 journal=other -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5 epoch=7 journal=other -> not registered
         60.020 register X b epoch=1 journal=other -> double registration",
    );
}

#[test]
fn r4_noticing_a_crash_is_no_error_and_the_grace_still_runs() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         50.000 lose X a            -> lost X
         65.000 register X a epoch=1 -> registered X epoch=1 first=60
         66.000 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK",
    );
}

#[test]
fn r5_a_deregistration_is_effective_at_once() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         00.000 register Z c        -> registered Z epoch=3 first=60
         60.010 submit X a 0.5      -> ok
         60.020 submit Y b 9        -> ok
         60.100 deregister Y        -> over Y b Deregistered; deregistered Y
         60.200 deregister Z        -> over Z c Deregistered; deregistered Z; 60 median=0.5 of 1; OK",
    );
}

#[test]
fn r5_the_rest_is_judged_at_once_though_the_disk_hangs() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         60.100 disk hangs          ->
         60.200 deregister Y        ->
         60.300 submit X a 0.7      -> late
         60.400 disk works          -> over Y b Deregistered; deregistered Y; 60 median=0.5 of 1; OK",
    );
}

#[test]
fn r5_the_deregistration_is_on_disk_before_what_follows_from_it() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         60.100 disk hangs          ->
         60.200 deregister Y        ->
         60.300 submit Y b 9        -> deregistered
         60.400 crash               ->
         60.400 disk works          ->
         60.500 start               ->
         60.600 register X a epoch=1 -> registered X epoch=1 first=60
         60.700 submit X a 0.5      -> ok
         70.000 wait                -> ERROR: Y disconnected since 60; 60 failed: Y disconnected since 60",
    );
}

#[test]
fn r5_when_nobody_is_left_the_minute_has_no_strategies() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.100 deregister X        -> IDLE; over X a Deregistered; deregistered X; 60 no strategies
         70.000 register X b        -> registered X epoch=2 first=120; WAITING",
    );
}

#[test]
fn r5_a_strategy_deregisters_only_itself() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 deregister X by=b   -> fenced
         10.000 deregister X by=a epoch=2 -> fenced
         10.000 deregister Y        -> unknown
         10.000 deregister Y by=a   -> unknown
         11.000 deregister X by=a   -> IDLE; over X a Deregistered; deregistered X
         12.000 deregister X by=a   -> unknown",
    );
}

#[test]
fn r7_names_of_expect_are_missing_from_the_first_boundary_on() {
    check(
        "expect X,Y
         00.000 register X a        -> registered X epoch=1 first=60
         60.010 submit X a 0.5      -> ok; ERROR: too-few since 60; 60 failed: too-few since 60
         65.000 register Y b        -> registered Y epoch=2 first=120
         120.01 submit X a 0.5      -> still ERROR; ok
         120.02 submit Y b 1.5      -> ok; 120 median=1 of 2; OK",
    );
}

#[test]
fn r7_an_operator_excuses_a_name_until_it_registers_again() {
    check(
        "expect X,Y
         00.000 register X a        -> registered X epoch=1 first=60
         60.010 deregister Y        -> deregistered Y
         60.020 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         100.00 crash               ->
         101.00 start               ->
         102.00 register X a epoch=1 -> registered X epoch=1 first=60
         120.01 register Y b        -> registered Y epoch=2 first=180
         120.02 submit X a 0.5      -> ok; 120 median=0.5 of 1
         130.00 deregister Y by=b   -> over Y b Deregistered; deregistered Y
         180.01 submit X a 0.5      -> ok; ERROR: too-few since 180; 180 failed: too-few since 180
         185.00 deregister Y        -> WAITING; deregistered Y
         240.01 submit X a 0.5      -> ok; 240 median=0.5 of 1; OK",
    );
}

#[test]
fn r7_fewer_than_at_least_is_too_few_since_the_first_such_minute() {
    check(
        "at-least 2
         60.000 wait                -> ERROR: too-few since 60; 60 failed: too-few since 60
         70.000 register X a        -> registered X epoch=1 first=120
         120.01 submit X a 0.5      -> still ERROR; ok; 120 failed: too-few since 60
         130.00 register Y b        -> registered Y epoch=2 first=180
         180.01 submit X a 0.5      -> still ERROR; ok
         180.02 submit Y b 1.5      -> ok; 180 median=1 of 2; OK
         240.01 submit X a 0.5      -> ok
         240.02 deregister Y        -> ERROR: too-few since 240; over Y b Deregistered; deregistered Y; 240 failed: too-few since 240",
    );
}

#[test]
fn r7_enough_when_somebody_leaves_is_no_shortage() {
    check(
        "at-least 2
         00.000 register X a        -> registered X epoch=1 first=60
         60.010 submit X a 0.5      -> ok; ERROR: too-few since 60; 60 failed: too-few since 60
         70.000 register Y b        -> registered Y epoch=2 first=120
         70.000 register Z c        -> registered Z epoch=3 first=120
         71.000 deregister Z        -> WAITING; over Z c Deregistered; deregistered Z",
    );
    check(
        "at-least 3
         60.000 wait                -> ERROR: too-few since 60; 60 failed: too-few since 60
         70.000 register X a        -> registered X epoch=1 first=120
         71.000 deregister X        -> over X a Deregistered; deregistered X
         71.000 state               -> ERROR: too-few since 60",
    );
}

#[test]
fn r3_who_is_taking_a_name_over_is_told_to_try_again() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         01.000 lose X a            -> lost X
         02.000 disk hangs          ->
         02.000 register X b        ->
         02.100 register X b        -> journal
         02.100 register X c        -> double registration
         03.000 disk works          -> taken over X epoch=2 first=60",
    );
}

#[test]
fn a_full_house_takes_nobody_else() {
    check(
        "full 1
         00.000 register X a        -> registered X epoch=1 first=60; WAITING
         01.000 register Y b        -> full
         02.000 lose X a            -> lost X
         03.000 register X c        -> taken over X epoch=2 first=60",
    );
    check(
        "full 2
         00.000 register X a        -> registered X epoch=1 first=60; WAITING
         01.000 disk hangs          ->
         01.000 register Y b        ->
         01.000 register Z c        -> full",
    );
}
