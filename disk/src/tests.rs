//! The disk keeps what was synced, and can lose all the rest.

use std::{fs, path::PathBuf};

use rand::{SeedableRng as _, rngs::StdRng};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

/// A directory on a disk, with the processes that have its file open.
struct Machine {
    directory: TempDir,
    disk: Disk,
}

impl Machine {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let disk = Disk::at(directory.path()).unwrap();
        Self { directory, disk }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("a.sqlite")
    }

    /// A process that writes the file; on disk after every commit if it is `careful`.
    fn start(&self, careful: bool) -> Connection {
        let process = Connection::open(self.file()).unwrap();
        let synchronous = if careful { "full" } else { "off" };
        let settings = format!(
            "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;
             PRAGMA synchronous = {synchronous}; CREATE TABLE IF NOT EXISTS n (n)"
        );
        process.execute_batch(&settings).unwrap();
        process
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn insert(process: &Connection, n: i64) -> rusqlite::Result<usize> {
    process.execute("INSERT INTO n VALUES (?1)", [n])
}

fn count(process: &Connection) -> i64 {
    process.query_row("SELECT count(*) FROM n", (), |row| row.get(0)).unwrap()
}

#[test]
fn a_power_cut_leaves_what_was_synced() {
    for seed in 0..50 {
        let machine = Machine::new();
        let process = machine.start(true);
        for n in 0..5 {
            insert(&process, n).unwrap();
        }
        machine.disk.power_cut(&mut StdRng::seed_from_u64(seed));
        assert!(insert(&process, 5).is_err(), "it has no power");
        drop(process);
        assert_eq!(count(&machine.start(true)), 5, "seed {seed}");
    }
}

#[test]
fn a_power_cut_loses_what_was_not_synced() {
    let left = |loss: Loss<'_>| {
        let machine = Machine::new();
        drop(machine.start(true));
        let process = machine.start(false);
        for n in 0..5 {
            insert(&process, n).unwrap();
        }
        machine.disk.lose(loss);
        count(&machine.start(true))
    };
    assert_eq!(left(Loss::Nothing), 5);
    assert_eq!(left(Loss::Everything), 0);
    let some = |seed| left(Loss::Some(&mut StdRng::seed_from_u64(seed)));
    let first: Vec<i64> = (0..100).map(some).collect();
    assert!((0..=5).all(|n| first.contains(&n)), "{first:?}");
    assert_eq!(first, (0..100).map(some).collect::<Vec<_>>(), "the same again for the same seed");
}

#[test]
fn a_kill_leaves_what_was_written_and_nobody_tidies_up() {
    let machine = Machine::new();
    let process = machine.start(false);
    insert(&process, 1).unwrap();
    machine.disk.kill();
    assert!(insert(&process, 2).is_err());
    drop(process);
    assert_eq!(machine.names(), ["a.sqlite", "a.sqlite-wal"], "no log is folded in by the dead");
    let next = machine.start(true);
    assert_eq!(count(&next), 1);
    assert_eq!(count(&machine.start(true)), 1, "and two at a time");
    insert(&next, 2).unwrap();
}

#[test]
fn a_kill_syncs_nothing() {
    let machine = Machine::new();
    drop(machine.start(true));
    let process = machine.start(false);
    insert(&process, 1).unwrap();
    machine.disk.kill();
    drop(process);
    machine.disk.lose(Loss::Everything);
    assert_eq!(count(&machine.start(true)), 0);
}

#[test]
fn a_name_is_lost_unless_its_directory_was_synced() {
    let machine = Machine::new();
    let directory = machine.directory.path();
    Connection::open(machine.file()).unwrap().execute_batch("CREATE TABLE n (n)").unwrap();
    // SQLite syncs the directory of a new journal before it needs it, but not that of a new file
    // afterwards; here the two come together.
    rename(&machine.file(), &directory.join("b.sqlite")).unwrap();
    machine.disk.lose(Loss::Everything);
    assert!(machine.names().contains(&"a.sqlite".to_owned()), "{:?}", machine.names());
    fs::remove_file(directory.join("a.sqlite-journal")).unwrap_or_default();
    rename(&machine.file(), &directory.join("b.sqlite")).unwrap();
    sync(directory).unwrap();
    machine.disk.lose(Loss::Everything);
    assert!(machine.names().contains(&"b.sqlite".to_owned()), "{:?}", machine.names());
    assert!(!machine.names().contains(&"a.sqlite".to_owned()), "{:?}", machine.names());
}

#[test]
fn a_full_disk_and_a_failing_one_are_told_and_heal() {
    let machine = Machine::new();
    let process = machine.start(true);
    for (failure, word) in [
        (Failure::Full, "database or disk is full"),
        (Failure::Write, "disk I/O error"),
        (Failure::Sync, "disk I/O error"),
    ] {
        machine.disk.fail(Some(failure));
        assert_eq!(insert(&process, 1).unwrap_err().to_string(), word);
        machine.disk.fail(None);
        assert_eq!(count(&process), 0);
    }
    let before = machine.disk.counts();
    insert(&process, 1).unwrap();
    let after = machine.disk.counts();
    assert!(after.writes > before.writes && after.syncs == before.syncs + 1, "{after:?}");
    machine.disk.fail_once(1, Failure::Sync);
    insert(&process, 2).unwrap();
    insert(&process, 3).unwrap_err();
    insert(&process, 4).unwrap();
    assert_eq!(count(&process), 3);
}

#[test]
fn what_a_failed_sync_forgot_no_later_one_keeps() {
    let machine = Machine::new();
    drop(machine.start(true));
    let process = machine.start(false);
    insert(&process, 1).unwrap();
    process.execute_batch("PRAGMA synchronous = full").unwrap();
    machine.disk.fail_once(0, Failure::Sync);
    insert(&process, 2).unwrap_err();
    insert(&process, 3).unwrap();
    machine.disk.lose(Loss::Nothing);
    drop(process);
    assert_eq!(count(&machine.start(true)), 0, "the first was before the hole, the third after it");
}

#[test]
fn a_log_replays_to_every_state_between() {
    let machine = Machine::new();
    drop(machine.start(true));
    machine.disk.record();
    let process = machine.start(true);
    let mut kept = vec![machine.disk.position()];
    for n in 0..3 {
        insert(&process, n).unwrap();
        kept.push(machine.disk.position());
    }
    let log = machine.disk.log().unwrap();
    assert_eq!(log.operations.len(), machine.disk.position());
    let mut state = log.start.clone();
    for (index, operation) in log.operations.iter().enumerate() {
        state.apply(operation);
        let elsewhere = TempDir::new().unwrap();
        write(&state.cut(Loss::Everything), elsewhere.path()).unwrap();
        let found = count(&Connection::open(elsewhere.path().join("a.sqlite")).unwrap());
        let kept = kept.iter().filter(|position| **position <= index + 1).count();
        assert_eq!(found, i64::try_from(kept.saturating_sub(1)).unwrap(), "after {operation:?}");
    }
}

#[test]
fn a_write_is_torn_between_sectors_only() {
    let mut state = State::default();
    state.apply(&Operation::Create("a".to_owned()));
    state.apply(&Operation::SyncDirectory);
    let file = state.file("a").unwrap();
    state.apply(&Operation::Write(file, 100, vec![1; 1_500]));
    let images = (0..2_000).map(|seed| state.cut(Loss::Some(&mut StdRng::seed_from_u64(seed))));
    let mut seen = std::collections::BTreeSet::new();
    for image in images {
        let mut data = image["a"].clone();
        data.resize(1_600, 0);
        let parts = [&data[100..512], &data[512..1_024], &data[1_024..1_536], &data[1_536..]];
        assert!(data[..100].iter().all(|byte| *byte == 0));
        for part in parts {
            assert!(part.iter().all(|byte| *byte == part[0]), "a sector is written as a whole");
        }
        seen.insert(parts.map(|part| part[0]));
    }
    assert_eq!(seen.len(), 16, "any of them may be lost");
}

#[test]
fn a_directory_that_is_on_no_disk_is_left_alone() {
    let machine = Machine::new();
    machine.disk.fail(Some(Failure::Write));
    let elsewhere = TempDir::new().unwrap();
    let process = Connection::open(elsewhere.path().join("a.sqlite")).unwrap();
    process.execute_batch("CREATE TABLE n (n)").unwrap();
    assert_eq!(machine.disk.counts(), Counts::default());
}
