//! Operators stop everything, and let it go on: rule E4.

use chassis::status;
use proto::v1::GetMedianRequest;

use super::{start, start_from};

#[tokio::test(start_paused = true)]
async fn e4_a_halt_stops_medians_until_it_is_ended() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.5).await;
    assert_eq!(world.halt("prices are wrong").await, "durable");
    assert!(!world.serving().await);
    let refused = world.client.clone().get_median(GetMedianRequest {}).await.unwrap_err();
    assert_eq!(refused.message(), "no current median: the state is HALTED");
    assert_eq!(status::fact(&refused, "halt_reason").as_deref(), Some("prices are wrong"));
    let halt = world.status().await.halt.unwrap();
    assert_eq!((halt.operator.as_str(), halt.durable), ("op@desk", true));

    world.reach("12:02:00").await;
    assert_eq!(strategy.decide("12:02:00", 0.5).await, "accepted");
    assert_eq!(world.resume("prices are right").await, "done");
    assert_eq!(world.state().await, "WAITING");
    let mut watcher = world.watch(Some("12:00:00")).await;
    assert_eq!(
        watcher.take(3).await,
        ["12:01:00 MEDIAN 0.5 of 1", "12:02:00 HALTED", "state WAITING"],
        "halted during some of it"
    );
    assert_eq!(
        world.resume("twice").await,
        "FailedPrecondition not-halted: not halted: there is nothing to resume; `minutehand status` shows the state"
    );
    world.reach("12:03:00").await;
    strategy.decide("12:03:00", 0.75).await;
    assert_eq!(world.median().await, "12:03:00 0.75");
}

#[tokio::test(start_paused = true)]
async fn e4_a_halted_minute_says_by_whom_and_why() {
    let world = start("12:00:30");
    world.register("X").await;
    let halts = async |minute: &str| {
        let halt = world.explain(minute, "", 0).await.halt;
        halt.map(|halt| format!("{} {}", halt.operator, halt.reason)).unwrap_or_default()
    };
    world.reach("12:01:30").await;
    for why in ["first", "second"] {
        assert_eq!(world.halt(why).await, "durable");
        assert_eq!(world.resume("on").await, "done");
    }
    world.reach("12:03:11").await;
    assert_eq!(world.halt("third").await, "durable");
    world.reach("12:05:11").await;
    let all = ["12:01:00", "12:02:00", "12:03:00", "12:04:00", "12:05:00"];
    let mut told = Vec::new();
    for minute in all {
        told.push(halts(minute).await);
    }
    assert_eq!(told, ["", "", "", "op@desk third", "op@desk third"]);
}

#[tokio::test(start_paused = true)]
async fn e4_a_halt_survives_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    let world = start_from(&file, "12:00:30");
    assert_eq!(world.halt("prices are wrong").await, "durable");
    world.stopped().await;
    let world = start_from(&file, "12:05:30");
    assert_eq!(world.state().await, "HALTED");
    assert_eq!(world.status().await.halt.unwrap().reason, "prices are wrong");
}

#[tokio::test(start_paused = true)]
async fn e4_a_halt_that_cannot_be_written_holds_and_says_so() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.5).await;
    world.disk.fails();
    assert_eq!(world.halt("prices are wrong").await, "in memory");
    assert!(!world.status().await.halt.unwrap().durable);
    assert!(world.median().await.ends_with("the state is HALTED"));
    assert_eq!(
        world.resume("prices are right").await,
        "Unavailable journal: journal: disk full; nothing has changed, try again"
    );
    world.disk.works();
    world.reach("12:01:05").await;
    assert!(world.status().await.halt.unwrap().durable, "tried again each second");
    assert_eq!(world.resume("prices are right").await, "done");
}

#[tokio::test(start_paused = true)]
async fn e4_on_a_disk_that_hangs_a_halt_says_that_a_median_of_before_may_come() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    world.disk.hangs();
    strategy.decide("12:01:00", 0.5).await;
    world.breathe().await;
    let before = world.clock.wall();
    let answer = world.halt("prices are wrong").await;
    assert!(answer.starts_with("Unavailable journal: journal: the halt holds until"), "{answer}");
    assert!(answer.contains("the median of 2026-11-20T12:01:00Z was being written"), "{answer}");
    assert_eq!(world.clock.wall().since(before).as_millis() / 100, 15, "1.5 s");
    assert!(world.median().await.ends_with("the state is HALTED"));
    world.reach("12:02:00").await;
    strategy.decide("12:02:00", 0.75).await;
    world.disk.works();
    assert_eq!(world.halt("prices are wrong").await, "durable");
    world.reach("12:02:10").await;
    assert!(world.median().await.ends_with("the state is HALTED"));
}
