//! What the service manager hears of a trader, and from where.

use std::time::Duration;

use chassis::service_manager::testing::Listener;

use super::{World, config, start_as};
use crate::server::Config;

/// Eight signs of life a minute.
const PATIENCE: Duration = Duration::from_secs(30);

fn supervised(at: &str) -> (World, Listener) {
    let listener = Listener::new(PATIENCE);
    let world = start_as(at, Config { service_manager: listener.manager(), ..config() });
    (world, listener)
}

/// The signs of life since the last look.
fn signs(listener: &Listener) -> usize {
    listener.heard().iter().filter(|word| *word == "WATCHDOG=1").count()
}

/// The same of the minutes from one to another.
async fn signs_in(world: &World, listener: &Listener, minutes: std::ops::Range<u32>) -> usize {
    let mut count = 0;
    for minute in minutes {
        world.reach(&format!("12:{:02}:00", minute + 1)).await;
        count += signs(listener);
    }
    count
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_when_its_loop_runs_and_says_each_state() {
    let (world, listener) = supervised("12:00:30");
    assert!(listener.heard().is_empty(), "nothing has run yet");
    world.breathe().await;
    assert_eq!(
        listener.heard(),
        ["READY=1", "WATCHDOG=1", "STATUS=IDLE: no strategy is registered"]
    );
    let strategy = world.register("X").await;
    assert_eq!(listener.heard(), ["STATUS=WAITING: 1 registered, no verdict yet"]);
    world.reach("12:01:00").await;
    listener.heard();
    strategy.decide("12:01:00", 0.25).await;
    world.breathe().await;
    assert_eq!(listener.heard(), ["STATUS=OK: median 0.25 of 1 for 2026-11-20T12:01:00Z"]);
    world.reach("12:02:00").await;
    listener.heard();
    strategy.decide("12:02:00", 0.5).await;
    world.breathe().await;
    assert_eq!(listener.heard(), ["STATUS=OK: median 0.5 of 1 for 2026-11-20T12:02:00Z"]);
    world.reach("12:03:10").await;
    let heard = listener.heard();
    let status = heard.last().unwrap();
    assert!(status.starts_with("STATUS=ERROR: X silent since 2026-11-20T12:03:00Z"), "{heard:?}");
    assert_eq!(world.halt("odd fills").await, "durable");
    assert_eq!(
        listener.heard(),
        ["STATUS=HALTED: by op@desk: odd fills; `minutehand resume --reason …` ends it"]
    );
    world.stopped().await;
    assert_eq!(listener.heard(), ["STOPPING=1"]);
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_come_with_and_without_work_and_in_every_state() {
    let (world, listener) = supervised("12:00:00");
    let idle = signs_in(&world, &listener, 0..5).await;
    assert!((36..=41).contains(&idle), "{idle}");
    let strategy = world.register("X").await;
    world.reach("12:06:00").await;
    signs(&listener);
    for _ in 0..1_000 {
        strategy.decide("12:06:00", 0.5).await;
    }
    assert!(signs(&listener) <= 1, "work is no reason for more of them");
    let in_error = signs_in(&world, &listener, 6..11).await;
    assert!(world.state().await.starts_with("ERROR"));
    assert!((36..=41).contains(&in_error), "{in_error}");
}

#[tokio::test(start_paused = true)]
async fn j6_a_disk_that_hangs_is_no_reason_to_be_ended() {
    let (world, listener) = supervised("12:00:30");
    world.register("X").await;
    world.reach("12:01:00").await;
    world.disk.hangs();
    world.reach("12:02:00").await;
    signs(&listener);
    let stuck = signs_in(&world, &listener, 2..12).await;
    assert!(world.state().await.contains("JOURNAL"));
    assert!((72..=81).contains(&stuck), "its loop runs: {stuck}");
    world.disk.works();
}
