//! A trader that is stopped in order and started again, and what happened meanwhile.

use super::system::{System, median_of};

#[tokio::test]
async fn j2_a_strategy_that_died_while_the_trader_was_down_is_still_expected() {
    let mut system = System::start().await;
    system.trader.stop().await;
    system.y.kill().await;
    system.x.line("; retrying").await;

    system.trader.start_again().await;
    let started = system.trader.line("INFO started; last minute on record: ").await;
    assert!(started.ends_with(" strategies=2"), "{started}");
    system.trader.line("INFO registered X").await;
    let state = system.trader.line("Y disconnected since ").await;
    assert!(state.contains("ERROR state ERROR"), "{state}");
    let status = system.minutehand(&["status"]).await;
    assert_eq!(status.code, 4, "{}", status.err);
    for (name, session) in [("X ", " alive "), ("Y ", " lost ")] {
        let row = status.out.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(row.contains(session), "{row}");
    }

    system.y.start_again().await;
    let line = system.trader.line("INFO registered Y").await;
    assert!(line.contains(" epoch=3 ") && line.ends_with("taken_over=true"), "{line}");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

#[tokio::test]
async fn s4_strategies_outlast_a_restart_of_everything_else() {
    let mut system = System::start().await;
    system.trader.stop().await;
    system.a.stop().await;
    system.b.stop().await;
    system.x.line("; retrying").await;
    system.y.line("; retrying").await;
    system.a.start_again().await;
    system.b.start_again().await;
    system.trader.start_again().await;
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}
