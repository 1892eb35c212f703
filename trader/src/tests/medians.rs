//! What is published, and for how long it is current: rules M1, M5, E1, E2, J2.

use std::time::Duration;

use chassis::{status, wire::read_timestamp};
use proto::v1::{GetMedianRequest, GetMedianResponse, State};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{Config, config, name, shown::of_day, start, start_as, start_from, time};

#[tokio::test(start_paused = true)]
async fn m5_a_median_comes_with_what_it_is_of_and_for_how_long() {
    let world = start("12:00:30");
    let strategies =
        [world.register("X").await, world.register("Y").await, world.register("Z").await];
    world.reach("12:01:00").await;
    for (strategy, value) in strategies.iter().zip([0.75, -2.0, 0.5]) {
        assert_eq!(strategy.decide("12:01:00", value).await, "accepted");
    }
    world.reach("12:01:05").await;
    let answer = world.client.clone().get_median(GetMedianRequest {}).await.unwrap().into_inner();
    let GetMedianResponse {
        minute,
        median,
        count,
        lowest,
        highest,
        state,
        trader_time,
        valid_until,
    } = answer;
    assert_eq!((of_day(minute).as_str(), count), ("12:01:00", 3));
    assert_eq!([median, lowest, highest].map(f64::to_bits), [0.5, -2.0, 0.75].map(f64::to_bits));
    assert_eq!(state, i32::from(State::Ok));
    assert_eq!(read_timestamp(trader_time.unwrap()).unwrap(), world.clock.wall());
    assert_eq!(of_day(valid_until), "12:02:10");
}

#[tokio::test(start_paused = true)]
async fn e1_the_minute_fails_at_the_end_of_the_grace_with_all_causes() {
    let world = start("12:00:30");
    let (_silent, speaker) = (world.register("X").await, world.register("Y").await);
    let mut lost = world.register("Z").await;
    lost.hang_up();
    world.reach("12:01:00").await;
    assert_eq!(speaker.abstain("12:01:00", "no data").await, "accepted");
    assert_eq!(world.state().await, "ERROR Y ABSTAINED", "at once");
    world.reach("12:01:10").await;
    assert_eq!(world.state().await, "ERROR X SILENT, Y ABSTAINED, Z DISCONNECTED");
    let last = world.status().await.last_verdict.unwrap();
    assert_eq!((last.causes_total, last.count, last.median), (3, 0, None));
}

#[tokio::test(start_paused = true)]
async fn e2_without_a_current_median_state_and_causes_are_told() {
    let world = start("12:00:30");
    assert_eq!(
        world.median().await,
        "FailedPrecondition no-median: no current median: the state is IDLE"
    );
    let strategy = world.register("X").await;
    assert_eq!(
        world.median().await,
        "FailedPrecondition no-median: no current median: the state is WAITING"
    );
    world.reach("12:01:01").await;
    assert_eq!(strategy.abstain("12:01:00", "no data").await, "accepted");
    let refusal = world.client.clone().get_median(GetMedianRequest {}).await.unwrap_err();
    assert_eq!(refusal.code(), Code::FailedPrecondition);
    assert_eq!(refusal.message(), "no current median: the state is ERROR: X abstained");
    for (fact, value) in [
        ("state", "ERROR"),
        ("causes_total", "1"),
        ("trader_time", "2026-11-20T12:01:01.002Z"),
        ("halt_reason", ""),
    ] {
        assert_eq!(status::fact(&refusal, fact).as_deref(), Some(value), "{fact}");
    }
    let [violation] =
        refusal.get_details_precondition_failure().unwrap().violations.try_into().unwrap();
    assert_eq!((violation.r#type.as_str(), violation.subject.as_str()), ("abstained", "X"));
    assert_eq!(
        violation.description,
        "since 2026-11-20T12:01:00Z, last seen 2026-11-20T12:01:01.002Z: no data"
    );
}

#[tokio::test(start_paused = true)]
async fn e2_a_median_does_not_outlast_its_time() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.5).await;
    world.reach("12:02:09").await;
    assert!(world.serving().await);
    assert_eq!(world.median().await, "12:01:00 0.5");
    world.reach("12:02:10").await;
    assert_eq!(
        world.median().await,
        "FailedPrecondition no-median: no current median: the state is ERROR: X silent"
    );
    assert!(!world.serving().await);
}

#[tokio::test(start_paused = true)]
async fn e3_the_next_complete_minute_ends_the_error() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:02:01").await;
    assert_eq!(world.state().await, "ERROR X SILENT");
    strategy.decide("12:02:00", 0.5).await;
    assert_eq!(world.state().await, "OK");
    assert!(world.serving().await);
}

#[tokio::test(start_paused = true)]
async fn e3_an_error_ends_at_once_when_whom_it_names_has_left() {
    let world = start("12:00:30");
    let (_silent, speaker) = (world.register("X").await, world.register("Y").await);
    world.reach("12:01:00").await;
    speaker.decide("12:01:00", 0.5).await;
    world.reach("12:01:10").await;
    assert_eq!(world.state().await, "ERROR X SILENT");
    world.take_off("X").await;
    assert_eq!(world.state().await, "WAITING");
}

#[tokio::test(start_paused = true)]
async fn r7_who_must_be_registered_and_is_not_is_named() {
    let expect = [name("X"), name("Y")].into();
    let world = start_as("12:00:30", Config { expect, ..config() });
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.5).await;
    assert_eq!(world.state().await, "ERROR trader TOO_FEW");
    let status = world.status().await;
    let shown: Vec<_> =
        status.strategies.iter().map(|one| (one.name.as_str(), one.registered)).collect();
    assert_eq!(shown, [("X", true), ("Y", false)]);
    assert!(status.causes[0].detail.starts_with("not registered: Y; "), "{:?}", status.causes);
}

#[tokio::test(start_paused = true)]
async fn j2_a_restarted_trader_goes_on_where_it_stood() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    let world = start_from(&file, "12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.5).await;
    world.stopped().await;
    drop(strategy);

    let world = start_from(&file, "12:01:30");
    world.breathe().await;
    assert_eq!(world.median().await, "12:01:00 0.5");
    assert!(world.serving().await, "health goes with the state from the start");
    let again = world.register("X").await;
    assert_eq!(again.hold.epoch, 1, "the same instance, the same epoch");
    world.stopped().await;

    let world = start_from(&file, "12:02:10");
    world.breathe().await;
    assert!(!world.serving().await);
    assert!(world.median().await.starts_with("FailedPrecondition no-median"));
    assert!(world.clock.wall().since(time("12:02:10")) < Duration::from_secs(1));
}
