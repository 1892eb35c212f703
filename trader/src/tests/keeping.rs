//! A journal that keeps minutes for a while only: rules J5, M6.

use std::time::Duration;

use chassis::{clock::Clock, wire::timestamp};
use proto::v1::ExplainRequest;

use super::{
    World, config, go_on, name,
    shown::{refusal, said},
    time,
};
use crate::journal::Journal;

/// A trader that keeps three minutes, after ten minutes of decisions.
async fn ten_minutes() -> World {
    let clock = Clock::starting_at(time("12:00:30"));
    let (journal, recovered) =
        Journal::ephemeral(config().timing.interval, clock.wall(), name("j")).unwrap();
    let journal = journal.keeping(Some(Duration::from_mins(3)));
    let world = go_on(clock, config(), (journal, recovered));
    let strategy = world.register("X").await;
    for minute in 1..=10 {
        let minute = format!("12:{minute:02}:00");
        world.reach(&minute).await;
        assert_eq!(strategy.decide(&minute, 0.5).await, "accepted");
        world.breathe().await;
    }
    world
}

#[tokio::test(start_paused = true)]
async fn m6_a_replay_that_misses_minutes_says_where_it_begins() {
    let world = ten_minutes().await;
    for (after, first, misses) in [
        ("11:00:00", "12:07:00", true),
        ("12:05:00", "12:07:00", true),
        ("12:06:00", "12:07:00", false),
    ] {
        let mut watcher = world.watch(Some(after)).await;
        let begins = watcher.message().await.unwrap().unwrap();
        assert_eq!(said(&begins), format!("{first} MEDIAN 0.5 of 1"));
        let expected = misses.then(|| timestamp(time(first)));
        assert_eq!(begins.kept_from, expected, "after {after}");
        let next = watcher.message().await.unwrap().unwrap();
        assert_eq!((said(&next).as_str(), next.kept_from), ("12:08:00 MEDIAN 0.5 of 1", None));
    }
}

#[tokio::test(start_paused = true)]
async fn j5_a_minute_that_is_not_kept_any_more_is_no_unknown_one() {
    let world = ten_minutes().await;
    let explain = async |minute: &str| {
        let request =
            ExplainRequest { minute: Some(timestamp(time(minute))), ..Default::default() };
        world.client.clone().explain(request).await
    };
    assert_eq!(
        refusal(&explain("12:06:00").await.unwrap_err()),
        "OutOfRange gone: gone: minute 2026-11-20T12:06:00Z is not kept any more; the first one that is, is 2026-11-20T12:07:00Z"
    );
    assert!(explain("12:07:00").await.is_ok());
    for unknown in ["12:00:00", "12:11:00"] {
        assert!(refusal(&explain(unknown).await.unwrap_err()).starts_with("NotFound unknown"));
    }
}
