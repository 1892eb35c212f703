//! An operator's halt holds until an operator ends it, whatever happens to the trader.

use chassis::status::fact;

use super::system::{System, median_of, verdicts_without_gaps};
use crate::harness::Part;

#[tokio::test]
async fn e4_a_halt_outlasts_the_trader_and_ends_by_resume_alone() {
    let mut system = System::start().await;
    let mut watcher = Part::watcher(&system.trader);
    let halted = system.minutehand(&["halt", "--reason", "venue B is odd"]).await;
    assert_eq!(halted.code, 0, "{}", halted.err);
    let state = system.trader.line("WARN state HALTED ").await;
    assert!(state.contains(": venue B is odd; `minutehand resume "), "{state}");
    let refused = system.no_median().await;
    for (key, value) in [("state", "HALTED"), ("halt_reason", "venue B is odd")] {
        assert_eq!(fact(&refused, key).as_deref(), Some(value));
    }

    system.trader.kill().await;
    system.trader.start_again().await;
    let started = system.trader.line("INFO started; last minute on record: ").await;
    assert!(started.contains(" state=HALTED "), "{started}");
    let status = system.minutehand(&["status"]).await;
    assert_eq!(status.code, 4, "{}", status.err);
    assert!(status.out.starts_with("HALTED since "), "{}", status.out);
    assert!(status.out.lines().nth(1).unwrap().ends_with(": venue B is odd"), "{}", status.out);
    watcher.event("a halted minute", |event| event["kind"] == "halted").await;

    let resumed = system.minutehand(&["resume", "--reason", "it is not"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    system.trader.line("INFO state WAITING (was HALTED)").await;
    median_of(&mut system.trader, 2).await;
    watcher
        .event("the end of the halt", |event| event["from"] == "HALTED" && event["to"] == "WAITING")
        .await;
    watcher.event("a median", |event| event["kind"] == "median").await;
    let from_halt_to_resume =
        watcher.events().into_iter().skip_while(|event| event["to"] != "HALTED");
    let mut halted = from_halt_to_resume.take_while(|event| event["to"] != "WAITING");
    assert!(halted.all(|event| event["kind"] != "median"));
    verdicts_without_gaps(&watcher);

    let again = system.minutehand(&["resume", "--reason", "twice"]).await;
    assert_eq!(again.code, 1, "{}", again.out);
    assert!(again.err.contains("not halted: there is nothing to resume"), "{}", again.err);
    system.all_is_well().await;
}
