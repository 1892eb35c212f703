//! Links that fall silent, in one direction or both, and links that break: the processes live.

use super::system::{System, instant, median_of, verdicts_without_gaps};
use crate::harness::{INTERVAL, Link, Part};

/// A system whose Y reaches trader and generator over links.
async fn linked() -> (System, Link, Link) {
    let mut system = System::start().await;
    let (to_trader, to_b) = (Link::to(system.trader.port).await, Link::to(system.b.port).await);
    system.reroute_y(to_trader.port, to_b.port, INTERVAL).await;
    (system, to_trader, to_b)
}

/// Y comes back as the process that it was, under its epoch, and there are medians again.
async fn is_back(mut system: System) -> System {
    let again = system.y.line("INFO registered Y").await;
    assert!(again.contains(" epoch=3 ") && again.ends_with("taken_over=false"), "{again}");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
    system
}

#[tokio::test]
async fn fault_39_a_silent_link_to_the_trader_is_noticed_and_mended() {
    let (mut system, to_trader, _to_b) = linked().await;
    to_trader.hold(true, true);
    let state = system.trader.line("Y silent since ").await;
    assert!(state.contains("ERROR state ERROR"), "{state}");
    system.trader.line("INFO lost the connection to Y").await;
    system.y.line("; retrying").await;
    to_trader.hold(false, false);
    is_back(system).await;
}

#[tokio::test]
async fn fault_40_what_is_submitted_counts_once_though_its_answers_are_lost() {
    let (mut system, to_trader, _to_b) = linked().await;
    to_trader.hold(false, true);
    let counted = median_of(&mut system.trader, 2).await;
    system.y.line("; retrying").await;
    to_trader.hold(false, false);
    let system = is_back(system).await;
    let of_y = |line: &&String| line.contains(" Y submitted ") && line.contains(&counted.minute);
    assert_eq!(system.trader.seen.iter().filter(of_y).count(), 1, "{counted:?}");
}

#[tokio::test]
async fn fault_41_what_is_not_heard_is_not_counted() {
    let (mut system, to_trader, _to_b) = linked().await;
    to_trader.hold(true, false);
    let state = system.trader.line("Y silent since ").await;
    assert!(state.contains("ERROR state ERROR"), "{state}");
    system.trader.line("INFO lost the connection to Y").await;
    system.y.line("; retrying").await;
    to_trader.hold(false, false);
    is_back(system).await;
}

#[tokio::test]
async fn fault_26_fault_43_a_late_submission_changes_no_minute() {
    let (system, to_trader, _to_b) = linked().await;
    let mut watcher = Part::watcher(&system.trader);
    watcher.event("a median", |event| event["kind"] == "median").await;
    to_trader.hold(true, true);
    // Shorter than the silence that ends a session: what was held back comes all at once.
    let failed = watcher.event("a failed minute", |event| event["kind"] == "failed").await;
    assert_eq!(failed["causes"][0]["subject"], "Y", "{failed}");
    to_trader.hold(false, false);
    let is_next = |event: &serde_json::Value| event["kind"] == "median";
    let next = watcher.event("a median", is_next).await;
    assert!(instant(&failed["minute"]) < instant(&next["minute"]));
    let told = system.minutehand(&["explain", failed["minute"].as_str().unwrap()]).await;
    assert!(told.out.lines().next().unwrap().ends_with(" failed"), "it stays so: {}", told.out);
    verdicts_without_gaps(&watcher);
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_42_a_silent_link_to_a_generator_is_the_cause_that_everyone_is_told() {
    let (mut system, _to_trader, to_b) = linked().await;
    to_b.hold(true, true);
    let cause = format!("generator 127.0.0.1:{}: ", to_b.port);
    let state = system.trader.line("Y abstained since ").await;
    assert!(state.contains("ERROR state ERROR") && state.contains(&cause), "{state}");
    // Longer than a keepalive: the link is given up, and a new one is as silent.
    for _ in 0..4 {
        system.y.line(&cause).await;
    }
    to_b.hold(false, false);
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}
