//! What a journal says, judged by itself: read as plain tables, with none of the trader's code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use chassis::grid::{Interval, Minute, Timestamp};
use futures_util::FutureExt as _;
use generator::signal;
use rusqlite::{Connection, OpenFlags, Row};

use super::cast::{GENERATORS, INTERVAL, STRATEGIES, seed_of};

/// A second, the length of a minute, as the journal counts.
const MINUTE_US: i64 = 1_000_000;

/// What the clocks of such a system may differ by: a sixtieth of a minute.
const SKEW_US: i64 = MINUTE_US / 60;

/// A halt is in force until its end is written, which takes so long at most on a busy machine.
const WRITTEN_WITHIN_US: i64 = 100_000;

/// One row of the verdicts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) minute: i64,
    pub(super) last: i64,
    pub(super) kind: String,
    pub(super) median: Option<f64>,
    count: i64,
    closed_at: i64,
}

/// A hold on a name.
struct Hold {
    strategy: String,
    first_minute: i64,
    from: i64,
    to: i64,
}

/// Who said what for a minute.
type Decisions = BTreeMap<String, Option<f64>>;

/// All of it that is judged.
pub(super) struct Journal {
    pub(super) verdicts: Vec<Verdict>,
    first_minute: i64,
    holds: Vec<Hold>,
    /// From when to when it was halted.
    halts: Vec<(i64, i64)>,
    decisions: BTreeMap<i64, Decisions>,
    signals: BTreeMap<(i64, String), Vec<(String, f64)>>,
    /// Strategies that a minute's causes name; empty: the trader itself.
    causes: BTreeMap<i64, BTreeSet<String>>,
}

fn rows<T>(
    journal: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = journal.prepare(sql).unwrap();
    statement.query_map((), read).unwrap().map(Result::unwrap).collect()
}

impl Journal {
    pub(super) fn read(file: &Path) -> Self {
        let file = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let verdicts = "SELECT minute, last_minute, kind, median, count, closed_at FROM verdicts
                        ORDER BY minute";
        let mut journal = Self {
            verdicts: rows(&file, verdicts, |row| {
                let [minute, last, closed_at] = [row.get(0)?, row.get(1)?, row.get(5)?];
                let (kind, median, count) = (row.get(2)?, row.get(3)?, row.get(4)?);
                Ok(Verdict { minute, last, kind, median, count, closed_at })
            }),
            first_minute: rows(&file, "SELECT first_minute FROM meta", |row| row.get(0))[0],
            holds: holds(&file),
            halts: halts(&file),
            decisions: BTreeMap::new(),
            signals: BTreeMap::new(),
            causes: BTreeMap::new(),
        };
        let submissions = "SELECT minute, strategy, decision FROM submissions";
        for (minute, strategy, decision) in rows(&file, submissions, of_three) {
            journal.decisions.entry(minute).or_default().insert(strategy, decision);
        }
        let signals = "SELECT minute, strategy, generator, value FROM signals ORDER BY position";
        for (of, signal) in
            rows(&file, signals, |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))
        {
            journal.signals.entry(of).or_default().push(signal);
        }
        let causes = "SELECT minute, strategy, 0 FROM causes";
        for (minute, strategy, _) in rows(&file, causes, of_three::<i64>) {
            journal.causes.entry(minute).or_default().insert(strategy);
        }
        journal
    }

    /// Everything that is wrong; empty: all well.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut expected = self.first_minute;
        for verdict in &self.verdicts {
            let minute = Timestamp::from_micros(verdict.minute);
            if verdict.minute != expected || verdict.last < verdict.minute {
                complaints.push(format!("{minute}: out of order: {verdict:?}"));
            }
            expected = verdict.last + MINUTE_US;
            if let Some(complaint) = self.complaint(verdict) {
                complaints.push(format!("{minute}: {complaint}: {verdict:?}"));
            }
        }
        complaints
    }

    fn complaint(&self, verdict: &Verdict) -> Option<String> {
        let none = Decisions::new();
        let said = self.decisions.get(&verdict.minute).unwrap_or(&none);
        let decided =
            said.iter().filter_map(|(name, decision)| Some((name.as_str(), (*decision)?)));
        let decided: BTreeMap<&str, f64> = decided.collect();
        for (name, decision) in &decided {
            let computed = self.decision(verdict.minute, name).unwrap_or(f64::NAN);
            if computed.to_bits() != decision.to_bits() {
                return Some(format!("{name} decided {decision}, its signals say {computed}"));
            }
        }
        let deciders: BTreeSet<&str> = decided.keys().copied().collect();
        let due = self.due(verdict, &deciders);
        match verdict.kind.as_str() {
            "median" if due != deciders => Some(format!("a median of {deciders:?}, due: {due:?}")),
            "median" if self.is_halted(verdict, 0) => {
                Some("a median of a halted minute".to_owned())
            }
            "median" => {
                let computed = midpoint(decided.into_values().collect());
                let recorded = verdict.median.unwrap();
                (computed.to_bits() != recorded.to_bits()
                    || verdict.count != i64::try_from(due.len()).unwrap())
                .then(|| format!("its decisions give {computed}"))
            }
            "failed" => {
                let named = self.causes.get(&verdict.minute).into_iter().flatten();
                let named: BTreeSet<&str> = named.map(String::as_str).collect();
                let missing: BTreeSet<&str> = due.difference(&deciders).copied().collect();
                (named != missing && !named.contains(""))
                    .then(|| format!("causes {named:?}, missing {missing:?}"))
            }
            "halted" if !self.is_halted(verdict, WRITTEN_WITHIN_US) => {
                Some("nobody halted it".to_owned())
            }
            "no strategies" if !due.is_empty() => Some(format!("due: {due:?}")),
            _ => None,
        }
    }

    /// Who is expected in a minute when it closes. Who was taken off at that very instant, by the
    /// trader's clock, was counted if it had decided: what comes in together has one time.
    fn due(&self, verdict: &Verdict, deciders: &BTreeSet<&str>) -> BTreeSet<&str> {
        let closed_at = verdict.closed_at;
        let is_held = |hold: &Hold| {
            let counted = hold.to == closed_at && deciders.contains(&*hold.strategy);
            hold.from <= closed_at && (closed_at < hold.to || counted)
        };
        let is_due = |hold: &&Hold| hold.first_minute <= verdict.minute && is_held(hold);
        self.holds.iter().filter(is_due).map(|hold| hold.strategy.as_str()).collect()
    }

    /// Whether a halt was in force while the minute was open, which it is from its boundary less the
    /// skew on, or ended at most `before` that.
    fn is_halted(&self, verdict: &Verdict, before: i64) -> bool {
        let opens = verdict.minute - SKEW_US - before;
        self.halts.iter().any(|(from, to)| *from <= verdict.closed_at && *to > opens)
    }

    /// What the signals of the minute make a strategy decide.
    fn decision(&self, minute: i64, name: &str) -> Option<f64> {
        let (_, of) = STRATEGIES.into_iter().find(|(strategy, _)| *strategy == name)?;
        let used = self.signals.get(&(minute, name.to_owned()))?;
        let values = of.iter().map(|generator| {
            let value = signal_of(*generator, minute);
            let is_it = |(name, used): &&(String, f64)| {
                name == GENERATORS[*generator] && used.to_bits() == value.to_bits()
            };
            used.iter().find(is_it).map_or(f64::NAN, |(_, value)| *value)
        });
        let sum: f64 = values.sum();
        Some(if used.len() == of.len() { sum } else { f64::NAN })
    }
}

fn of_three<T: rusqlite::types::FromSql>(row: &Row<'_>) -> rusqlite::Result<(i64, String, T)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn holds(file: &Connection) -> Vec<Hold> {
    let sql = "SELECT strategy, first_minute, registered_at, coalesce(ended_at, 1 << 62)
               FROM registrations";
    rows(file, sql, |row| {
        let (strategy, first_minute) = (row.get(0)?, row.get(1)?);
        Ok(Hold { strategy, first_minute, from: row.get(2)?, to: row.get(3)? })
    })
}

fn halts(file: &Connection) -> Vec<(i64, i64)> {
    let acts = rows(file, "SELECT action = 'halt', acted_at FROM halts ORDER BY id", |row| {
        Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?))
    });
    let mut halts: Vec<(i64, i64)> = Vec::new();
    for (halts_it, at) in acts {
        let open = halts.last_mut().filter(|(_, to)| *to == i64::MAX);
        match open {
            Some((_, to)) if !halts_it => *to = at,
            None if halts_it => halts.push((at, i64::MAX)),
            Some(_) | None => {}
        }
    }
    halts
}

/// Lies that a journal may tell, one of each kind.
const LIES: [&str; 9] = [
    "UPDATE verdicts SET median = median + 1 WHERE kind = 'median'",
    "UPDATE verdicts SET count = count - 1 WHERE kind = 'median'",
    "DELETE FROM verdicts WHERE minute = (SELECT min(minute) FROM verdicts WHERE kind = 'median')",
    "UPDATE submissions SET decision = decision + 1",
    "DELETE FROM submissions WHERE strategy = 'X'",
    "UPDATE signals SET value = value / 2 WHERE generator = 'b'",
    "UPDATE registrations SET ended_at = registered_at WHERE strategy = 'Y'",
    "INSERT INTO registrations SELECT 99999, 'Q', 'q', 0, 0, 0, NULL, NULL, 0",
    "INSERT INTO halts SELECT -1, 'halt', 'x', 'x', 0, 0",
];

/// Whoever judges is judged: of each lie, told by a copy of this journal, whether it is noticed.
pub(super) fn unnoticed_lies(journal: &Path) -> Vec<&'static str> {
    let copy = journal.with_extension("copy");
    let is_believed = |lie: &&str| {
        fs::copy(journal, &copy).unwrap();
        let liar = Connection::open(&copy).unwrap();
        assert!(liar.execute(lie, ()).unwrap() > 0, "nothing to lie about: {lie}");
        drop(liar);
        Journal::read(&copy).complaints().is_empty()
    };
    LIES.into_iter().filter(is_believed).collect()
}

/// The signal that a generator computes for a minute.
fn signal_of(generator: usize, minute: i64) -> f64 {
    let interval: Interval = INTERVAL.parse().unwrap();
    let minute = Minute::starting(Timestamp::from_micros(minute), interval).unwrap();
    signal::uniform(seed_of(generator))(minute).now_or_never().unwrap().unwrap()
}

/// The middle value, or half of the sum of the two middle ones.
fn midpoint(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (lower, upper) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    if values.len() % 2 == 1 { upper } else { lower / 2.0 + upper / 2.0 }
}
