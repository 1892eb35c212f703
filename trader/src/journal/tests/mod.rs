//! The journal's rules, on real files. What the tests share.

mod durable;
mod drafts;
mod recovery;
mod refusal;
mod place;
mod explanation;
mod failure;
mod faults;
mod examination;
mod history;
mod power;
mod pruning;
mod rot;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use rusqlite::types::Value;
use tempfile::TempDir;

use super::*;
use crate::engine::{
    ledger::{By, Halt, StateChange},
    median::median,
    registry::Registration,
    submission::{Accepted, Content, Signal},
    verdict::{Cause, CauseCode, Judgement, Median, Outcome, State, Subject},
};

/// 2026-11-20T12:00:00Z, when every journal here begins; minute 1 is its first.
const BEGUN: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn interval() -> Interval {
    Interval::default()
}

/// The `number`th minute of a journal.
fn minute(number: i64) -> Minute {
    Minute::containing(at(number, 0), interval())
}

/// So many milliseconds into the `number`th minute.
fn at(number: i64, millis: i64) -> Timestamp {
    Timestamp::from_micros(BEGUN.as_micros() + number * 60_000_000 + millis * 1_000)
}

/// A directory with room for one journal.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("trader-1010.sqlite")
    }

    fn open(&self) -> (Journal, Recovered) {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> Result<(Journal, Recovered), OpenError> {
        Journal::open(&self.file(), interval(), BEGUN, name("j1"))
    }

    /// What a start finds after all this was committed and the trader ended in an orderly way.
    fn after(&self, records: &[Record]) -> Recovered {
        let (mut journal, _) = self.open();
        journal.commit(records).unwrap();
        drop(journal);
        self.open().1
    }

    /// A copy of the journal as it is on disk at this instant, as if the machine stopped here.
    fn crash(&self) -> Self {
        let copy = Self::new();
        for (path, bytes) in self.contents() {
            let suffix = path.extension().and_then(|suffix| suffix.to_str());
            if matches!(suffix, Some("sqlite" | "sqlite-wal")) {
                fs::write(copy.directory.path().join(path.file_name().unwrap()), bytes).unwrap();
            }
        }
        copy
    }

    /// Everything in the directory, to the byte.
    fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
        let mut all: Vec<_> = entries.map(|entry| read(entry.unwrap().path())).collect();
        all.sort();
        all
    }

    /// Does something to the file behind the journal's back.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.file()).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

/// Every row of a journal, as SQL gives it.
type Rows = Vec<(&'static str, Vec<Value>)>;

fn rows(journal: &Journal) -> Rows {
    try_rows(journal).unwrap()
}

fn try_rows(journal: &Journal) -> rusqlite::Result<Rows> {
    let mut all = Rows::new();
    for table in schema::Table::ALL {
        let sql = format!("SELECT * FROM {}", table.name());
        let mut statement = journal.reader.connection.prepare(&sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let values = (0..=table.columns()).map(|column| row.get(column));
            all.push((table.name(), values.collect::<Result<_, _>>()?));
        }
    }
    Ok(all)
}

fn registration(of: &str, epoch: u64, first: i64) -> Registration {
    Registration {
        name: name(of),
        instance: name(&format!("i{epoch}")),
        epoch,
        first_minute: minute(first),
    }
}

fn registered(of: &str, epoch: u64, first: i64) -> Record {
    let registration = registration(of, epoch, first);
    Record::Registered { registration, taken_over: false, at: at(first - 1, 30_000) }
}

fn taken_over(of: &str, epoch: u64, first: i64) -> Record {
    let registration = registration(of, epoch, first);
    Record::Registered { registration, taken_over: true, at: at(first + 1, 0) }
}

fn deregistered(of: &str, epoch: Option<u64>, by: By) -> Record {
    Record::Deregistered { name: name(of), epoch, by, at: at(9, 0) }
}

fn operator() -> By {
    By::Operator("ann@desk".to_owned())
}

fn halt() -> Halt {
    Halt { reason: "odd prices".to_owned(), operator: "ann@desk".to_owned(), at: at(2, 5) }
}

fn resumed() -> Record {
    let (reason, operator) = ("checked".to_owned(), "ben@desk".to_owned());
    Record::Resumed { reason, operator, at: at(3, 7) }
}

fn signal(generator: &str, number: i64, value: f64) -> Signal {
    Signal {
        generator: name(generator),
        run_id: name("r1"),
        minute: minute(number),
        value,
        produced_at: at(number, 1),
    }
}

fn said(of: &str, epoch: u64, number: i64, content: Content) -> (Name, Arc<Accepted>) {
    let accepted = Accepted {
        epoch,
        instance: name(&format!("i{epoch}")),
        minute: minute(number),
        decided_at: at(number, 2),
        received_at: at(number, 3),
        content,
        signals: [signal("g2", number, 0.25), signal("g1", number, 0.5)].into(),
    };
    (name(of), Arc::new(accepted))
}

fn decided(of: &str, epoch: u64, number: i64, value: f64) -> (Name, Arc<Accepted>) {
    said(of, epoch, number, Content::Decision(value))
}

fn abstained(of: &str, epoch: u64, number: i64) -> (Name, Arc<Accepted>) {
    said(of, epoch, number, Content::Abstention("generator g1: connection refused".into()))
}

fn cause(subject: Subject, code: CauseCode, since: i64) -> Cause {
    let detail = "connected, but no submission".to_owned();
    Cause { subject, code, since: minute(since), last_seen: Some(at(since, 4)), detail }
}

fn verdict(first: i64, last: i64, outcome: Outcome) -> Verdict {
    let state = match outcome {
        Outcome::Median(_) => State::Ok,
        Outcome::Failed(_) => State::Error,
        Outcome::NoStrategies => State::Idle,
        Outcome::Halted => State::Halted,
        Outcome::NotRunning => State::Waiting,
    };
    Verdict {
        minute: minute(first),
        last: minute(last),
        outcome,
        count: 0,
        state,
        closed_at: at(last, 10_000),
        valid_until: at(last + 1, 10_000),
        disagreeing: Vec::new(),
    }
}

fn judged(verdict: Verdict, submissions: Vec<(Name, Arc<Accepted>)>) -> Record {
    let decisions = submissions.iter().filter(|(_, accepted)| accepted.decision().is_some());
    let verdict = Arc::new(Verdict { count: decisions.count(), ..verdict });
    Record::Judged(Judgement { verdict, submissions: submissions.into() })
}

/// From OK to ERROR, since so many strategies are silent.
fn changed(silent: usize) -> Record {
    let cause_of =
        |index| cause(Subject::Strategy(name(&format!("s{index:02}"))), CauseCode::Silent, 1);
    Record::Changed(StateChange {
        from: State::Ok,
        to: State::Error,
        at: at(1, 10_000),
        causes: (0..silent).map(cause_of).collect(),
        halt_reason: None,
    })
}

/// The median of `X` and `Y`, registered under epochs 1 and 2.
fn median_of(number: i64, x: f64, y: f64) -> Record {
    let median = median(&mut [x, y]).unwrap();
    let submissions = vec![decided("X", 1, number, x), decided("Y", 2, number, y)];
    judged(verdict(number, number, Outcome::Median(median)), submissions)
}

/// `X` abstained and `Y` was silent.
fn failed(number: i64) -> Record {
    let strategy = |of| Subject::Strategy(name(of));
    let causes = vec![
        cause(strategy("X"), CauseCode::Abstained, 1),
        cause(strategy("Y"), CauseCode::Silent, 1),
    ];
    let verdict = verdict(number, number, Outcome::Failed(causes));
    judged(verdict, vec![abstained("X", 1, number)])
}

fn both_registered() -> [Record; 2] {
    [registered("X", 1, 1), registered("Y", 2, 1)]
}

fn verdict_of(record: &Record) -> Verdict {
    match record {
        Record::Judged(judgement) => Verdict::clone(&judgement.verdict),
        Record::Registered { .. }
        | Record::Deregistered { .. }
        | Record::Halted(_)
        | Record::Resumed { .. }
        | Record::Changed(_) => panic!("no verdict"),
    }
}
