//! Who holds a name: rules R1, R2, R3, R6, T6.

use std::{pin::pin, time::Duration};

use chassis::wire::duration;
use proto::v1::{RegisterOutcome, RegisterRequest, Registered};
use tokio::time::timeout;

use super::{Config, callers::application, config, shown::of_day, start, start_as};

#[tokio::test(start_paused = true)]
async fn r1_the_first_message_says_what_was_agreed() {
    let world = start("12:00:30");
    let Registered { outcome, journal, epoch, first_minute, trader_time, interval, grace, skew } =
        world.register("X").await.hold;
    assert_eq!(outcome, i32::from(RegisterOutcome::Accepted));
    assert_eq!((journal.as_str(), epoch), ("j", 1));
    assert_eq!(
        (of_day(first_minute), of_day(trader_time)),
        ("12:01:00".to_owned(), "12:00:30".to_owned())
    );
    let seconds = |length: Option<prost_types::Duration>| length.unwrap().seconds;
    assert_eq!((seconds(interval), seconds(grace), seconds(skew)), (60, 10, 1));
    assert_eq!(world.register("Y").await.hold.epoch, 2);
}

#[tokio::test(start_paused = true)]
async fn r1_who_comes_within_a_minute_is_expected_from_the_next() {
    let world = start("12:01:05");
    let strategy = world.register("X").await;
    assert_eq!(of_day(strategy.hold.first_minute), "12:02:00");
    assert_eq!(
        strategy.decide("12:01:00", 0.5).await,
        "OutOfRange late: late: minute 2026-11-20T12:01:00Z is closed; the trader's clock shows 2026-11-20T12:01:05Z, minute 2026-11-20T12:02:00Z is next"
    );
}

#[tokio::test(start_paused = true)]
async fn r1_nobody_is_registered_before_it_is_on_disk() {
    let world = start("12:00:59.500");
    world.disk.hangs();
    let mut registering = pin!(world.register("X"));
    assert!(timeout(Duration::from_secs(1), &mut registering).await.is_err());
    assert!(world.status().await.strategies.is_empty());
    world.disk.works();
    let strategy = registering.await;
    assert_eq!(of_day(strategy.hold.trader_time), "12:01:00.500");
    assert_eq!(of_day(strategy.hold.first_minute), "12:02:00", "the first one after that");
}

#[tokio::test(start_paused = true)]
async fn r1_a_registration_that_cannot_be_written_is_none() {
    let world = start("12:00:30");
    world.disk.fails();
    assert_eq!(
        world.refused(application("X", "X-1")).await,
        "Unavailable journal: journal: disk full; nothing has changed, try again"
    );
    world.disk.hangs();
    assert_eq!(
        world.refused(application("Y", "Y-1")).await,
        "Unavailable journal: journal: the journal does not keep up; it may still come about"
    );
    world.disk.works();
    world.breathe().await;
    let names = world.status().await.strategies.into_iter().map(|strategy| strategy.name);
    assert_eq!(names.collect::<Vec<_>>(), ["Y"], "it came about");
    assert_eq!(world.register("Y").await.hold.epoch, 2, "the same instance, the same epoch");
}

#[tokio::test(start_paused = true)]
async fn r2_a_name_whose_session_is_alive_is_taken() {
    let world = start("12:00:30");
    let running = world.register("X").await;
    assert_eq!(
        world.refused(application("X", "X-2")).await,
        "AlreadyExists taken: double registration: rejected; strategy `X` is running elsewhere: stop that one, or choose another name"
    );
    world.reach("12:01:00").await;
    assert_eq!(running.decide("12:01:00", 0.5).await, "accepted");
    assert_eq!(world.median().await, "12:01:00 0.5");
}

#[tokio::test(start_paused = true)]
async fn r2_the_same_instance_replaces_its_own_session() {
    let world = start("12:00:30");
    let mut first = world.register("X").await;
    let second = world.apply(first.application()).await.unwrap();
    assert_eq!(second.hold.epoch, first.hold.epoch);
    assert_eq!(first.told().await, "end");
    drop(first);
    world.breathe().await;
    assert!(world.status().await.strategies[0].connected, "the second one lives");
    // What it holds may have been lost with the first answer.
    let third = world.register("X").await;
    assert_eq!(third.hold.epoch, 1);
}

#[tokio::test(start_paused = true)]
async fn r3_a_lost_name_is_taken_over_under_a_new_epoch() {
    let world = start("12:00:30");
    let mut lost = world.register("X").await;
    lost.hang_up();
    world.breathe().await;
    let successor = world.apply(application("X", "X-2")).await.unwrap();
    assert_eq!(successor.hold.outcome, i32::from(RegisterOutcome::TakenOver));
    assert_eq!(successor.hold.epoch, 2);
    assert_eq!(of_day(successor.hold.first_minute), "12:01:00", "it is expected all along");
    let fenced = "Aborted fenced: fenced: this instance does not hold strategy `X` under epoch 1, another one does under epoch 2; this one must stop";
    assert_eq!(world.refused(lost.application()).await, fenced);
    assert_eq!(lost.decide("12:01:00", 0.5).await, fenced);
    assert_eq!(
        successor.decide("12:01:00", 0.5).await.split(':').next(),
        Some("OutOfRange future")
    );
}

#[tokio::test(start_paused = true)]
async fn r3_who_is_off_the_list_does_not_come_back_with_its_epoch() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    assert_eq!(world.take_off("X").await, "done");
    let deregistered = "Aborted deregistered: deregistered: strategy `X` with epoch 1 is off the list; start it anew to register again";
    assert_eq!(world.refused(strategy.application()).await, deregistered);
    assert_eq!(strategy.decide("12:01:00", 0.5).await, deregistered);
    assert_eq!(world.register("X").await.hold.epoch, 2);
}

#[tokio::test(start_paused = true)]
async fn r3_an_epoch_of_another_journal_is_none() {
    let world = start("12:00:30");
    let elsewhere =
        RegisterRequest { journal: "other".to_owned(), epoch: 7, ..application("X", "X-1") };
    let mut strategy = world.apply(elsewhere).await.unwrap();
    assert_eq!(strategy.hold.epoch, 1);
    strategy.hold.journal = "other".to_owned();
    assert_eq!(
        strategy.decide("12:01:00", 0.5).await,
        "NotFound not-registered: not registered: epoch 1 of strategy `X` is not of this journal; register, then repeat"
    );
}

#[tokio::test(start_paused = true)]
async fn r3_no_more_than_the_limit_are_registered() {
    let world = start_as("12:00:30", Config { strategies_max: 1, ..config() });
    let strategy = world.register("X").await;
    assert_eq!(
        world.refused(application("Y", "Y-1")).await,
        "ResourceExhausted full: full: 1 strategies are registered, which is the limit; deregister one, or raise --strategies-max"
    );
    world.apply(strategy.application()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn t6_another_interval_is_refused_with_both_named() {
    let world = start("12:00:30");
    for (seconds, nanos, theirs) in [
        (2, 0, "2s"),
        (60, 1, "60.000000001s"),
        (0, 0, "0ns"),
        (i64::MAX, 0, "9223372036854775807s"),
    ] {
        let interval = Some(prost_types::Duration { seconds, nanos });
        let other = RegisterRequest { interval, ..application("X", "X-1") };
        assert_eq!(
            world.refused(other).await,
            format!(
                "FailedPrecondition interval: interval: the strategy's is {theirs}, the trader's is 1m; start both with the same --interval"
            )
        );
    }
    let interval = Some(duration(Duration::from_mins(1)));
    world.apply(RegisterRequest { interval, ..application("X", "X-1") }).await.unwrap();
}
