//! T: time.

use super::script::{check, refusal};

#[test]
fn t1_the_name_of_the_minute_decides_not_the_time_of_receipt() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         69.900 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         69.950 submit X a 0.7 minute=120 -> future
         119.50 submit X a 0.7      -> ok
         120.00 wait                -> 120 median=0.7 of 1",
    );
}

#[test]
fn t2_stamps_are_stale_before_the_boundary_and_future_beyond_the_skew() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5 decided=59.999 -> stale
         60.020 submit X a 0.5 decided=61.021 -> future
         60.030 submit X a 0.5 produced=59.999 -> stale
         60.040 submit X a 0.5 produced=61.041 -> future
         60.050 submit X a 0.5 signal-minute=0 -> stale
         60.060 submit X a 0.5 signal-minute=120 -> future
         60.070 submit X a 0.5 decided=61.07 produced=60 -> ok; 60 median=0.5 of 1; OK",
    );
}

#[test]
fn t2_a_refused_stamp_is_the_cause_when_nothing_better_comes() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5 decided=59.999 -> stale
         70.000 wait                -> ERROR: X stale since 60; 60 failed: X stale since 60
         75.000 submit X a 0.5 minute=60 -> late
         115.00 submit X a 0.5 minute=120 -> future
         130.00 wait                -> ERROR: X future since 120; still ERROR; 120 failed: X future since 120
         131.00 submit X a 0.5 minute=120 -> late
         190.00 wait                -> ERROR: X silent since 180; still ERROR; 180 failed: X silent since 180
         240.10 submit X a 0.5 minute=180 -> late
         250.00 wait                -> ERROR: X stale since 240; still ERROR; 240 failed: X stale since 240",
    );
}

#[test]
fn t2_messages_have_both_times_and_the_difference() {
    let stamped = |row| refusal(&["00.000 register X a", row]);
    assert_eq!(
        stamped("60.010 submit X a 0.5 decided=59.5"),
        "stale: the submission is stamped 2026-11-20T12:00:59.500Z, 0.500 s before 2026-11-20T12:01:00Z, when the minute began"
    );
    assert_eq!(
        stamped("60.010 submit X a 0.5 produced=61.5"),
        "future: the signal of generator `g` is stamped 2026-11-20T12:01:01.500Z, 0.490 s after 2026-11-20T12:01:01.010Z, the trader's clock and the skew together"
    );
}

#[test]
fn t4_every_minute_has_one_verdict_without_gaps() {
    check(
        "200.00 wait                -> 60 no strategies; 120 no strategies; 180 no strategies
         210.00 register X a        -> registered X epoch=1 first=240; WAITING
         240.01 submit X a 0.5      -> ok; 240 median=0.5 of 1; OK
         310.00 wait                -> ERROR: X silent since 300; 300 failed: X silent since 300
         360.01 submit X a 0.5      -> ok; 360 median=0.5 of 1; OK",
    );
}

#[test]
fn t4_minutes_slept_through_are_one_run_whatever_had_come_in() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         59.500 submit X a 0.5      -> ok
         300.01 asleep              -> 60..240 not running
         300.02 submit X a 0.7      -> ok; 300 median=0.7 of 1; OK",
    );
}

#[test]
fn t4_half_a_grace_late_is_awake_and_more_is_asleep() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         75.000 asleep              -> ERROR: X silent since 60; 60 failed: X silent since 60
         135.01 asleep              -> still ERROR; 120 not running
         180.01 submit X a 0.5      -> ok; 180 median=0.5 of 1; OK
         315.00 asleep              -> ERROR: X silent since 300; 240 not running; 300 failed: X silent since 300",
    );
}

#[test]
fn t4_a_step_of_the_clock_is_told_and_what_it_skips_did_not_run() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         70.000 clock +0.9          ->
         80.000 clock +180          -> clock +180; WAITING; 120..240 not running
         120.10 submit X a 0.7      -> ok; 300 median=0.7 of 1; OK",
    );
}

#[test]
fn t4_a_restart_closes_what_passed_meanwhile_and_nothing_twice() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         63.000 crash               ->
         64.000 start               ->
         64.100 median              -> 60 median=0.5 of 1
         64.200 register X a epoch=1 -> registered X epoch=1 first=60
         64.300 submit X a 0.6 minute=60 -> late
         65.000 crash               ->
         306.00 start               -> 120..240 not running
         306.10 register X a epoch=1 -> registered X epoch=1 first=60
         306.20 submit X a 0.7      -> ok; 300 median=0.7 of 1; OK",
    );
}

#[test]
fn t5_a_clock_behind_the_watermark_is_an_error_until_it_has_passed() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         65.000 clock -15           -> clock -15; ERROR: clock since 60
         65.000 median              -> none, ERROR: clock since 60
         65.000 submit X a 0.7 minute=60 -> late
         65.000 register Y b        -> registered Y epoch=2 first=120
         74.999 state               -> ERROR: clock since 60
         75.000 wait                -> WAITING
         76.000 submit X a 0.7 minute=60 -> late
         135.10 submit Y b 0.8      -> ok
         135.20 submit X a 0.7      -> ok; 120 median=0.75 of 2; OK",
    );
}

#[test]
fn t5_a_restart_keeps_the_watermark() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         65.000 crash               ->
         65.000 clock -300          ->
         66.000 start               -> ERROR: clock since 60
         66.000 register X a epoch=1 -> registered X epoch=1 first=60
         66.000 submit X a 0.5 minute=60 -> late
         359.99 state               -> still ERROR; still ERROR; still ERROR; still ERROR; ERROR: clock since 60
         360.00 wait                -> WAITING",
    );
}

#[test]
fn t5_a_clock_far_ahead_is_not_believed_at_the_start() {
    check(
        "60.500 crash               -> 60 no strategies
         60.500 clock +2592000      ->
         60.500 start               -> the clock shows 2026-12-20T12:01:00.500Z, more than 30 days after the last minute on record, 2026-11-20T12:01:00Z: set the clock, or start once with --accept-clock if it is right
         60.500 start accept        -> 120..2592000 not running; 2592060 no strategies",
    );
}

#[test]
fn t5_a_clock_far_ahead_is_not_believed_while_running() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.010 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         61.000 clock +2600000      -> clock +2600000; ERROR: clock since 60
         61.100 submit X a 0.7      -> future
         61.200 register Y b        -> registered Y epoch=2 first=120
         61.300 deregister Y        -> over Y b Deregistered; deregistered Y
         150.00 state               -> still ERROR; ERROR: clock since 60
         150.00 clock -2600000      -> clock -2600000; WAITING; 120 not running
         180.10 submit X a 0.7      -> ok; 180 median=0.7 of 1; OK",
    );
}

#[test]
fn t4_a_step_of_no_more_than_the_skew_is_not_told() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         10.000 clock +1            ->
         20.000 clock -1            ->
         30.000 clock +1.25         -> clock +1.25
         40.000 clock -1.25         -> clock -1.25",
    );
}

#[test]
fn t5_thirty_days_beyond_the_record_are_believed_and_no_more() {
    check(
        "00.000 clock +2592000      -> clock +2592000; 60..2591940 not running; 2592000 no strategies",
    );
    check("00.000 clock +2592000.5    -> clock +2592000.5; ERROR: clock since 0");
}
