//! Two good journals of the same small history, and what is in them after each commit.

use std::{fs, path::Path, sync::Arc};

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use tempfile::TempDir;
use trader::{
    engine::{
        ledger::{By, Halt, Record},
        registry::Registration,
        submission::{Accepted, Content, Signal},
        verdict::{Cause, CauseCode, Judgement, Median, Outcome, State, Subject, Verdict},
    },
    journal::Journal,
};

use super::{Files, Sample, contents, with};

/// 2026-11-20T12:00:00Z.
pub(super) const BEGUN: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

/// As an orderly end leaves it: everything in the file.
pub(super) fn closed() -> Sample {
    let (directory, journal, found) = written();
    drop(journal);
    let files = contents(&file(&directory));
    Sample { files, found: found.into_iter().take(1).collect() }
}

/// As a crash leaves it: what was written is in the log.
pub(super) fn killed() -> Sample {
    let (directory, journal, found) = written();
    let files = contents(&file(&directory));
    drop(journal);
    Sample { files, found }
}

fn file(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("j.sqlite")
}

fn open(file: &Path) -> (Journal, String) {
    let (journal, recovered) = Journal::open(file, Interval::default(), BEGUN, name("journal-1"))
        .expect("a good journal is opened");
    (journal, format!("{recovered:?}"))
}

/// What a start would find in these files.
fn after(files: &Files) -> String {
    let directory = TempDir::new().expect("a place for the journal");
    for (suffix, bytes) in files {
        fs::write(with(&file(&directory), suffix), bytes).expect("there is room");
    }
    open(&file(&directory)).1
}

fn written() -> (TempDir, Journal, Vec<String>) {
    let directory = TempDir::new().expect("a place for the journal");
    let (mut journal, mut found) = (open(&file(&directory)).0, Vec::new());
    found.push(after(&contents(&file(&directory))));
    for records in history() {
        journal.commit(&records).expect("there is room");
        found.push(after(&contents(&file(&directory))));
    }
    found.reverse();
    (directory, journal, found)
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn at(minute: i64, millis: i64) -> Timestamp {
    Timestamp::from_micros(BEGUN.as_micros() + minute * 60_000_000 + millis * 1_000)
}

fn minute(number: i64) -> Minute {
    Minute::containing(at(number, 0), Interval::default())
}

fn history() -> [Vec<Record>; 6] {
    let halt = Halt { reason: "drill".into(), operator: "ann@desk".into(), at: at(2, 30_000) };
    let resumed =
        Record::Resumed { reason: "done".into(), operator: "ann@desk".into(), at: at(2, 40_000) };
    let by = By::Operator("ann@desk".into());
    let left = Record::Deregistered { name: name("Z"), epoch: Some(3), by, at: at(3, 20_000) };
    [
        vec![registered("X", 1), registered("Y", 2), registered("Z", 3)],
        vec![judged(1, &[("X", 1, Some(0.25)), ("Y", 2, Some(0.5)), ("Z", 3, Some(1.0))])],
        vec![Record::Halted(halt)],
        vec![resumed],
        vec![judged(2, &[("X", 1, Some(0.25)), ("Y", 2, None)])],
        vec![left],
    ]
}

fn registered(of: &str, epoch: u64) -> Record {
    let instance = name(&format!("i{epoch}"));
    let registration = Registration { name: name(of), instance, epoch, first_minute: minute(1) };
    Record::Registered { registration, taken_over: false, at: at(0, 30_000) }
}

/// A minute in which these spoke, or abstained; one that did not say anything is `Z`.
fn judged(number: i64, said: &[(&str, u64, Option<f64>)]) -> Record {
    let submissions: Vec<_> =
        said.iter().map(|(of, epoch, value)| spoke(of, *epoch, number, *value)).collect();
    let count = said.iter().filter(|(_, _, value)| value.is_some()).count();
    let outcome = if count == 3 {
        Outcome::Median(Median { value: 0.5, lowest: 0.25, highest: 1.0 })
    } else {
        Outcome::Failed(vec![
            cause("Y", CauseCode::Abstained, number),
            cause("Z", CauseCode::Silent, number),
        ])
    };
    let state = if count == 3 { State::Ok } else { State::Error };
    let verdict = Verdict {
        minute: minute(number),
        last: minute(number),
        outcome,
        count,
        state,
        closed_at: at(number, 2_000),
        valid_until: at(number + 1, 10_000),
        disagreeing: Vec::new(),
    };
    Record::Judged(Judgement { verdict: Arc::new(verdict), submissions: submissions.into() })
}

fn cause(of: &str, code: CauseCode, number: i64) -> Cause {
    let detail = "generator g: connection refused".to_owned();
    let last_seen = Some(at(number, 1_000));
    Cause { subject: Subject::Strategy(name(of)), code, since: minute(number), last_seen, detail }
}

fn spoke(of: &str, epoch: u64, number: i64, value: Option<f64>) -> (Name, Arc<Accepted>) {
    let signal = Signal {
        generator: name("g"),
        run_id: name("r1"),
        minute: minute(number),
        value: 0.5,
        produced_at: at(number, 1),
    };
    let accepted = Accepted {
        epoch,
        instance: name(&format!("i{epoch}")),
        minute: minute(number),
        decided_at: at(number, 2),
        received_at: at(number, 3),
        content: value.map_or_else(|| Content::Abstention("no signal".into()), Content::Decision),
        signals: [signal].into(),
    };
    (name(of), Arc::new(accepted))
}
