//! What strategies say, and what they are answered: rules S6, T2, M3, M4, G5.

use chassis::wire::{difference, duration, timestamp};
use proto::v1::{ClockOffset, SubmitRequest};

use super::{World, callers::Strategy, callers::signal, start, time};

/// `X` and `Y`, who are expected from 12:01 on, at 12:01.
async fn two(at: &str) -> (World, Strategy, Strategy) {
    let world = start("12:00:30");
    let (x, y) = (world.register("X").await, world.register("Y").await);
    world.reach(at).await;
    (world, x, y)
}

#[tokio::test(start_paused = true)]
async fn s6_a_repeated_submission_is_acknowledged_again() {
    let (world, x, y) = two("12:01:00").await;
    assert_eq!(x.decide("12:01:00", 0.5).await, "accepted");
    assert_eq!(x.decide("12:01:00", 0.5).await, "again");
    let again = world.apply(x.application()).await.unwrap();
    assert_eq!(again.decide("12:01:00", 0.5).await, "again", "in a new session as well");
    assert_eq!(y.abstain("12:01:00", "no data").await, "accepted");
    assert_eq!(y.abstain("12:01:00", "no data").await, "again");
    assert_eq!(x.decide("12:01:00", 0.5).await, "again", "though the minute is closed");
    assert_eq!(world.state().await, "ERROR Y ABSTAINED");
}

#[tokio::test(start_paused = true)]
async fn m4_the_first_submission_is_final() {
    let (world, x, y) = two("12:01:00").await;
    assert_eq!(x.decide("12:01:00", 0.0).await, "accepted");
    let conflict = "AlreadyExists conflict: conflict: strategy `X` has submitted something else for minute 2026-11-20T12:01:00Z; the first submission is final";
    assert_eq!(x.decide("12:01:00", -0.0).await, conflict, "other bits are another value");
    assert_eq!(x.abstain("12:01:00", "no").await, conflict);
    let run_id = "r2".to_owned();
    let other_signal = proto::v1::Signal { run_id, ..signal("12:01:00", 0.0) };
    let other = SubmitRequest { signals: vec![other_signal], ..x.decision("12:01:00", 0.0) };
    assert_eq!(x.submit(other).await, conflict);
    assert_eq!(y.decide("12:01:00", 1.0).await, "accepted");
    assert_eq!(world.median().await, "12:01:00 0.5");
}

#[tokio::test(start_paused = true)]
async fn m3_early_decisions_are_held_until_the_boundary() {
    let (world, x, y) = two("12:00:59.500").await;
    let mut watcher = world.watch(None).await;
    assert_eq!(watcher.next().await, "state WAITING");
    assert_eq!(x.decide("12:01:00", 0.25).await, "accepted");
    assert_eq!(y.decide("12:01:00", 0.75).await, "accepted");
    assert_eq!(world.state().await, "WAITING");
    assert_eq!(watcher.next().await, "12:01:00 MEDIAN 0.5 of 2");
    assert!(world.clock.wall() >= time("12:01:00"));
    assert!(world.clock.wall() < time("12:01:00.010"), "as soon as all are in");
}

#[tokio::test(start_paused = true)]
async fn t2_minutes_that_are_closed_or_ahead_are_named() {
    let (world, x, _y) = two("12:00:58.500").await;
    assert_eq!(
        x.decide("12:01:00", 0.5).await,
        "OutOfRange future: future: minute 2026-11-20T12:01:00Z opens in 0.498 s by the trader's clock, which shows 2026-11-20T12:00:58.502Z; compare the clocks"
    );
    world.reach("12:01:10").await;
    assert_eq!(
        x.decide("12:01:00", 0.5).await,
        "OutOfRange late: late: minute 2026-11-20T12:01:00Z is closed; the trader's clock shows 2026-11-20T12:01:10.002Z, minute 2026-11-20T12:02:00Z is next"
    );
    let first = world.register("Z").await;
    world.reach("12:01:59.500").await;
    assert_eq!(first.decide("12:02:00", 0.5).await, "accepted");
}

#[tokio::test(start_paused = true)]
async fn r1_who_is_expected_later_says_nothing_before() {
    let (world, x, _y) = two("12:01:00").await;
    let late = world.register("Z").await;
    assert_eq!(
        late.decide("12:01:00", 0.5).await,
        "FailedPrecondition not-expected: not expected: strategy `Z` is expected from minute 2026-11-20T12:02:00Z on, not in 2026-11-20T12:01:00Z"
    );
    assert_eq!(x.decide("12:01:00", 0.5).await, "accepted");
}

#[tokio::test(start_paused = true)]
async fn t2_stamps_out_of_bounds_are_named_with_both_times() {
    let (_world, x, _y) = two("12:01:02").await;
    let good = x.decision("12:01:00", 0.5);
    let at = |of_day| Some(timestamp(time(of_day)));
    let signal = signal("12:01:00", 0.5);
    let with = |signal: proto::v1::Signal| SubmitRequest { signals: vec![signal], ..good.clone() };
    for (bad, answer) in [
        (
            SubmitRequest { decided_at: at("12:00:59.999"), ..good.clone() },
            "FailedPrecondition stale: stale: the submission is stamped 2026-11-20T12:00:59.999Z, 0.001 s before 2026-11-20T12:01:00Z, when the minute began",
        ),
        (
            SubmitRequest { decided_at: at("12:01:04"), ..good.clone() },
            "OutOfRange future: future: the submission is stamped 2026-11-20T12:01:04Z, 0.998 s after 2026-11-20T12:01:03.002Z, the trader's clock and the skew together",
        ),
        (
            with(proto::v1::Signal { produced_at: at("12:00:00"), ..signal.clone() }),
            "FailedPrecondition stale: stale: the signal of generator `g` is stamped 2026-11-20T12:00:00Z, 60.000 s before 2026-11-20T12:01:00Z, when the minute began",
        ),
        (
            with(proto::v1::Signal { produced_at: at("12:09:00"), ..signal.clone() }),
            "OutOfRange future: future: the signal of generator `g` is stamped 2026-11-20T12:09:00Z, 476.998 s after 2026-11-20T12:01:03.002Z, the trader's clock and the skew together",
        ),
        (
            with(proto::v1::Signal { minute: at("12:00:00"), ..signal.clone() }),
            "FailedPrecondition stale: stale: the signal of generator `g` is of minute 2026-11-20T12:00:00Z, the submission for 2026-11-20T12:01:00Z",
        ),
        (
            with(proto::v1::Signal { minute: at("12:02:00"), ..signal.clone() }),
            "OutOfRange future: future: the signal of generator `g` is of minute 2026-11-20T12:02:00Z, the submission for 2026-11-20T12:01:00Z",
        ),
    ] {
        assert_eq!(x.submit(bad).await, answer);
    }
    assert_eq!(x.submit(good).await, "accepted");
}

#[tokio::test(start_paused = true)]
async fn c5_the_status_shows_the_last_word_and_the_clock() {
    let (world, x, y) = two("12:01:01.500").await;
    let clock_offset = Some(ClockOffset {
        offset: Some(difference(-250_000)),
        uncertainty: Some(duration(std::time::Duration::from_millis(5))),
    });
    x.submit(SubmitRequest { clock_offset, ..x.decision("12:01:00", 0.5) }).await;
    y.abstain("12:01:00", "no\ndata").await;
    let [x, y] = world.status().await.strategies.try_into().unwrap();
    assert_eq!((x.last_decision, x.last_abstention.as_str()), (Some(0.5), ""));
    let lateness = x.lateness.unwrap();
    assert_eq!((lateness.seconds, lateness.nanos), (1, 502_000_000));
    assert_eq!(x.clock_offset, clock_offset);
    assert_eq!((y.last_decision, y.last_abstention.as_str()), (None, "no data"));
    assert_eq!(y.cause.unwrap().detail, "no data");
}

#[tokio::test(start_paused = true)]
async fn g5_a_generator_with_two_values_is_named() {
    let (world, x, y) = two("12:01:00").await;
    x.decide("12:01:00", 0.25).await;
    y.decide("12:01:00", 0.75).await;
    let last = world.status().await.last_verdict.unwrap();
    assert_eq!(last.disagreeing_generators, ["g"]);
    assert_eq!(world.median().await, "12:01:00 0.5");
}
