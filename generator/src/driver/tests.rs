//! What the driver does when its clock is stepped back: tests put another clock in its place.

use chassis::{grid::Interval, server::health};
use futures_util::future::FutureExt as _;
use tokio::time::{Instant, timeout};

use super::*;
use crate::outcomes::Found;

fn time(of_day: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-11-20T{of_day}Z")).unwrap()
}

fn minute(of_day: &str) -> Minute {
    Minute::starting(time(of_day), Interval::default()).unwrap()
}

/// A driver that computes 1, 2, 3 …, whose clock shows `at`.
fn driver(at: &str) -> (Driver, watch::Receiver<Outcomes>) {
    let timing = Timing::new(Interval::default(), None, None).unwrap();
    let mut count = 0.0;
    let compute: Compute = Box::new(move |_| {
        count += 1.0;
        futures_util::future::ready(Ok(count)).boxed()
    });
    let run_id = "run".parse().unwrap();
    Driver::new(
        timing,
        Clock::starting_at(time(at)),
        compute,
        run_id,
        (health("test").0, ServiceManager::default()),
    )
}

/// The minutes that are kept, with values and run ids.
fn kept(outcomes: &watch::Receiver<Outcomes>) -> Vec<String> {
    let outcomes = outcomes.borrow();
    let oldest = outcomes.oldest();
    let all = std::iter::successors(oldest, |minute| Some(minute.next(Interval::default())));
    all.map_while(|minute| match outcomes.find(minute) {
        Found::Outcome(outcome) => outcome.result.clone().ok(),
        Found::Gone { .. } | Found::NotYet => None,
    })
    .map(|signal| {
        format!("{} {} {}", &signal.minute.to_string()[11..16], signal.value, signal.run_id)
    })
    .collect()
}

/// Runs the driver for `seconds`, then puts a clock in place that shows `then`.
async fn run_and_step(driver: &mut Driver, seconds: u64, then: &str) {
    let running = driver.run_until_stepped_back();
    assert!(timeout(Duration::from_secs(seconds), running).await.is_err(), "it runs on");
    driver.clock = Clock::starting_at(time(then));
}

#[tokio::test(start_paused = true)]
async fn g1_a_clock_that_slips_back_over_a_boundary_repeats_no_minute() {
    let (driver, _outcomes) = driver("12:01:59.990");
    assert_eq!(driver.after(minute("12:02:00")), minute("12:03:00"));
    assert_eq!(driver.after(minute("12:01:00")), minute("12:02:00"));
    assert_eq!(driver.after(minute("12:00:00")), minute("12:01:00"));
    assert_eq!(driver.after(minute("11:50:00")), minute("12:01:00"), "slept over");
}

#[tokio::test(start_paused = true)]
async fn g5_a_step_back_within_what_is_kept_is_waited_out() {
    let (mut driver, outcomes) = driver("12:01:30");
    run_and_step(&mut driver, 40, "12:01:20").await;
    assert_eq!(kept(&outcomes), ["12:01 1 run", "12:02 2 run"]);
    let start = Instant::now();
    let wait = driver.wait(minute("12:02:00"));
    let woken = wait.reach(time("12:03:00"), &mut ServiceManager::default()).await;
    assert!(matches!(woken, Woken::Reached));
    assert_eq!(start.elapsed().as_secs(), 100);
    assert_eq!(kept(&outcomes), ["12:01 1 run", "12:02 2 run"]);
}

#[tokio::test(start_paused = true)]
async fn g5_a_step_back_beyond_what_is_kept_starts_anew_under_another_run_id() {
    let (mut driver, outcomes) = driver("12:01:30");
    run_and_step(&mut driver, 100, "11:00:20").await;
    assert_eq!(kept(&outcomes), ["12:02 2 run", "12:03 3 run"]);
    let wait = driver.wait(minute("12:03:00"));
    let woken = wait.reach(time("12:04:00"), &mut ServiceManager::default()).await;
    assert!(matches!(woken, Woken::SteppedBack));
    driver.start_anew(&"run".parse().unwrap(), 1);
    assert!(kept(&outcomes).is_empty());
    assert!(timeout(Duration::from_secs(50), driver.run_until_stepped_back()).await.is_err());
    assert_eq!(kept(&outcomes), ["11:00 4 run-1", "11:01 5 run-1"]);
}

#[tokio::test(start_paused = true)]
async fn g5_a_step_back_within_the_skew_is_none() {
    let (mut driver, outcomes) = driver("12:01:00");
    run_and_step(&mut driver, 10, "12:00:59.100").await;
    let wait = driver.wait(minute("12:01:00"));
    let woken = wait.reach(time("12:02:00"), &mut ServiceManager::default()).await;
    assert!(matches!(woken, Woken::Reached));
    assert_eq!(kept(&outcomes), ["12:01 1 run"]);
}

#[tokio::test(start_paused = true)]
async fn t2_no_signal_is_stamped_before_its_minute() {
    let (mut driver, outcomes) = driver("12:00:59.500");
    let round = driver.round(minute("12:01:00"), time("12:01:10"));
    assert!(timeout(Duration::from_secs(1), round).await.is_err());
    let outcomes = outcomes.borrow();
    let signal = outcomes.newest().unwrap().result.as_ref().unwrap();
    assert!(signal.produced_at >= time("12:01:00"), "{}", signal.produced_at);
}
