//! Reads a whole journal and says what is wrong with it.

use std::{fmt, path::Path};

use super::{
    error::{Fault, OpenError},
    log,
    open::read_only,
    read::{AFTER_ALL, Reader},
    row::Fields,
    schema::{self, Table},
    words,
};
use crate::engine::{
    median::median,
    verdict::{Median, Outcome, Verdict},
};

/// Findings of one kind that are reported one by one.
const FINDINGS_A_KIND: usize = 20;

/// What to do about any of them: a journal is not mended, since nobody could tell what it said.
const REMEDY: &str = "keep the file, and restore it from a copy";

/// Something wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// What should be.
    pub expected: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; expected {}: {}", self.what, self.expected, self.remedy)
    }
}

/// Rows that must not be: what they are, and a query for them. Rows of minutes before the first one
/// that is kept are about to be taken out.
const STRAYS: [(&str, &str); 5] = [
    (
        "submission without a verdict",
        "SELECT minute || ', ' || strategy FROM submissions
         WHERE minute >= (SELECT first_minute FROM meta)
         AND minute NOT IN (SELECT minute FROM verdicts)",
    ),
    (
        "signal without a submission",
        "SELECT minute || ', ' || strategy || ', ' || generator FROM signals
         WHERE minute >= (SELECT first_minute FROM meta) AND NOT EXISTS
         (SELECT 1 FROM submissions WHERE submissions.minute = signals.minute
          AND submissions.strategy = signals.strategy)",
    ),
    (
        "cause without a failed verdict",
        "SELECT minute || ', ' || strategy FROM causes
         WHERE minute >= (SELECT first_minute FROM meta)
         AND minute NOT IN (SELECT minute FROM verdicts WHERE kind = 'failed')",
    ),
    (
        "submission under an epoch that its strategy and instance did not hold",
        "SELECT minute || ', ' || strategy || ', ' || submissions.epoch FROM submissions
         WHERE NOT EXISTS (SELECT 1 FROM registrations
          WHERE registrations.epoch = submissions.epoch
          AND registrations.strategy = submissions.strategy
          AND registrations.instance = submissions.instance)",
    ),
    (
        "epoch held twice, or a name held twice at a time",
        "SELECT 'epoch ' || epoch FROM registrations NOT INDEXED
         GROUP BY epoch HAVING count(*) > 1
         UNION ALL SELECT 'name ' || strategy FROM registrations NOT INDEXED WHERE ended_at IS NULL
         GROUP BY strategy HAVING count(*) > 1",
    ),
];

/// Reads everything in the journal at `path` and lists what is wrong; empty: all well. For another
/// process than the trader's, as [`read_only`] is.
pub fn doctor(path: &Path) -> Result<Vec<Finding>, OpenError> {
    let reader = match read_only(path) {
        Ok(reader) => reader,
        Err(OpenError::Damaged { what, .. }) => {
            return Ok(vec![Finding {
                what,
                expected: "a journal that can be opened",
                remedy: REMEDY,
            }]);
        }
        Err(other) => return Err(other),
    };
    let mut examination = Examination { reader, findings: Vec::new() };
    examination.all();
    Ok(examination.findings)
}

struct Examination {
    reader: Reader,
    findings: Vec<Finding>,
}

/// What is found of one kind: the first, and how many there are.
#[derive(Default)]
struct Complaints {
    shown: Vec<String>,
    total: usize,
}

impl Complaints {
    fn add(&mut self, what: String) {
        self.total += 1;
        if self.shown.len() < FINDINGS_A_KIND {
            self.shown.push(what);
        }
    }
}

impl Examination {
    fn all(&mut self) {
        // One state of the file from beginning to end, whatever its trader commits meanwhile.
        self.look("a readable file", |reader, _| Ok(reader.connection.execute_batch("BEGIN")?));
        self.look("a file without a complaint of SQLite's integrity check", |reader, found| {
            let complaint = |line: String| (line != "ok").then_some(line);
            lines(reader, "PRAGMA integrity_check(20)", complaint, found)
        });
        self.look("the tables, indexes and views of this schema", |reader, _| {
            schema::check(&reader.connection)
        });
        self.look("a log in which every commit can be read", damaged_log);
        for table in Table::ALL {
            self.look("every row with the checksum it was written with", |reader, found| {
                damaged_rows(reader, table, found)
            });
        }
        for (what, sql) in STRAYS {
            self.look("every row with those that it belongs to", |reader, found| {
                lines(reader, sql, |row| Some(format!("{what}: {row}")), found)
            });
        }
        self.look("what a trader goes on from", |reader, _| reader.recover().map(drop));
        self.look("every minute in exactly one verdict, in order, without gaps", gaps);
        self.look("every verdict in accord with what is behind it", contradictions);
    }

    fn look(
        &mut self,
        expected: &'static str,
        look: impl FnOnce(&Reader, &mut Complaints) -> Result<(), Fault>,
    ) {
        let mut found = Complaints::default();
        if let Err(fault) = look(&self.reader, &mut found) {
            found.add(fault.to_string());
        }
        let rest = found.total - found.shown.len();
        let more = (rest > 0).then(|| format!("and {rest} more like these"));
        let finding = |what| Finding { what, expected, remedy: REMEDY };
        self.findings.extend(found.shown.into_iter().chain(more).map(finding));
    }
}

/// The texts that a query gives, as far as they are complaints.
fn lines(
    reader: &Reader,
    sql: &str,
    complaint: impl Fn(String) -> Option<String>,
    found: &mut Complaints,
) -> Result<(), Fault> {
    let mut statement = reader.connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        if let Some(line) = complaint(row.get(0)?) {
            found.add(line);
        }
    }
    Ok(())
}

/// A trader may be writing it meanwhile: damage is what is found twice.
fn damaged_log(reader: &Reader, found: &mut Complaints) -> Result<(), Fault> {
    let look = || {
        log::damage(&reader.file)
            .map_err(|error| Fault::Damaged(format!("its log cannot be read: {error}")))
    };
    if let Some(what) = look()?
        && look()?.as_ref() == Some(&what)
    {
        found.add(what);
    }
    Ok(())
}

fn damaged_rows(reader: &Reader, table: Table, found: &mut Complaints) -> Result<(), Fault> {
    let mut statement = reader.connection.prepare(&format!("SELECT * FROM {}", table.name()))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        if let Err(fault) = Fields::of(row, table, reader.interval) {
            found.add(fault.to_string());
        }
    }
    Ok(())
}

/// Calls `visit` with every verdict in order, and how many causes it has; with nothing for one that
/// cannot be read, which is a damaged row.
fn each_verdict(
    reader: &Reader,
    mut visit: impl FnMut(Option<(Verdict, usize)>),
) -> Result<(), Fault> {
    let mut statement = reader.connection.prepare("SELECT * FROM verdicts ORDER BY minute")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let fields = Fields::of(row, Table::Verdicts, reader.interval);
        visit(fields.and_then(|mut fields| words::verdict(&mut fields)).ok());
    }
    Ok(())
}

fn gaps(reader: &Reader, found: &mut Complaints) -> Result<(), Fault> {
    // None after a verdict that cannot be read: where that one ends is not known.
    // The mark is read again: the trader may have taken minutes out since the file was opened.
    let mut expected = Some(words::meta(&reader.connection)?.first_minute);
    each_verdict(reader, |verdict| {
        if let Some((Verdict { minute, last, .. }, _)) = &verdict
            && (expected.is_some_and(|expected| expected != *minute) || last < minute)
        {
            let place = expected.map_or_else(|| "?".to_owned(), |minute| minute.to_string());
            found.add(format!("a verdict of {minute} to {last} where {place} should begin"));
        }
        expected = verdict.map(|(verdict, _)| verdict.last.next(reader.interval));
    })
}

fn contradictions(reader: &Reader, found: &mut Complaints) -> Result<(), Fault> {
    each_verdict(reader, |verdict| {
        let Some((verdict, causes)) = verdict else { return };
        let minute = verdict.minute;
        match contradiction(reader, verdict, causes) {
            Ok(None) => {}
            Ok(Some(what)) => found.add(format!("the verdict of {minute}: {what}")),
            Err(fault) => found.add(format!("the verdict of {minute}: {fault}")),
        }
    })
}

/// In what a verdict does not follow from the submissions and causes behind it.
fn contradiction(
    reader: &Reader,
    verdict: Verdict,
    causes: usize,
) -> Result<Option<String>, Fault> {
    let verdict = reader.whole(verdict, causes)?;
    let submissions = reader.submissions(verdict.minute, ("", AFTER_ALL))?;
    let mut values: Vec<f64> =
        submissions.iter().filter_map(|(_, accepted)| accepted.decision()).collect();
    if values.len() != verdict.count {
        return Ok(Some(format!("{} decisions, not {}", values.len(), verdict.count)));
    }
    if !values.iter().all(|value| value.is_finite()) {
        return Ok(Some("a decision is not finite".to_owned()));
    }
    Ok(match &verdict.outcome {
        Outcome::Failed(causes) if causes.is_empty() => Some("failed without a cause".to_owned()),
        Outcome::Median(_) if submissions.len() != values.len() => {
            Some("a median in spite of an abstention".to_owned())
        }
        Outcome::Median(recorded) => match median(&mut values) {
            Some(computed) if bits(computed) == bits(*recorded) => None,
            computed => Some(format!("{recorded:?} is recorded, its decisions give {computed:?}")),
        },
        Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => None,
    })
}

fn bits(Median { value, lowest, highest }: Median) -> [u64; 3] {
    [value, lowest, highest].map(f64::to_bits)
}
