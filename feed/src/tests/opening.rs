//! A recording that is gone on with.

use chassis::{clock::Clock, grid::Timing};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::task::JoinSet;

use super::{at, heard, minute, signals, trade};
use crate::{
    live::Live,
    recorder::Recorder,
    recording::{Heard, Written},
};

/// A long recording is read while the generator serves, and says so: nobody waits for it.
#[tokio::test]
async fn whoever_asks_while_a_recording_is_read_is_told_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("long.feed");
    let endpoint = "ws://127.0.0.1:1/ws";
    let here = Heard { endpoint: endpoint.into(), ..heard("binance:BTCUSDT", "60s") };
    let (mut recorder, _) = Recorder::open(&file, &here, |_, _| {}).unwrap();
    recorder.write(at(0), Written::Begun(&here)).unwrap();
    for (id, second) in (1..).zip(0..20_000) {
        recorder.write(at(second), Written::Said(&trade(id, second, "10"))).unwrap();
    }
    drop(recorder);
    let clock = Clock::starting_at(at(20_000));
    let timing = Timing::new(here.interval, None, None).unwrap();
    let with = (timing, clock, StdRng::seed_from_u64(7));
    let signals = signals("binance:BTCUSDT", "close");
    let (live, asker) = Live::new(signals, Some(file), endpoint.parse().unwrap(), with).unwrap();
    let mut running = JoinSet::new();
    running.spawn(async move { panic!("{}", live.run().await) });
    let minute = minute(20_000 / 60);
    let why = asker.signal(minute).await.unwrap_err().to_string();
    assert!(why.ends_with("yet: the recording is being read"), "{why}");
    while let Err(why) = asker.signal(minute).await {
        assert!(why.to_string().contains("being read"), "{why}");
    }
}
