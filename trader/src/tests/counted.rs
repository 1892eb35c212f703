//! Figures of a whole trader: what no counting of events alone would show.

use std::time::Duration;

use chassis::http::Snapshot as _;
use proto::v1::{ClockOffset, SubmitRequest};

use super::{World, start, start_from};
use crate::handle::Request;

/// The value of a series; none if it is not there.
async fn figure(world: &World, series: &str) -> Option<String> {
    let text = world.handle.ask(Request::Look).await.unwrap().figures().into_text();
    let series = format!("minutehand_trader_{series} ");
    text.lines().find_map(|line| line.strip_prefix(&series).map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn m5_the_last_median_is_known_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    let world = start_from(&file, "12:00:30");
    let last = "last_median_timestamp_seconds";
    assert_eq!(figure(&world, last).await, None);
    let x = world.register("X").await;
    world.reach("12:01:00").await;
    x.decide("12:01:00", 0.5).await;
    world.breathe().await;
    let known = figure(&world, last).await;
    assert!(known.is_some());
    world.stopped().await;
    let world = start_from(&file, "12:01:30");
    assert_eq!(figure(&world, last).await, known);
}

#[tokio::test(start_paused = true)]
async fn j6_a_disk_that_hangs_is_a_journal_that_cannot_be_written() {
    let world = start("12:00:30");
    world.register("X").await;
    world.reach("12:01:00").await;
    assert_eq!(figure(&world, "journal_writable").await.as_deref(), Some("1"));
    world.disk.hangs();
    world.reach("12:02:15").await;
    assert!(world.state().await.contains("JOURNAL"));
    assert_eq!(figure(&world, "journal_writable").await.as_deref(), Some("0"));
    world.disk.works();
}

#[tokio::test(start_paused = true)]
async fn t3_a_clock_offset_goes_with_its_session() {
    let world = start("12:00:30");
    let mut x = world.register("X").await;
    world.reach("12:01:00").await;
    let millis = |millis| Some(prost_types::Duration { seconds: 0, nanos: millis * 1_000_000 });
    let clock_offset = Some(ClockOffset { offset: millis(250), uncertainty: millis(1) });
    x.submit(SubmitRequest { clock_offset, ..x.decision("12:01:00", 0.5) }).await;
    let series = "strategy_clock_offset_seconds{strategy=\"X\"}";
    assert_eq!(figure(&world, series).await.as_deref(), Some("0.25"));
    x.hang_up();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(figure(&world, series).await, None);
}
