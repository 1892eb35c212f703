//! What callers are answered while computing goes well.

use super::*;
use crate::signal::uniform;

#[tokio::test(start_paused = true)]
async fn g1_the_current_minute_is_computed_at_once() {
    let world = start("12:01:30", counting());
    let signal = world.signal("latest").await.unwrap();
    assert_eq!(show_signal(&signal), "12:01:00 = 1");
    assert_eq!(of_day(received(signal.produced_at)), "12:01:30");
    assert!(world.serving().await);
}

#[tokio::test(start_paused = true)]
async fn g1_each_minute_is_computed_at_its_boundary_and_the_last_two_are_kept() {
    let world = start("12:01:30", counting());
    world.reach("12:03:05").await;
    assert_eq!(world.get("12:03:00").await, "12:03:00 = 3");
    assert_eq!(world.get("12:02:00").await, "12:02:00 = 2");
    assert_eq!(
        world.get("12:01:00").await,
        "OutOfRange gone: the signal of 2026-11-20T12:01:00Z is not kept, the oldest minute that is kept is 2026-11-20T12:02:00Z; if 2026-11-20T12:01:00Z is this minute, compare the clocks of both machines"
    );
    let produced_at = received(world.signal("12:03:00").await.unwrap().produced_at);
    let late = produced_at.since(time("12:03:00"));
    assert!(produced_at >= time("12:03:00") && late < Duration::from_millis(2), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn g2_a_call_waits_until_the_signal_exists() {
    let world = start("12:00:58", computing(seconds(3), |_| Ok(0.5)));
    world.reach("12:00:59.500").await;
    assert_eq!(world.get_now("12:01:00").await, None);
    assert_eq!(world.get("12:01:00").await, "12:01:00 = 0.5");
    let late = world.clock.wall().distance(time("12:01:03"));
    assert!(late < Duration::from_millis(5), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn g2_a_minute_beyond_the_skew_is_in_the_future() {
    let world = start("12:00:58", counting());
    assert_eq!(
        world.get("12:01:00").await,
        "OutOfRange future: 2026-11-20T12:01:00Z is 2.000 s ahead of this generator's clock (2026-11-20T12:00:58Z), 1.000 s are tolerated: check the clocks of both machines"
    );
    world.reach("12:00:59").await;
    assert_eq!(world.get_now("12:01:00").await, None, "within the skew");
}

#[tokio::test(start_paused = true)]
async fn g2_minutes_before_the_generators_start_are_gone() {
    let world = start("12:01:30", counting());
    let answer = world.get("12:00:00").await;
    assert!(answer.starts_with("OutOfRange gone: "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn g2_the_latest_is_the_last_one_while_the_next_is_computed() {
    let world = start("12:01:30", computing(seconds(3), |_| Ok(0.5)));
    assert_eq!(world.get_now("latest").await, None, "the first one is awaited");
    assert_eq!(world.get("latest").await, "12:01:00 = 0.5");
    world.reach("12:02:01").await;
    assert_eq!(world.get_now("latest").await.unwrap(), "12:01:00 = 0.5");
    assert_eq!(world.get("12:02:00").await, "12:02:00 = 0.5");
    assert_eq!(world.get("latest").await, "12:02:00 = 0.5");
}

#[tokio::test(start_paused = true)]
async fn g2_after_a_sleep_nothing_old_is_the_latest() {
    let world = start("12:01:00", counting());
    world.get("latest").await;
    tokio::time::advance(seconds(600)).await;
    assert_eq!(world.get("latest").await, "12:11:00 = 2");
    let answer = world.get("12:10:00").await;
    assert!(answer.starts_with("OutOfRange gone: "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn g4_a_restart_changes_no_signal() {
    let before = start_as("one", "12:01:00", uniform(7));
    let after = start_as("two", "12:01:40", uniform(7));
    let other = start_as("three", "12:01:40", uniform(8));
    assert_eq!(before.get("12:01:00").await, after.get("12:01:00").await);
    assert_ne!(before.get("12:01:00").await, other.get("12:01:00").await);
}

#[tokio::test(start_paused = true)]
async fn g5_signals_carry_name_and_run_and_one_value_for_one_minute() {
    let world = start_as("4a17", "12:01:00", counting());
    let first = world.signal("12:01:00").await.unwrap();
    assert_eq!((first.generator.as_str(), first.run_id.as_str()), ("g", "4a17"));
    world.reach("12:02:30").await;
    assert_eq!(world.signal("12:01:00").await.unwrap(), first);
}

#[tokio::test(start_paused = true)]
async fn t6_another_interval_is_refused() {
    let world = start("12:01:00", counting());
    let interval = Some(prost_types::Duration { seconds: 2, nanos: 0 });
    let request = GetSignalRequest { interval, ..asking_for("12:01:02") };
    let refusal = world.client.clone().get_signal(request).await.unwrap_err();
    assert_eq!(
        show_refusal(&refusal),
        "FailedPrecondition interval: the caller's interval is 2s, this generator's is 1m: start both with the same --interval"
    );
}
