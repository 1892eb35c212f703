//! Whatever breaks and is mended before a minute's grace is over costs nobody that minute.

use rustix::process::Signal;

use super::system::{Median, System, instant, median_of, verdicts_each};
use crate::harness::{Link, Part};

const MINUTE_US: i64 = 6_000_000;

/// Waits until the trader misses Y in the minute after this one, and says which that is.
async fn misses_y(system: &mut System, last: &Median) -> i64 {
    system.trader.line("INFO median: retrying to compute, missing: Y").await;
    minute_after(last)
}

/// The median that was looked at last.
fn last_median(system: &System) -> Median {
    let line = system
        .trader
        .seen
        .iter()
        .rfind(|line| line.contains("INFO median: 0.") || line.contains("INFO median: 1."));
    Median::read(line.expect("each system starts with one"))
}

fn minute_after(median: &Median) -> i64 {
    start(median) + MINUTE_US
}

fn start(median: &Median) -> i64 {
    instant(&median.minute.clone().into()).as_micros()
}

#[tokio::test]
async fn fault_01_a_generator_that_is_back_within_the_patience_costs_no_minute() {
    let mut system = System::slow().await;
    system.b.kill().await;
    let last = last_median(&system);
    let missed = misses_y(&mut system, &last).await;
    system.b.start_again().await;
    assert_eq!(start(&median_of(&mut system.trader, 2).await), missed);
    assert_eq!(system.trader.said(" state ERROR "), 0);
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_11_a_strategy_that_is_back_within_the_grace_costs_no_minute() {
    let mut system = System::slow().await;
    let last = last_median(&system);
    system.y.kill().await;
    let missed = misses_y(&mut system, &last).await;
    system.y.start_again().await;
    let line = system.trader.line("INFO registered Y").await;
    assert!(line.contains(" epoch=3 ") && line.ends_with("taken_over=true"), "{line}");
    assert_eq!(start(&median_of(&mut system.trader, 2).await), missed);
    assert_eq!(system.trader.said(" state ERROR "), 0);
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_29_a_trader_killed_within_a_minute_gives_it_one_verdict() {
    let mut system = System::slow().await;
    let mut watcher = Part::watcher(&system.trader);
    let last = last_median(&system);
    // It has heard X, and waits for Y, which is held up on its way.
    system.y.signal(Signal::STOP);
    let missed = misses_y(&mut system, &last).await;
    system.trader.kill().await;
    system.y.signal(Signal::CONT);
    system.trader.start_again().await;
    // X repeats what nobody has on record.
    assert_eq!(start(&median_of(&mut system.trader, 2).await), missed);
    watcher
        .event("its verdict", |event| {
            event["kind"] == "median" && instant(&event["minute"]).as_micros() == missed
        })
        .await;
    verdicts_each(MINUTE_US, &watcher);
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_48_a_rolling_restart_of_the_trader_costs_no_minute() {
    let mut system = System::slow().await;
    let mut watcher = Part::watcher(&system.trader);
    let last = last_median(&system);
    system.trader.stop().await;
    system.trader.start_again().await;
    assert_eq!(start(&median_of(&mut system.trader, 2).await), minute_after(&last));
    watcher
        .event("its verdict", |event| {
            event["kind"] == "median"
                && instant(&event["minute"]).as_micros() == minute_after(&last)
        })
        .await;
    let kinds = watcher.events();
    assert!(kinds.iter().all(|event| event["kind"] != "failed" && event["kind"] != "not running"));
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_46_a_call_that_is_reset_on_its_way_is_made_again() {
    let mut system = System::slow().await;
    let (to_trader, to_b) = (Link::to(system.trader.port).await, Link::to(system.b.port).await);
    system.reroute_y(to_trader.port, to_b.port, "6s").await;
    for link in [&to_b, &to_trader] {
        let last = last_median(&system);
        link.hold(true, true);
        let missed = misses_y(&mut system, &last).await;
        link.reset();
        link.hold(false, false);
        assert_eq!(start(&median_of(&mut system.trader, 2).await), missed);
    }
    assert_eq!(system.trader.said(" state ERROR "), 0);
    system.all_is_well().await;
}
