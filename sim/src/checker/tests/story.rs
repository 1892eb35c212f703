//! A run written by hand: what is seen, and what is in a journal with the shipped schema.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use chassis::grid::{Interval, Timestamp, Timing};
use rusqlite::{Connection, params};
use tempfile::TempDir;
use tracing::Level;

pub(super) use super::row::{Row, Said, decision, minute, signal, start};
use crate::{
    checker::{Checked, Checker},
    record::{Description, Record, What},
};

const SCHEMA: &str = include_str!("../../../../trader/src/journal/schema.sql");

/// Two strategies, `a` and `b`, one generator, `g`, a minute of 60 s.
pub(super) struct Story {
    checker: Checker,
    journal: Connection,
    directory: TempDir,
    /// Off from true time: the trader's clock, in microseconds.
    pub(super) trader_offset: i64,
    now: Duration,
    seen: Vec<Record>,
    /// Expected to be a violation from here on.
    verdict: Checked,
}

impl Story {
    /// Everything is up, and both are registered from minute 1 on.
    pub(super) fn begun() -> Self {
        Self::expecting(&[])
    }

    /// The same, of a trader that was told to expect these names.
    pub(super) fn expecting(names: &[&str]) -> Self {
        let mut story = Self::empty(names);
        for (host, part) in
            [("trader", "trader"), ("g", "generator"), ("a", "strategy a"), ("b", "strategy b")]
        {
            story.see(host, What::Started { incarnation: 0, part: part.to_owned() });
            if let Some(name) = part.strip_prefix("strategy ") {
                let line = format!("strategy {name}, trader trader:1010");
                story.line(host, &line, &[("instance", &format!("{name}-1"))]);
            }
        }
        story.hold(1, "a", "a-1", 1);
        story.hold(2, "b", "b-1", 1);
        story.pass(2_000);
        for (name, epoch) in [("a", "1"), ("b", "2")] {
            story.told(name, epoch);
        }
        story
    }

    fn empty(expect: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let journal = Connection::open(directory.path().join("journal")).unwrap();
        journal.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(())).unwrap();
        journal.execute_batch(SCHEMA).unwrap();
        let first = start(1).as_micros();
        let sql = "INSERT INTO meta VALUES ('j', 60000000, 0, ?1, 0)";
        journal.execute(sql, [first]).unwrap();
        let timing = Timing::new(Interval::default(), None, None).unwrap();
        let asks = |name: &str| (name.to_owned(), vec!["g".to_owned()]);
        Self {
            checker: Checker::new(Description {
                seed: 7,
                timing,
                tick: Duration::from_millis(50),
                generators: vec!["g".to_owned()],
                strategies: ["a", "b"].map(asks).into(),
                expect: expect.iter().map(|name| (*name).to_owned()).collect(),
                at_least: 1,
            }),
            journal,
            directory,
            trader_offset: 0,
            now: Duration::ZERO,
            seen: Vec::new(),
            verdict: Ok(()),
        }
    }

    /// Something is seen at this moment.
    pub(super) fn see(&mut self, host: &str, what: What) {
        let wall = start(0).plus(self.now);
        let offset = if host == "trader" { self.trader_offset } else { 0 };
        let wall = Timestamp::from_micros(wall.as_micros() + offset);
        self.seen.push(Record { at: self.now, wall, host: Rc::from(host), what });
    }

    pub(super) fn line(&mut self, host: &str, message: &str, fields: &[(&'static str, &str)]) {
        let fields: BTreeMap<_, _> =
            fields.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let message = message.to_owned();
        self.see(host, What::Line { level: Level::INFO, message, fields });
    }

    /// A strategy and the trader log a registration from minute 1 on.
    pub(super) fn told(&mut self, name: &str, epoch: &str) {
        let first = start(1).to_string();
        let fields: [(&'static str, &str); 3] =
            [("epoch", epoch), ("first_minute", &first), ("taken_over", "false")];
        self.line("trader", &format!("registered {name}"), &fields);
        self.line(name, &format!("registered {name}"), &fields);
    }

    /// So many milliseconds go by, in steps of a tick.
    pub(super) fn pass(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        let path = self.directory.path().join("journal");
        while self.now < until {
            self.now += Duration::from_millis(50);
            let seen = std::mem::take(&mut self.seen);
            if self.verdict.is_ok() {
                self.verdict = self.checker.step(&seen, &path);
            }
        }
    }

    /// Until so many milliseconds after the start of minute `n`.
    pub(super) fn until(&mut self, n: u64, millis: u64) {
        let at = Duration::from_secs(60 * n) + Duration::from_millis(millis);
        let left = at.saturating_sub(self.now);
        self.pass(u64::try_from(left.as_millis()).unwrap());
    }

    /// A name is held from minute `first` on.
    pub(super) fn hold(&mut self, epoch: u64, name: &str, instance: &str, first: i64) {
        let sql = "INSERT INTO registrations VALUES (?1, ?2, ?3, ?4, ?5, 0, NULL, NULL, 0)";
        let at = start(0).plus(self.now).as_micros();
        let row = params![epoch.cast_signed(), name, instance, start(first).as_micros(), at];
        self.journal.execute(sql, row).unwrap();
    }

    /// Changes the journal by hand.
    pub(super) fn sql(&mut self, sql: &str) {
        self.journal.execute_batch(sql).unwrap();
    }

    /// The generator computes, and these decide and are heard.
    pub(super) fn decide(&mut self, n: i64, names: &[&'static str]) {
        let (value, minute) = (signal(n), minute(n));
        self.see("g", What::Computed { generator: "g".to_owned(), minute, value: Some(value) });
        for name in names {
            self.see(
                name,
                What::Decided {
                    strategy: (*name).to_owned(),
                    minute,
                    signals: vec![("g".to_owned(), value)],
                    decision: decision(name, n),
                },
            );
            self.heard(name, n);
        }
    }

    /// The trader logs a decision of minute `n`.
    pub(super) fn heard(&mut self, name: &str, n: i64) {
        let (message, minute) = (format!("{name} submitted {}", decision(name, n)), start(n));
        self.line("trader", &message, &[("minute", &minute.to_string())]);
    }

    /// Minute `n` has its verdict; what is behind it was received 100 ms after the boundary.
    pub(super) fn write(&mut self, n: i64, row: &Row) {
        let minute = start(n).as_micros();
        let after = |millis: i64| minute + millis * 1_000 + self.trader_offset;
        let sql =
            "INSERT INTO verdicts VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', 0)";
        let [median, lowest, highest] = row.values.map_or([None; 3], |values| values.map(Some));
        let count = row.said.iter().filter(|said| said.decision.is_some()).count();
        let (count, causes) =
            (i64::try_from(count).unwrap(), i64::try_from(row.causes.len()).unwrap());
        let values = params![
            minute,
            row.kind,
            median,
            lowest,
            highest,
            count,
            row.state,
            after(row.closed),
            minute + 70_000_000,
            causes
        ];
        self.journal.execute(sql, values).unwrap();
        for said in &row.said {
            let sql = "INSERT INTO submissions VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, 0)";
            let instance = format!("{}-{}", said.name, if said.epoch > 2 { said.epoch } else { 1 });
            let why = said.decision.is_none().then_some("no signal");
            let epoch = said.epoch.cast_signed();
            let values =
                params![minute, said.name, epoch, instance, after(100), said.decision, why];
            self.journal.execute(sql, values).unwrap();
            let sql = "INSERT INTO signals VALUES (?1, ?2, 0, 'g', 'r', ?3, ?4, 0)";
            let values = params![minute, said.name, said.signal, after(50)];
            self.journal.execute(sql, values).unwrap();
        }
        for (position, (name, code)) in row.causes.iter().enumerate() {
            let sql = "INSERT INTO causes VALUES (?1, ?2, ?3, ?4, ?1, NULL, '', 0)";
            let position = i64::try_from(position).unwrap();
            self.journal.execute(sql, params![minute, name, position, code]).unwrap();
        }
    }

    /// Minute `n` as it should be.
    pub(super) fn good(&mut self, n: i64) {
        self.until(n.unsigned_abs(), 100);
        self.decide(n, &["a", "b"]);
        self.pass(100);
        self.write(n, &Row::median(&["a", "b"], n));
        self.line("trader", "median: 0.5", &[("minute", &start(n).to_string())]);
        self.pass(100);
    }

    /// Something is broken from here on.
    pub(super) fn trouble(&mut self) {
        self.see("world", What::Fault { id: 99, kind: "partition", detail: String::new() });
    }

    /// Nothing was wrong.
    pub(super) fn goes_well(self) {
        assert_eq!(self.verdict, Ok(()));
    }

    /// Something was wrong, which this check has found.
    pub(super) fn violates(mut self, invariant: &str) {
        self.pass(100);
        let found = self.verdict.expect_err("nothing was found to be wrong");
        assert_eq!(found.invariant, invariant, "{found}");
    }
}
