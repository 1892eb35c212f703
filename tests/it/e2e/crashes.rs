//! `kill -9` of each part, and its return.

use super::system::{System, client, median_of, verdicts_without_gaps};
use crate::harness::Part;
use chassis::status::{fact, reason};
use proto::v1::GetStatusRequest;
use tonic::Code;

#[tokio::test]
async fn s3_a_killed_generator_is_the_cause_that_everyone_is_told() {
    let mut system = System::start().await;
    system.b.kill().await;

    let refused = format!("generator 127.0.0.1:{}: connection refused", system.b.port);
    system.y.line(&refused).await;
    let state = system.trader.line("Y abstained since ").await;
    assert!(state.contains("ERROR state ERROR") && state.contains(&refused), "{state}");
    let status = system.no_median().await;
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(reason(&status).as_deref(), Some("no-median"));
    assert_eq!(fact(&status, "state").as_deref(), Some("ERROR"));

    system.b.start_again().await;
    median_of(&mut system.trader, 2).await;
    system.trader.line("INFO state OK (was ERROR)").await;
    system.all_is_well().await;
}

#[tokio::test]
async fn r3_a_killed_strategy_comes_back_under_a_new_epoch() {
    let mut system = System::start().await;
    system.y.kill().await;

    system.trader.line("INFO lost the connection to Y").await;
    let state = system.trader.line("Y disconnected since ").await;
    let advice = format!("`deregister -n Y --trader-port {}`", system.trader.port);
    assert!(state.contains("ERROR state ERROR") && state.contains(&advice), "{state}");

    system.y.start_again().await;
    let line = system.trader.line("INFO registered Y").await;
    assert!(line.contains(" epoch=3 ") && line.ends_with("taken_over=true"), "{line}");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}

#[tokio::test]
async fn e5_an_error_that_stays_is_logged_once() {
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let a = Part::generator("a", &[]).await;
    let mut y = Part::strategy("Y", &trader, &[&a], &[]);
    median_of(&mut trader, 1).await;
    let mut watcher = Part::watcher(&trader);
    y.kill().await;
    for _ in 0..3 {
        let failed = watcher.event("a failed minute", |event| event["kind"] == "failed").await;
        assert_eq!(
            (&failed["causes"][0]["subject"], &failed["causes_total"]),
            (&"Y".into(), &1.into())
        );
    }
    y.start_again().await;
    trader.line("INFO state OK (was ERROR)").await;
    assert_eq!(trader.said("Y disconnected since "), 1);
}

#[tokio::test]
async fn j2_a_killed_trader_goes_on_where_it_was() {
    let mut system = System::start().await;
    let mut watcher = Part::watcher(&system.trader);
    let median = |event: &serde_json::Value| event["kind"] == "median";
    let before = watcher.event("a median", median).await;
    system.trader.kill().await;
    system.trader.start_again().await;
    system.trader.line("INFO started; last minute on record: ").await;
    // The same processes, so the same epochs: nobody takes anything over.
    for (strategy, epoch) in [(&mut system.x, " epoch=1 "), (&mut system.y, " epoch=2 ")] {
        strategy.line("; retrying").await;
        let again = strategy.line("INFO registered ").await;
        assert!(again.contains(epoch) && again.ends_with("taken_over=false"), "{again}");
    }
    median_of(&mut system.trader, 2).await;
    let after = watcher.event("a median", |event| median(event) && *event != before).await;
    assert!(before["minute"].as_str() < after["minute"].as_str());
    verdicts_without_gaps(&watcher);
    system.all_is_well().await;
}

#[tokio::test]
async fn m3_a_watcher_hears_every_verdict_once_however_often_the_trader_is_killed() {
    let mut system = System::start().await;
    let mut watcher = Part::watcher(&system.trader);
    watcher.line("connected to trader ").await;
    for _ in 0..2 {
        system.trader.kill().await;
        system.trader.start_again().await;
        median_of(&mut system.trader, 2).await;
    }
    let request = GetStatusRequest::default();
    let status = client(&system.trader).get_status(request).await.unwrap().into_inner();
    let last = status.last_verdict.unwrap().last_minute.unwrap().to_string();
    let is_last = |event: &serde_json::Value| event["last_minute"] == last;
    watcher.event("the last verdict on record", is_last).await;
    verdicts_without_gaps(&watcher);
    system.all_is_well().await;
}
