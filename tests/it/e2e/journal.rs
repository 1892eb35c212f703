//! Journals that a trader must not write to: in use, damaged, foreign, of other minutes; and what is
//! not kept in one.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::clock::Clock;
use trader::journal::Journal;

use super::system::{System, median_of, minutehand};
use crate::harness::{INTERVAL, Output, Part, run};

/// A trader on this journal, with minutes of this length.
async fn trader(journal: &Path, interval: &str) -> Output {
    let journal = journal.to_str().unwrap();
    run("trader", &["-p", "0", "--interval", interval, "--journal", journal]).await
}

/// Every file of a directory, byte for byte.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Its id.
const ID: &str = "the-journal-of-these-tests";

/// Begins a journal in `file`, so long ago.
fn begin(file: &Path, ago: Duration) {
    let then = Clock::system().wall().minus(ago);
    // Made elsewhere: a process that another test is starting may hold this process's lock a moment
    // longer than this process does.
    let directory = tempfile::tempdir().unwrap();
    let made = directory.path().join("made.sqlite");
    Journal::open(&made, INTERVAL.parse().unwrap(), then, ID.parse().unwrap()).unwrap();
    fs::copy(made, file).unwrap();
}

/// The bytes of a new journal.
fn journal() -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("trader.sqlite");
    begin(&file, Duration::ZERO);
    fs::read(file).unwrap()
}

fn with(journal: &[u8], at: usize, bytes: [u8; 4]) -> Vec<u8> {
    let mut changed = journal.to_owned();
    changed[at..at + bytes.len()].copy_from_slice(&bytes);
    changed
}

#[tokio::test]
async fn j6_fault_37_a_full_disk_is_named_and_passes() {
    let mut system = System::start().await;
    system.trader.limit_files(Some(1));
    system.trader.line("ERROR the journal cannot be written, trying again each second: ").await;
    let state = system.trader.line("ERROR state ERROR (was OK): trader journal since ").await;
    assert!(state.contains("mend the journal's disk"), "{state}");
    let refused = system.no_median().await;
    assert!(refused.message().ends_with("trader journal"), "{refused:?}");
    system.trader.limit_files(None);
    system.trader.line("INFO the journal can be written again").await;
    system.trader.line("INFO state OK (was ").await;
    system.all_is_well().await;
}

#[tokio::test]
async fn j1_two_traders_on_one_journal() {
    let directory = tempfile::tempdir().unwrap();
    let (file, link) = (directory.path().join("trader.sqlite"), directory.path().join("link"));
    let mut first = Part::trader(&["--journal", file.to_str().unwrap()]).await;
    first.line("WARN a new journal is begun, in which nobody is registered: ").await;
    symlink(&file, &link).unwrap();
    for journal in [&file, &link] {
        let second = trader(journal, INTERVAL).await;
        assert_eq!(second.code, 1, "{}", second.err);
        let holder =
            format!(" is in use: another trader, process {}, ", first.id().as_raw_nonzero());
        assert!(second.err.contains(&holder), "{}", second.err);
        assert!(!second.err.contains("listening on"), "{}", second.err);
    }
    assert_eq!(minutehand(&first, &["status"]).await.code, 4, "the first one goes on");
}

#[tokio::test]
async fn j3_a_journal_that_cannot_be_trusted_is_refused_and_left_as_it_is() {
    let good = journal();
    // Where SQLite keeps the version of the schema and the id of the application, and where in the
    // first record the journal's id is.
    let (version, application) = (60, 68);
    let id = good.windows(ID.len()).position(|bytes| bytes == ID.as_bytes()).unwrap();
    for (what, bytes) in [
        (" is empty (0 bytes)", Vec::new()),
        (" is truncated: it has ", good[..good.len() / 2].to_owned()),
        (" is truncated: it has ", good[..50].to_owned()),
        (" is not a journal but a file of another kind", b"minute,median\n".to_vec()),
        (" is not a journal but a database of another program", with(&good, application, *b"mail")),
        (" has schema 4294967295, and this version knows up to", with(&good, version, [255; 4])),
        (" is damaged: ", with(&good, id, *b"THE-")),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("trader.sqlite");
        fs::write(&file, bytes).unwrap();
        let before = contents(directory.path());
        let refused = trader(&file, INTERVAL).await;
        assert_eq!(refused.code, 1, "{what}: {}", refused.err);
        assert!(refused.err.contains(what), "{what}: {}", refused.err);
        assert!(contents(directory.path()) == before, "{what}: files have changed");
    }
}

#[tokio::test]
async fn j3_a_journal_of_other_minutes_is_refused_and_both_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("trader.sqlite");
    fs::write(&file, journal()).unwrap();
    let before = contents(directory.path());
    let refused = trader(&file, "5s").await;
    assert_eq!(refused.code, 1, "{}", refused.err);
    let both = " is of minutes of 2s, and the trader was started with minutes of 5s";
    assert!(refused.err.contains(both), "{}", refused.err);
    assert!(contents(directory.path()) == before);
}

#[tokio::test]
async fn j3_a_place_where_no_journal_can_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    for place in [directory.path().join("none/trader.sqlite"), file.join("trader.sqlite")] {
        let refused = trader(&place, INTERVAL).await;
        assert_eq!(refused.code, 1, "{}", refused.err);
        assert!(
            refused.err.contains(&format!("journal {}: cannot ", place.display())),
            "{}",
            refused.err
        );
    }
    assert_eq!(contents(directory.path()).len(), 1);
    let refused = trader(directory.path(), INTERVAL).await;
    assert_eq!(refused.code, 1, "{}", refused.err);
}

#[tokio::test]
async fn t5_a_clock_far_beyond_the_last_record_is_not_believed_until_it_is_vouched_for() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("trader.sqlite");
    begin(&file, Duration::from_hours(31 * 24));

    let refused = trader(&file, INTERVAL).await;
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("more than 30 days after the last minute"), "{}", refused.err);
    assert!(refused.err.contains("--accept-clock"), "{}", refused.err);

    let args = ["--journal", file.to_str().unwrap(), "--accept-clock"];
    let mut vouched_for = Part::trader(&args).await;
    vouched_for.line("INFO started").await;
    let first =
        Part::watcher(&vouched_for).event("a verdict", |event| event["event"] == "verdict").await;
    assert_eq!(first["kind"], "not running", "{first}");
    assert!(first["minute"].as_str() < first["last_minute"].as_str(), "one record of them all");
}

#[tokio::test]
async fn j5_minutes_that_are_not_kept_are_missed_by_nobody_in_silence() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("trader.sqlite");
    let journal = journal.to_str().unwrap();
    let mut trader = Part::trader(&["--journal", journal, "--keep", "4s"]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let first = median_of(&mut trader, 1).await;
    for _ in 0..4 {
        median_of(&mut trader, 1).await;
    }
    let mut watcher = Part::watcher(&trader);
    let gone = watcher.event("minutes that are gone", |event| event["event"] == "gone").await;
    let next = watcher.event("a verdict", |event| event["event"] == "verdict").await;
    assert_eq!(next["minute"], gone["kept_from"]);
    let told = minutehand(&trader, &["explain", &first.minute]).await;
    assert!(told.code == 3 && told.err.contains("is not kept any more"), "{}", told.err);
    let doctor = run("minutehand", &["doctor", "--journal", journal]).await;
    assert_eq!(doctor.code, 0, "{}", doctor.err);
    assert!(doctor.out.contains(": all well, kept from "), "{}", doctor.out);
}
