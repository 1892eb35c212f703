//! Sessions that break and names that leave the list: rules R4, R5.

use proto::v1::DeregisterRequest;

use super::start;

#[tokio::test(start_paused = true)]
async fn r4_a_broken_connection_is_noticed_at_once_and_is_no_error() {
    let world = start("12:00:30");
    let mut strategy = world.register("X").await;
    world.reach("12:01:00").await;
    let other = world.register("Y").await;
    strategy.hang_up();
    world.breathe().await;
    let status = world.status().await;
    assert!(!status.strategies[0].connected);
    assert_eq!(world.state().await, "WAITING", "the grace still runs");
    assert!(world.status().await.strategies[1].connected);
    let again = world.apply(strategy.application()).await.unwrap();
    assert_eq!(again.decide("12:01:00", 0.5).await, "accepted");
    assert_eq!(world.state().await, "OK");
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn r4_a_caller_that_does_not_wait_for_its_answer_has_no_session() {
    let world = start("12:00:30");
    world.disk.hangs();
    let left = tokio::time::timeout(std::time::Duration::from_secs(1), world.register("X")).await;
    assert!(left.is_err());
    world.disk.works();
    world.breathe().await;
    let status = world.status().await;
    assert!(status.strategies[0].registered, "it may have been told of it");
    assert!(!status.strategies[0].connected);
}

#[tokio::test(start_paused = true)]
async fn r5_an_operator_takes_any_name_off_the_list() {
    let world = start("12:00:30");
    let mut strategy = world.register("X").await;
    assert_eq!(world.take_off("X").await, "done");
    assert_eq!(strategy.told().await, "SESSION_NOTICE_DEREGISTERED");
    assert_eq!(strategy.told().await, "end");
    assert_eq!(world.state().await, "IDLE");
    assert_eq!(
        world.take_off("X").await,
        "NotFound unknown: unknown: no strategy `X` is registered; `minutehand status` lists the names"
    );
}

#[tokio::test(start_paused = true)]
async fn r5_a_strategy_takes_off_only_itself() {
    let world = start("12:00:30");
    let mut strategy = world.register("X").await;
    let fenced = "Aborted fenced: fenced: this instance does not hold strategy `X` under epoch 1, another one does under epoch 1; this one must stop";
    let other = DeregisterRequest { instance: "X-2".to_owned(), ..strategy.leave() };
    assert_eq!(world.deregister(other).await, fenced);
    let old = DeregisterRequest { epoch: 0, ..strategy.leave() };
    assert_eq!(world.deregister(old).await, fenced.replacen("epoch 1", "epoch 0", 1));
    assert!(world.status().await.strategies[0].connected, "nothing has changed");
    assert_eq!(world.deregister(strategy.leave()).await, "done");
    assert_eq!(strategy.told().await, "SESSION_NOTICE_DEREGISTERED");
}

#[tokio::test(start_paused = true)]
async fn r5_who_leaves_is_not_waited_for() {
    let world = start("12:00:30");
    let (staying, _leaving) = (world.register("X").await, world.register("Y").await);
    let mut watcher = world.watch(None).await;
    world.reach("12:01:00").await;
    assert_eq!(staying.decide("12:01:00", 0.5).await, "accepted");
    assert_eq!(world.take_off("Y").await, "done");
    assert_eq!(world.take_off("X").await, "done");
    world.reach("12:02:00").await;
    assert_eq!(
        watcher.take(5).await,
        [
            "state WAITING",
            "12:01:00 MEDIAN 0.5 of 1",
            "state WAITING -> OK",
            "state OK -> IDLE",
            "12:02:00 NO_STRATEGIES",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn r5_a_word_of_who_leaves_does_not_count() {
    let world = start("12:00:30");
    let (leaving, staying) = (world.register("X").await, world.register("Y").await);
    world.reach("12:01:00").await;
    assert_eq!(leaving.decide("12:01:00", 0.9).await, "accepted");
    assert_eq!(world.deregister(leaving.leave()).await, "done");
    assert_eq!(staying.decide("12:01:00", 0.5).await, "accepted");
    assert_eq!(world.median().await, "12:01:00 0.5");
}
