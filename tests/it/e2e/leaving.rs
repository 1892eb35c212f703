//! SIGINT and SIGTERM: each part ends in order, and says what it leaves behind.

use rustix::process::Signal;

use super::system::{System, median_of};
use crate::harness::Part;

#[tokio::test]
async fn s5_a_strategy_that_is_stopped_takes_itself_off_the_list() {
    let mut system = System::start().await;
    system.y.stop().await;
    assert!(system.y.seen.last().unwrap().ends_with("INFO deregistered Y"));
    system.trader.line("INFO deregistered Y").await;
    median_of(&mut system.trader, 1).await;

    // With --stay it is waited for instead.
    let mut stays = Part::strategy("Z", &system.trader, &[&system.b], &["--stay"]);
    median_of(&mut system.trader, 2).await;
    stays.signal(Signal::TERM);
    stays.exits_with(0).await;
    let state = system.trader.line("Z disconnected since ").await;
    assert!(state.contains("ERROR state ERROR"), "{state}");
    system.all_is_well().await;
}

#[tokio::test]
async fn s5_a_strategy_whose_trader_is_gone_says_that_it_stays_registered() {
    let mut system = System::start().await;
    system.trader.kill().await;
    system.x.signal(Signal::INT);
    system.y.signal(Signal::INT);
    system.x.exits_with(1).await;
    let last = system.x.seen.last().unwrap();
    let way_out =
        format!("X stays registered: `deregister -n X --trader 127.0.0.1:{}`", system.trader.port);
    assert!(last.contains(&way_out), "{last}");

    // Who does not want to wait for that asks twice.
    system.y.exits_with(1).await;
    system.y.start_again().await;
    system.y.line("; retrying").await;
    system.y.signal(Signal::INT);
    system.y.line("INFO SIGINT: stopping; a second signal stops at once").await;
    system.y.signal(Signal::INT);
    system.y.exits_with(1).await;
    assert_eq!(system.y.said("Y stays registered"), 1, "only the first time");
}

#[tokio::test]
async fn s5_servers_stop_with_their_streams_open_and_their_callers_waiting() {
    let mut system = System::start().await;
    let mut watcher = Part::watcher(&system.trader);
    watcher.event("a median", |event| event["kind"] == "median").await;
    system.trader.stop().await;
    system.b.stop().await;
    system.a.signal(Signal::TERM);
    system.a.exits_with(0).await;
    watcher.line("no link to trader ").await;
    system.y.line("; retrying").await;
    system.all_is_well().await;
}
