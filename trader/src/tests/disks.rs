//! A journal that fails or hangs: rules J1, J6; row 73 of the
//! fault matrix.

use std::sync::Arc;

use ::disk::{Disk, Failure, Loss};
use chassis::{
    grid::{Interval, Minute},
    name::Name,
};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tracing::Level;

use super::{
    World, callers::Strategy, callers::application, lines::listen, name, start, start_from, time,
};
use crate::{
    engine::{
        ledger::{Halt, Record},
        submission::{Accepted, Content},
    },
    journal::Journal,
    store::{Job, Pace, Place, store},
};

async fn deciding() -> (World, Strategy) {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.25).await;
    assert_eq!(world.median().await, "12:01:00 0.25");
    world.reach("12:02:00").await;
    (world, strategy)
}

#[tokio::test(start_paused = true)]
async fn j1_a_median_is_seen_by_nobody_before_it_is_on_disk() {
    let (world, strategy) = deciding().await;
    let mut watcher = world.watch(None).await;
    assert_eq!(watcher.next().await, "state OK");
    world.disk.hangs();
    assert_eq!(strategy.decide("12:02:00", 0.5).await, "accepted");
    world.reach("12:02:05").await;
    assert_eq!(world.median().await, "12:01:00 0.25", "the one of before, which still holds");
    world.disk.works();
    assert_eq!(watcher.next().await, "12:02:00 MEDIAN 0.5 of 1");
    assert!(world.clock.wall() < time("12:02:05.100"));
    assert_eq!(world.median().await, "12:02:00 0.5");
}

#[tokio::test(start_paused = true)]
async fn j1_readers_never_delay_a_commit() {
    let (journal, _) =
        Journal::ephemeral(Interval::default(), time("12:00:00"), name("j")).unwrap();
    let (store, mut worker) = store(journal, &Place::Thread);
    let after = Minute::containing(time("12:00:00"), Interval::default());
    let (first, _first) = oneshot::channel();
    let (second, _second) = oneshot::channel();
    store.verdicts(after, 1, first);
    store.explain(after, None, 1, second);
    let _outcome = store.commit(Vec::new());
    assert!(matches!(worker.next().await, Some(Job::Commit(_))));
    assert!(matches!(worker.next().await, Some(Job::Read(_))));
    assert!(matches!(worker.next().await, Some(Job::Read(_))));
    drop(store);
    assert!(worker.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn j1_words_are_written_ahead_in_pieces_and_a_commit_goes_before_them() {
    let (journal, _) =
        Journal::ephemeral(Interval::default(), time("12:00:00"), name("j")).unwrap();
    let (mut store, mut worker) = store(journal, &Place::Thread);
    let minute = |of_day| Minute::containing(time(of_day), Interval::default());
    let said = words(330);
    let place = |job| match job {
        Some(Job::Draft(draft)) => draft.place(),
        other => panic!("{other:?}"),
    };
    store.draft(minute("12:01:00"), &said[..31]);
    store.draft(minute("12:01:00"), &said[..32]);
    store.draft(minute("12:01:00"), &said);
    let _outcome = store.commit(Vec::new());
    assert!(matches!(worker.next().await, Some(Job::Commit(_))));
    assert_eq!(
        place(worker.next().await),
        0..32,
        "a few wait for others, and what is on its way is not added to"
    );
    for piece in [32..288, 288..330] {
        store.draft(minute("12:01:00"), &said);
        assert_eq!(place(worker.next().await), piece);
    }
    store.draft(minute("12:01:00"), &said);
    store.draft(minute("12:02:00"), &said[..40]);
    assert_eq!(place(worker.next().await), 0..40, "another minute begins anew");
}

fn words(count: usize) -> Vec<(Name, Arc<Accepted>)> {
    let at = time("12:01:00");
    let accepted = Accepted {
        epoch: 1,
        instance: name("i"),
        minute: Minute::containing(at, Interval::default()),
        decided_at: at,
        received_at: at,
        content: Content::Decision(0.5),
        signals: [].into(),
    };
    vec![(name("X"), Arc::new(accepted)); count]
}

#[tokio::test(start_paused = true)]
async fn j1_a_word_is_on_its_way_while_others_are_waited_for() {
    let world = start("12:00:30");
    let (first, second) = (world.register("X").await, world.register("Y").await);
    world.reach("12:01:00").await;
    assert_eq!(world.disk.drafts(), 0);
    first.decide("12:01:00", 0.25).await;
    world.breathe().await;
    assert_eq!(world.disk.drafts(), 1);
    second.decide("12:01:00", 0.5).await;
    assert_eq!(world.median().await, "12:01:00 0.375");
}

#[tokio::test(start_paused = true)]
async fn j6_a_disk_that_hangs_beyond_the_grace_is_an_error() {
    let (world, strategy) = deciding().await;
    world.disk.hangs();
    assert_eq!(strategy.decide("12:02:00", 0.5).await, "accepted");
    world.reach("12:02:10").await;
    assert_eq!(world.state().await, "ERROR trader JOURNAL");
    assert!(!world.serving().await);
    assert_eq!(
        world.median().await,
        "FailedPrecondition no-median: no current median: the state is ERROR: trader journal"
    );
    assert_eq!(
        world.refused(application("Y", "Y-1")).await,
        "Unavailable journal: journal: the journal does not keep up; nothing has changed, try again"
    );
    assert_eq!(strategy.decide("12:02:00", 0.5).await, "again", "all else is answered");
    world.disk.works();
    world.breathe().await;
    assert_eq!(world.median().await, "12:02:00 0.5", "late, with what is left of its time");
    assert_eq!(world.state().await, "OK");
    world.register("Y").await;
}

#[tokio::test(start_paused = true)]
async fn j6_later_minutes_fail_while_the_disk_hangs() {
    let (world, strategy) = deciding().await;
    world.disk.hangs();
    strategy.decide("12:02:00", 0.5).await;
    for minute in ["12:03:00", "12:04:00"] {
        world.reach(minute).await;
        assert_eq!(strategy.decide(minute, 0.5).await, "accepted");
    }
    world.reach("12:04:30").await;
    world.disk.works();
    world.breathe().await;
    let mut watcher = world.watch(Some("12:01:00")).await;
    assert_eq!(
        watcher.take(4).await,
        [
            "12:02:00 MEDIAN 0.5 of 1",
            "12:03:00 FAILED trader JOURNAL",
            "12:04:00 FAILED trader JOURNAL",
            "state ERROR trader JOURNAL",
        ]
    );
    world.reach("12:05:00").await;
    strategy.decide("12:05:00", 0.75).await;
    assert_eq!(world.median().await, "12:05:00 0.75");
}

#[tokio::test(start_paused = true)]
async fn j6_a_median_that_could_not_be_written_is_none() {
    let (world, strategy) = deciding().await;
    let mut watcher = world.watch(None).await;
    assert_eq!(watcher.next().await, "state OK");
    world.disk.fails();
    strategy.decide("12:02:00", 0.5).await;
    world.breathe().await;
    assert_eq!(world.state().await, "ERROR trader JOURNAL");
    assert!(world.median().await.starts_with("FailedPrecondition no-median"));
    world.reach("12:02:30").await;
    world.disk.works();
    assert_eq!(
        watcher.take(2).await,
        ["state OK -> ERROR trader JOURNAL", "12:02:00 FAILED trader JOURNAL"]
    );
    assert!(world.clock.wall() < time("12:02:31.500"), "tried each second");
    assert_eq!(world.take_off("X").await, "done");
}

#[tokio::test(start_paused = true)]
async fn j6_a_deregistration_that_cannot_be_written_holds_until_a_restart() {
    let (world, _strategy) = deciding().await;
    world.disk.fails();
    assert_eq!(
        world.take_off("X").await,
        "Unavailable journal: journal: strategy `X` is off the list until a restart, but that could not be written: disk full; it is tried each second, mend the journal's disk"
    );
    assert!(world.status().await.strategies.is_empty());
    world.disk.works();
    world.reach("12:02:05").await;
    assert_eq!(world.take_off("X").await.split(':').next(), Some("NotFound unknown"));
}

#[tokio::test(start_paused = true)]
async fn a_slow_disk_is_waited_for_before_a_commit_and_after_it() {
    let (journal, _) =
        Journal::ephemeral(Interval::default(), time("12:00:00"), name("j")).unwrap();
    let (store, worker) = store(journal, &Place::Inline(Pace::default()));
    let pace = Pace::default();
    pace.set(3_000);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(worker.run(pace.clone()));
    let start = tokio::time::Instant::now();
    assert_eq!(store.commit(Vec::new()).await.unwrap(), Ok(()));
    assert_eq!(start.elapsed().as_secs(), 3);
    let outcome = store.commit(Vec::new());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    pace.set(0);
    assert_eq!(outcome.await.unwrap(), Ok(()));
    assert!(start.elapsed().as_millis() < 3_700, "faster at once");
}

/// Row 73: the trader ends after the commit of a median and before anyone is told.
async fn dies_untold(end: impl FnOnce(&Disk)) {
    let directory = TempDir::new().unwrap();
    let machine = Disk::at(directory.path()).unwrap();
    let file = directory.path().join("trader.sqlite");
    let world = start_from(&file, "12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    let mut watcher = world.watch(None).await;
    assert_eq!(watcher.next().await, "state WAITING");
    world.disk.dies();
    assert_eq!(strategy.decide("12:01:00", 0.25).await, "accepted");
    world.breathe().await;
    assert!(world.median().await.starts_with("FailedPrecondition no-median"));
    end(&machine);
    drop(world);

    let world = start_from(&file, "12:01:06");
    assert_eq!(world.median().await, "12:01:00 0.25");
    let another = world.register("X").await.decide("12:01:00", 0.5).await;
    assert!(another.starts_with("OutOfRange late"), "{another}");
    let mut watcher = world.watch(Some("12:00:00")).await;
    assert_eq!(watcher.take(2).await, ["12:01:00 MEDIAN 0.25 of 1", "state OK"]);
}

#[tokio::test(start_paused = true)]
async fn fault_73_a_median_that_was_written_and_not_told_is_there_once_after_a_kill() {
    dies_untold(Disk::kill).await;
}

#[tokio::test(start_paused = true)]
async fn fault_73_a_median_that_was_written_and_not_told_is_there_once_after_a_power_cut() {
    dies_untold(|machine| machine.lose(Loss::Everything)).await;
}

#[tokio::test(start_paused = true)]
async fn e5_a_log_that_cannot_be_folded_in_is_said_once() {
    let directory = TempDir::new().unwrap();
    let disk = Disk::at(directory.path()).unwrap();
    let file = directory.path().join("trader.sqlite");
    let opened = Journal::open(&file, Interval::default(), time("12:00:00"), name("j"));
    let (store, mut worker) = store(opened.unwrap().0, &Place::Inline(Pace::default()));
    let lines = listen(Level::INFO);
    let (reason, operator, at) = ("a drill".to_owned(), "op".to_owned(), time("12:00:00"));
    let halt = Halt { reason, operator, at };
    // The sync of a commit goes well, and that of a new log before it; the next is the checkpoint's.
    for syncs in [2, 1, 1] {
        disk.fail_once(syncs, Failure::Sync);
        let outcome = store.commit(vec![Record::Halted(halt.clone())]);
        let Some(Job::Commit(commit)) = worker.next().await else { panic!("nothing to commit") };
        worker.commit(commit, &Pace::default()).await;
        assert_eq!(outcome.await.unwrap(), Ok(()));
    }
    assert_eq!(disk.counts().failures, 3);
    let said = lines.take();
    assert!(said.len() == 1 && said[0].contains("the journal's log grows"), "{said:?}");
}
