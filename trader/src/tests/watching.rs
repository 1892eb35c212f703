//! Following what happens: rule M6.

use std::time::Duration;

use chassis::status;
use tokio::time::timeout;
use tonic::Code;

use super::{
    World,
    callers::{Strategy, Watcher},
    shown::{refusal, said},
    start, start_from, time,
};
use crate::handle::HAPPENINGS_MAX;

/// `X` decides 0.5 at the beginning of each of so many minutes from 12:01 on.
async fn decide_for(world: &World, strategy: &Strategy, minutes: std::ops::Range<u32>) {
    for minute in minutes {
        let minute = format!("12:{minute:02}:00");
        world.reach(&minute).await;
        assert_eq!(strategy.decide(&minute, 0.5).await, "accepted");
        world.breathe().await;
    }
}

fn medians(minutes: std::ops::Range<u32>) -> Vec<String> {
    minutes.map(|minute| format!("12:{minute:02}:00 MEDIAN 0.5 of 1")).collect()
}

async fn nothing_more(watcher: &mut Watcher) {
    assert!(timeout(Duration::from_millis(10), watcher.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn m6_a_watcher_is_told_the_state_then_everything_that_happens() {
    let world = start("12:00:30");
    let mut watcher = world.watch(None).await;
    assert_eq!(watcher.next().await, "state IDLE");
    let strategy = world.register("X").await;
    assert_eq!(watcher.next().await, "state IDLE -> WAITING");
    decide_for(&world, &strategy, 1..3).await;
    assert_eq!(
        watcher.take(3).await,
        ["12:01:00 MEDIAN 0.5 of 1", "state WAITING -> OK", "12:02:00 MEDIAN 0.5 of 1"]
    );
    world.halt("test").await;
    assert_eq!(watcher.next().await, "state OK -> HALTED");
    assert_eq!(world.resume("test").await, "done");
    world.reach("12:03:10").await;
    assert_eq!(
        watcher.take(3).await,
        ["state HALTED -> WAITING", "state WAITING -> ERROR X SILENT", "12:03:00 FAILED X SILENT"]
    );
    nothing_more(&mut watcher).await;
}

#[tokio::test(start_paused = true)]
async fn m6_the_past_is_replayed_then_followed_without_a_gap() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    decide_for(&world, &strategy, 1..10).await;
    let mut watcher = world.watch(Some("12:03:00")).await;
    assert_eq!(watcher.take(6).await, medians(4..10));
    assert_eq!(watcher.next().await, "state OK");
    decide_for(&world, &strategy, 10..11).await;
    assert_eq!(watcher.next().await, "12:10:00 MEDIAN 0.5 of 1");
    decide_for(&world, &strategy, 11..12).await;
    assert_eq!(watcher.next().await, "12:11:00 MEDIAN 0.5 of 1");
}

#[tokio::test(start_paused = true)]
async fn m6_there_is_no_gap_wherever_the_replay_ends() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    decide_for(&world, &strategy, 1..5).await;
    let mut watchers = Vec::new();
    for read in 0..=5 {
        let mut watcher = world.watch(Some("12:00:00")).await;
        let before = watcher.take(read).await;
        watchers.push((before, watcher));
    }
    decide_for(&world, &strategy, 5..7).await;
    for (mut heard, mut watcher) in watchers {
        heard.extend(watcher.take(7 - heard.len()).await);
        heard.retain(|said| said != "state OK");
        assert_eq!(heard, medians(1..7));
        nothing_more(&mut watcher).await;
    }
}

#[tokio::test(start_paused = true)]
async fn m6_a_long_past_comes_in_pages_and_whole() {
    let world = start("12:00:30");
    world.reach("15:30:10").await;
    let mut watcher = world.watch(Some("12:00:00")).await;
    for minute in 1..=210 {
        let (hour, minute) = (12 + minute / 60, minute % 60);
        assert_eq!(watcher.next().await, format!("{hour}:{minute:02}:00 NO_STRATEGIES"));
    }
    assert_eq!(watcher.next().await, "state IDLE");
}

#[tokio::test(start_paused = true)]
async fn m6_a_run_of_minutes_is_replayed_to_whoever_has_not_seen_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    let world = start_from(&file, "12:00:30");
    let strategy = world.register("X").await;
    decide_for(&world, &strategy, 1..2).await;
    world.stopped().await;
    drop(strategy);
    let world = start_from(&file, "12:09:02");
    world.reach("12:09:10").await;
    let run = "12:02:00 to 12:08:00 NOT_RUNNING";
    for (after, next) in [("12:01:00", run), ("12:05:00", run)] {
        assert_eq!(world.watch(Some(after)).await.next().await, next, "{after}");
    }
    let mut all = world.watch(Some("12:00:00")).await;
    assert_eq!(all.next().await, "12:01:00 MEDIAN 0.5 of 1");
    assert_eq!(all.next().await, run);
    assert_eq!(all.next().await, "12:09:00 FAILED X DISCONNECTED");
}

#[tokio::test(start_paused = true)]
async fn m6_a_slow_reader_is_cut_off_and_goes_on_from_there() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    let mut slow = world.watch(None).await;
    let mut quick = world.watch(None).await;
    assert_eq!(slow.take(1).await, ["state WAITING"]);
    decide_for(&world, &strategy, 1..2).await;
    let ((), quick_heard) = tokio::join!(world.reach("13:30:10"), quick.take(93));
    assert_eq!(quick_heard[92], "13:30:00 FAILED X SILENT");
    let mut heard = Vec::new();
    let cut_off = loop {
        let next = timeout(Duration::from_secs(1), slow.message()).await;
        match next.expect("it hears what was kept for it, then that it is cut off") {
            Ok(Some(happening)) => heard.push(said(&happening)),
            Ok(None) => panic!("an end without a word"),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(heard.len(), HAPPENINGS_MAX, "bounded, and used up");
    assert_eq!(cut_off.code(), Code::ResourceExhausted);
    assert_eq!(status::reason(&cut_off).as_deref(), Some("slow"));
    assert_eq!(
        cut_off.message(),
        "slow: this reader fell behind; watch again after the last minute received"
    );
    let last = status::fact(&cut_off, "last_minute").unwrap();
    let last = &last[11..19];
    assert!(heard.iter().rev().find(|said| !said.starts_with("state")).unwrap().starts_with(last));

    let mut again = world.watch(Some(last)).await;
    heard.extend(again.take(90 - verdicts(&heard).len()).await);
    let expected: Vec<u32> = (1..=90).collect();
    assert_eq!(verdicts(&heard), expected);
}

/// Minutes since noon of the verdicts among what was heard.
fn verdicts(heard: &[String]) -> Vec<u32> {
    let verdicts = heard.iter().filter(|said| !said.starts_with("state"));
    verdicts
        .map(|said| {
            (said[..2].parse::<u32>().unwrap() - 12) * 60 + said[3..5].parse::<u32>().unwrap()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn m6_who_has_gone_is_not_kept() {
    let world = start("12:00:30");
    for _ in 0..5_000 {
        let mut gone = world.watch(None).await;
        assert_eq!(gone.next().await, "state IDLE");
    }
    let mut all = Vec::new();
    for _ in 0..1_024 {
        let mut stays = world.watch(None).await;
        assert_eq!(stays.next().await, "state IDLE");
        all.push(stays);
    }
    assert_eq!(
        refusal(&world.try_watch(None).await.err().unwrap()),
        "ResourceExhausted overload: overload: too many others are watching; try again"
    );
    world.register("X").await;
    assert_eq!(all[0].next().await, "state IDLE -> WAITING");
    all.truncate(1_000);
    assert_eq!(world.watch(None).await.next().await, "state WAITING");
    assert!(world.clock.wall() < time("12:01:00"));
}
