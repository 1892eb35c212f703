//! The page over a journal that has too much to read, or none at all.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::start;
use crate::{
    handle::Request,
    page::{Latest, keep},
};

/// Reads that fill the journal's queue.
const READS: usize = 32;

#[tokio::test(start_paused = true)]
async fn j6_the_page_begins_and_goes_on_while_the_journals_disk_hangs() {
    let world = start("12:00:30");
    let x = world.register("X").await;
    world.reach("12:01:00").await;
    x.decide("12:01:00", 0.25).await;
    world.reach("12:01:01").await;
    world.disk.hangs();
    let mut tasks = JoinSet::new();
    for _ in 0..READS {
        let handle = world.handle.clone();
        let minute = handle.about().begun;
        tasks.spawn(async move {
            drop(handle.ask(|reply| Request::Explain(minute, None, 1, reply)).await);
        });
    }
    world.breathe().await;
    let (sender, mut latest) = watch::channel(None);
    tasks.spawn(keep(world.handle.clone(), sender));
    let title = |latest: &Latest| latest.as_ref().map(|latest| latest.title.clone());
    timeout(Duration::from_secs(2), latest.wait_for(Option::is_some)).await.unwrap().unwrap();
    assert_eq!(title(&latest.borrow()).as_deref(), Some("OK 0.25"));

    world.reach("12:02:00").await;
    x.decide("12:02:00", 0.5).await;
    world.reach("12:02:13").await;
    let shown = title(&latest.borrow());
    assert!(shown.as_ref().is_some_and(|it| it.starts_with("ERROR: trader journal")), "{shown:?}");

    world.disk.works();
    world.reach("12:03:00").await;
    x.decide("12:03:00", 0.75).await;
    sleep(Duration::from_secs(4)).await;
    let shown = latest.borrow().clone().unwrap();
    assert_eq!(shown.title, "OK 0.75");
    let page = String::from_utf8_lossy(&shown.for_readers).into_owned();
    for decision in ["0.25", "0.5", "0.75"] {
        assert!(page.contains(&format!("included, {decision}<")), "{decision}: {page}");
    }
}
