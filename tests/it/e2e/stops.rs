//! SIGSTOP and SIGCONT of each part: it hangs for a while, with its connections open.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use super::system::{System, median_of, verdicts_without_gaps};
use crate::harness::Part;

/// Five seconds for the keepalive, and as much again for a busy machine.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn s3_a_generator_that_hangs_does_not_hang_its_strategy() {
    let mut system = System::start().await;
    system.b.signal(Signal::STOP);
    let cause = format!("generator 127.0.0.1:{}: ", system.b.port);
    let state = system.trader.line("Y abstained since ").await;
    assert!(state.contains("ERROR state ERROR") && state.contains(&cause), "{state}");
    // It abstains anew each minute, so nothing waits for the generator.
    for _ in 0..3 {
        system.y.line(&cause).await;
    }
    system.b.signal(Signal::CONT);
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

#[tokio::test]
async fn r4_a_strategy_that_hangs_is_noticed_and_comes_back_as_the_same() {
    let mut system = System::start().await;
    system.y.line("INFO registered Y").await;
    let since = Instant::now();
    system.y.signal(Signal::STOP);
    system.trader.line("INFO lost the connection to Y").await;
    assert!(since.elapsed() < NOTICED_WITHIN, "{:?}", since.elapsed());
    system.trader.line("Y disconnected since ").await;

    system.y.signal(Signal::CONT);
    let again = system.y.line("INFO registered Y").await;
    assert!(again.contains(" epoch=2 ") && again.ends_with("taken_over=false"), "{again}");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

#[tokio::test]
async fn t4_a_trader_that_hangs_judges_no_minute_that_it_slept_through() {
    let mut system = System::start().await;
    let mut watcher = Part::watcher(&system.trader);
    watcher.event("a median", |event| event["kind"] == "median").await;
    system.trader.signal(Signal::STOP);
    // Longer than a minute, its grace and the half of it for which a trader may be late.
    let status = system.minutehand(&["status", "--timeout", "4s"]).await;
    assert_eq!(status.code, 5, "{}", status.err);
    // Who trades on it knows by a clock of its own when to stop; the strategies try to come back.
    let lapsed = watcher.event("its end", |event| event["event"] == "lapsed").await;
    assert_eq!(lapsed["treat_as"], "ERROR");
    system.x.line("; retrying").await;

    system.trader.signal(Signal::CONT);
    median_of(&mut system.trader, 2).await;
    watcher.event("the sleep", |event| event["kind"] == "not running").await;
    watcher.event("a median", |event| event["kind"] == "median").await;
    verdicts_without_gaps(&watcher);
    system.all_is_well().await;
}
