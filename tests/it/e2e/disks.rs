//! Disks: one that is full, and one that cannot be written.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use rustix::process::Signal;

use super::system::{client, median_of, minutehand};
use crate::harness::{INTERVAL, Part, run, stage};
use proto::v1::GetStatusRequest;

/// Writes until there is no room left.
fn fill(file: &Path) {
    let mut file = File::create(file).unwrap();
    for size in [64 * 1024, 4 * 1024, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

#[tokio::test]
async fn j6_fault_37_on_a_disk_without_room_nothing_is_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let test = "fault_37_on_a_disk_without_room";
    let Some(stage) = stage::small_disk(test, 1024, directory.path()).await else { return };
    let journal = directory.path().join("trader.sqlite");
    let args = ["--interval", INTERVAL, "--journal", journal.to_str().unwrap()];
    let mut trader = Part::server_on(&stage, "trader", "trader", &args).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let mut y = Part::strategy("Y", &trader, &[&a], &[]);
    median_of(&mut trader, 2).await;

    let disk = format!("/proc/{}/root{}", trader.id().as_raw_nonzero(), directory.path().display());
    let filler = Path::new(&disk).join("filler");
    fill(&filler);
    trader.line("ERROR the journal cannot be written, trying again each second: ").await;
    trader.line("ERROR state ERROR (was OK): trader journal since ").await;
    // What cannot be written is not reported as done.
    let port = trader.port.to_string();
    let undone = run("deregister", &["-n", "Y", "--trader-port", &port]).await;
    assert_eq!((undone.code, &*undone.out), (1, ""), "{}", undone.err);
    let halted = minutehand(&trader, &["halt", "--reason", "no room"]).await;
    assert_eq!((halted.code, &*halted.out), (1, ""), "{}", halted.err);
    assert!(halted.err.contains("restart"), "{}", halted.err);
    let mut z = Part::strategy("Z", &trader, &[&a], &[]);
    z.line("; retrying").await;

    fs::remove_file(&filler).unwrap();
    trader.line("INFO the journal can be written again").await;
    let resumed = minutehand(&trader, &["resume", "--reason", "room"]).await;
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    // The deregistration held all the while, and is written by now.
    y.exits_with(6).await;
    z.line("INFO registered Z").await;
    median_of(&mut trader, 2).await;
    let request = GetStatusRequest::default();
    let status = client(&trader).get_status(request).await.unwrap().into_inner();
    let names: Vec<&str> = status.strategies.iter().map(|strategy| &*strategy.name).collect();
    assert_eq!(names, ["X", "Z"]);
    // The disk goes with the trader: what is on it is looked at elsewhere.
    trader.signal(Signal::STOP);
    let elsewhere = tempfile::tempdir().unwrap();
    for file in ["trader.sqlite", "trader.sqlite-wal"] {
        fs::copy(Path::new(&disk).join(file), elsewhere.path().join(file)).unwrap();
    }
    let copy = elsewhere.path().join("trader.sqlite");
    let doctor = run("minutehand", &["doctor", "--journal", copy.to_str().unwrap()]).await;
    assert_eq!((doctor.code, &*doctor.err), (0, ""), "{}", doctor.out);
}

#[tokio::test]
async fn j5_fault_37_a_journal_that_cannot_be_written_is_refused_and_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let test = "fault_37_a_journal_that_cannot_be_written";
    let Some(stage) = stage::read_only(test, directory.path()).await else { return };
    let file = directory.path().join("trader.sqlite");
    let journal = file.to_str().unwrap();
    let mut trader = Part::trader(&["--journal", journal]).await;
    let a = Part::generator("a", &[]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let median = median_of(&mut trader, 1).await;
    let refused = ["--port", "0", "--interval", INTERVAL, "--journal", journal];
    let explain = ["explain", &median.minute, "--journal", journal];
    let doctor = ["doctor", "--journal", journal];
    // After a crash SQLite's log lies beside it, after a stop it does not.
    for is_crash in [true, false] {
        if is_crash {
            trader.kill().await;
        } else {
            trader.start_again().await;
            trader.stop().await;
        }
        let mut refused = Part::spawn_on(&stage, "refused", "trader", &refused);
        refused.exits_with(1).await;
        let last = refused.seen.last().unwrap();
        assert!(last.contains(journal) && last.contains("ead-only"), "{last}");
        assert_eq!(refused.said("listening on "), 0, "{:?}", refused.seen);
        for args in [&explain[..], &doctor] {
            let mut reader = Part::spawn_on(&stage, "reader", "minutehand", args);
            assert_eq!(reader.ended().await, Some(0), "{is_crash} {:?}", reader.seen);
        }
    }
}
