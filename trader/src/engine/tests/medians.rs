//! M: medians; and G5, generators that disagree.

use super::script::check;

#[test]
fn m1_all_who_are_expected_and_nobody_else() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.100 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         60.015 register Z c        -> registered Z epoch=3 first=120
         60.018 submit Z c 9        -> not expected
         60.020 submit Y b 1.5      -> ok; 60 median=1 of 2; OK
         120.01 submit X a 1        -> ok
         120.02 submit Y b 2        -> ok
         120.03 submit Z c 9        -> ok; 120 median=2 of 3",
    );
}

#[test]
fn m2_even_count_takes_the_midpoint() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.6741543275356752 -> ok
         60.020 submit Y b 0.46357797027309633 -> ok; 60 median=0.5688661489043858 of 2; OK",
    );
}

#[test]
fn m3_an_early_decision_is_held_until_the_boundary() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         58.990 submit X a 0.5 minute=60 -> future
         59.000 submit X a 0.5      -> ok
         59.999 median              -> none, WAITING
         60.000 median              -> 60 median=0.5 of 1; OK; 60 median=0.5 of 1",
    );
}

#[test]
fn m3_an_early_decision_is_held_when_the_clock_steps_back() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         61.000 clock -2            -> clock -2
         61.500 submit Y b 1.5      -> ok
         61.999 state               -> WAITING
         62.000 wait                -> 60 median=1 of 2; OK",
    );
}

#[test]
fn m3_it_is_published_by_being_on_disk() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         65.000 median              -> none, WAITING
         66.000 disk works          -> 60 median=0.5 of 1; OK
         66.000 median              -> 60 median=0.5 of 1",
    );
}

#[test]
fn m3_a_verdict_on_disk_is_seen_after_a_crash_and_one_that_is_not_never() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 disk hangs          ->
         60.010 submit X a 0.5      -> ok
         61.000 crash committed     ->
         61.000 disk works          ->
         61.500 start               ->
         62.000 median              -> 60 median=0.5 of 1
         62.000 register X a epoch=1 -> registered X epoch=1 first=60
         119.00 disk hangs          ->
         120.01 submit X a 0.7      -> ok
         121.00 crash               ->
         121.00 disk works          ->
         121.50 start               ->
         122.00 median              -> 60 median=0.5 of 1
         122.50 register X a epoch=1 -> registered X epoch=1 first=60
         122.60 submit X a 0.7      -> ok; 120 median=0.7 of 1",
    );
}

#[test]
fn m4_the_first_submission_is_final_whatever_instance_comes_after() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5      -> ok
         60.020 submit X a 0.5      -> again
         60.030 submit X a 0.6      -> conflict
         60.030 submit X a 0.5 signal=2 -> conflict
         60.030 abstain X a tired   -> conflict
         60.040 lose X a            -> lost X
         60.050 register X c        -> taken over X epoch=3 first=60
         60.060 submit X c 0.7      -> conflict
         60.070 submit X c 0.5      -> again
         60.080 submit Y b 1.5      -> ok; 60 median=1 of 2; OK
         60.090 submit Y b 1.5      -> again
         60.100 submit Y b 1.6      -> late",
    );
}

#[test]
fn m4_bits_count_not_numbers() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.0 signal=0 -> ok
         60.020 submit X a -0.0 signal=0 -> conflict
         60.020 submit X a 0.0 signal=-0 -> conflict
         60.030 abstain Y b tired   -> ok; ERROR: Y abstained since 60; 60 failed: Y abstained since 60
         60.040 abstain Y b tired   -> again
         60.050 abstain Y b awake   -> late",
    );
}

#[test]
fn m5_a_median_lasts_until_the_next_boundary_and_the_grace() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         129.99 median              -> 60 median=0.5 of 1
         130.00 median              -> ERROR: X silent since 120; 120 failed: X silent since 120; none, ERROR: X silent since 120",
    );
}

#[test]
fn g5_generators_that_give_several_values_are_named() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         00.000 register Y b        -> registered Y epoch=2 first=60
         60.010 submit X a 0.5 signal=1 -> ok
         60.020 submit Y b 1.5 signal=2 -> ok; 60 median=1 of 2, g disagrees; OK
         120.01 submit X a 0.5 signal=1 -> ok
         120.02 abstain Y b none signal=2 -> ok; ERROR: Y abstained since 120; 120 failed: Y abstained since 120",
    );
}
