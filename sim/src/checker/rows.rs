//! The journal's rows, read by SQL of the checker's own.

use std::path::Path;

use chassis::grid::Timestamp;
use rusqlite::{Connection, OpenFlags, Params, Result, Row};

/// An instance's hold on a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) epoch: u64,
    pub(super) name: String,
    pub(super) instance: String,
    pub(super) first_minute: Timestamp,
    pub(super) registered_at: Timestamp,
    pub(super) taken_over: bool,
    /// When it ended, and by what: `takeover`, `operator` or `itself`.
    pub(super) ended: Option<(Timestamp, String)>,
}

/// A name taken off the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Off {
    pub(super) name: String,
    pub(super) by_operator: bool,
}

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// True: a halt; false: the end of all halts before.
    pub(super) halt: bool,
    pub(super) at: Timestamp,
}

/// What a minute, or a run of minutes, ended with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) minute: Timestamp,
    pub(super) last: Timestamp,
    pub(super) kind: String,
    /// Median, lowest and highest.
    pub(super) median: Option<[f64; 3]>,
    pub(super) count: usize,
    pub(super) state: String,
    pub(super) closed_at: Timestamp,
    pub(super) valid_until: Timestamp,
    /// Names, empty for the trader, and codes.
    pub(super) causes: Vec<(String, String)>,
    /// Names of generators, separated by commas.
    pub(super) disagreeing: String,
    pub(super) submissions: Vec<Submission>,
}

/// What a strategy said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Submission {
    pub(super) name: String,
    pub(super) epoch: u64,
    pub(super) instance: String,
    pub(super) decided_at: Timestamp,
    pub(super) received_at: Timestamp,
    /// None: an abstention.
    pub(super) decision: Option<f64>,
    pub(super) signals: Vec<Signal>,
}

/// A signal behind a submission.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signal {
    pub(super) generator: String,
    pub(super) value: f64,
    pub(super) produced_at: Timestamp,
}

/// Opens a journal for reading: as the file that it is, whatever becomes of the simulated disk.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags_and_vfs(path, flags, "unix")
}

/// Another number whenever somebody else has written.
pub(super) fn data_version(connection: &Connection) -> Result<i64> {
    connection.query_row("PRAGMA data_version", (), |row| row.get(0))
}

/// The first minute of the journal.
pub(super) fn first_minute(connection: &Connection) -> Result<Timestamp> {
    connection.query_row("SELECT first_minute FROM meta", (), |row| instant(row, 0))
}

/// All holds, in order of their epochs.
pub(super) fn holds(connection: &Connection) -> Result<Vec<Hold>> {
    let sql = "SELECT epoch, strategy, instance, first_minute, registered_at, taken_over, ended_at,
                      ended_by FROM registrations ORDER BY epoch";
    all(connection, sql, (), |row| {
        let ended_at = row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros);
        Ok(Hold {
            epoch: epoch(row, 0)?,
            name: row.get(1)?,
            instance: row.get(2)?,
            first_minute: instant(row, 3)?,
            registered_at: instant(row, 4)?,
            taken_over: row.get::<_, i64>(5)? != 0,
            ended: ended_at.zip(row.get(7)?),
        })
    })
}

/// All deregistrations, in order.
pub(super) fn offs(connection: &Connection) -> Result<Vec<Off>> {
    let sql = "SELECT strategy, operator IS NOT NULL FROM deregistrations ORDER BY id";
    all(connection, sql, (), |row| Ok(Off { name: row.get(0)?, by_operator: row.get(1)? }))
}

/// All that operators did, in order.
pub(super) fn orders(connection: &Connection) -> Result<Vec<Order>> {
    let sql = "SELECT action = 'halt', acted_at FROM halts ORDER BY id";
    all(connection, sql, (), |row| Ok(Order { halt: row.get(0)?, at: instant(row, 1)? }))
}

/// Verdicts from `minute` on, in order.
pub(super) fn verdicts(connection: &Connection, minute: Timestamp) -> Result<Vec<Verdict>> {
    let sql = "SELECT minute, last_minute, kind, median, lowest, highest, count, state, closed_at,
                      valid_until, disagreeing FROM verdicts WHERE minute >= ?1 ORDER BY minute";
    let mut verdicts = all(connection, sql, [minute.as_micros()], |row| {
        let [median, lowest, highest]: [Option<f64>; 3] = [row.get(3)?, row.get(4)?, row.get(5)?];
        let median = median.zip(lowest).zip(highest);
        Ok(Verdict {
            minute: instant(row, 0)?,
            last: instant(row, 1)?,
            kind: row.get(2)?,
            median: median.map(|((median, lowest), highest)| [median, lowest, highest]),
            count: usize::try_from(row.get::<_, i64>(6)?).unwrap_or(usize::MAX),
            state: row.get(7)?,
            closed_at: instant(row, 8)?,
            valid_until: instant(row, 9)?,
            causes: Vec::new(),
            disagreeing: row.get(10)?,
            submissions: Vec::new(),
        })
    })?;
    for verdict in &mut verdicts {
        let key = [verdict.minute.as_micros()];
        let sql = "SELECT strategy, code FROM causes WHERE minute = ?1 ORDER BY position";
        verdict.causes = all(connection, sql, key, |row| Ok((row.get(0)?, row.get(1)?)))?;
        verdict.submissions = submissions(connection, verdict.minute)?;
    }
    Ok(verdicts)
}

fn submissions(connection: &Connection, minute: Timestamp) -> Result<Vec<Submission>> {
    let sql = "SELECT strategy, epoch, instance, decided_at, received_at, decision
               FROM submissions WHERE minute = ?1 ORDER BY strategy";
    let mut submissions = all(connection, sql, [minute.as_micros()], |row| {
        Ok(Submission {
            name: row.get(0)?,
            epoch: epoch(row, 1)?,
            instance: row.get(2)?,
            decided_at: instant(row, 3)?,
            received_at: instant(row, 4)?,
            decision: row.get(5)?,
            signals: Vec::new(),
        })
    })?;
    for submission in &mut submissions {
        let sql = "SELECT generator, value, produced_at FROM signals
                   WHERE minute = ?1 AND strategy = ?2 ORDER BY position";
        let key = (minute.as_micros(), submission.name.as_str());
        submission.signals = all(connection, sql, key, |row| {
            Ok(Signal { generator: row.get(0)?, value: row.get(1)?, produced_at: instant(row, 2)? })
        })?;
    }
    Ok(submissions)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare(sql)?.query_map(parameters, read)?.collect()
}

fn instant(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    row.get(column).map(Timestamp::from_micros)
}

fn epoch(row: &Row<'_>, column: usize) -> Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
