//! What is older than `--keep` says goes, in small steps, each of them one transaction: the verdicts
//! first, with the mark of the first minute that is kept, then what is behind them. So no minute is
//! ever half there, and a crash between two steps leaves rows that the next one takes.
//!
//! Who was registered when, and what operators did, is kept for good: it grows with what people do.

use std::time::Duration;

use chassis::grid::{Interval, Minute};
use rusqlite::{Connection, Transaction, types::ValueRef};

use super::{
    CommitError, Journal,
    error::Fault,
    row::{self, instant, minute, text},
    schema::Table,
    words,
};

/// Verdicts that one step takes out …
const VERDICTS_A_STEP: u32 = 100;

/// … and rows of each table behind them: a step takes milliseconds, in which a commit may wait.
const ROWS_A_STEP: u32 = 1_000;

/// Rows behind verdicts that are gone. Each table but the last is in the order of minutes.
const BEHIND: [&str; 4] = [
    "DELETE FROM signals WHERE (minute, strategy, position) IN
     (SELECT minute, strategy, position FROM signals WHERE minute < ?1 LIMIT ?2)",
    "DELETE FROM submissions WHERE (minute, strategy) IN
     (SELECT minute, strategy FROM submissions WHERE minute < ?1 LIMIT ?2)",
    "DELETE FROM causes WHERE (minute, strategy, position) IN
     (SELECT minute, strategy, position FROM causes WHERE minute < ?1 LIMIT ?2)",
    "DELETE FROM state_changes WHERE changed_at < ?1 AND id IN
     (SELECT id FROM state_changes ORDER BY id LIMIT ?2)",
];

impl Journal {
    /// The same journal, which keeps minutes for so long after the last one; for ever, if it does
    /// not say.
    #[must_use]
    pub fn keeping(self, keep: Option<Duration>) -> Self {
        Self { keep, ..self }
    }

    /// Whether old minutes go at all.
    pub fn forgets(&self) -> bool {
        self.keep.is_some()
    }

    /// Takes out a little of what is too old; for a moment when nobody waits, and no minute is written
    /// ahead. Whether there is more to take out.
    pub fn prune(&mut self) -> Result<bool, CommitError> {
        let Some(keep) = self.keep.filter(|_| self.draft.is_none()) else { return Ok(false) };
        self.still_there()?;
        let interval = self.reader.interval;
        let step = step(&mut self.reader.connection, interval, keep);
        let Step { first_minute, rows, more } = step.map_err(|fault| self.unwritten(&fault))?;
        self.reader.first_minute = first_minute;
        self.rows_in_log += rows;
        Ok(more)
    }
}

/// What one step has done.
struct Step {
    /// The first minute that is kept.
    first_minute: Minute,
    rows: usize,
    more: bool,
}

fn step(connection: &mut Connection, interval: Interval, keep: Duration) -> Result<Step, Fault> {
    let transaction = connection.transaction()?;
    let before = words::meta(&transaction)?.first_minute;
    let (first_minute, mut more) = cut(&transaction, interval, keep)?.unwrap_or((before, false));
    let mut rows = 0;
    if first_minute > before {
        let sql = "DELETE FROM verdicts WHERE minute < ?1";
        rows += transaction.execute(sql, [first_minute.start().as_micros()])?;
        rows += mark(&transaction, first_minute)?;
    }
    for sql in BEHIND {
        let gone = transaction.execute(sql, (first_minute.start().as_micros(), ROWS_A_STEP))?;
        more |= gone == ROWS_A_STEP as usize;
        rows += gone;
    }
    transaction.commit()?;
    Ok(Step { first_minute, rows, more })
}

/// The minute before which this step takes verdicts out, and whether the next one will find more. A
/// run of minutes is kept whole; the last verdict always is, since a start goes on from it.
fn cut(
    transaction: &Transaction<'_>,
    interval: Interval,
    keep: Duration,
) -> Result<Option<(Minute, bool)>, Fault> {
    let newest = "SELECT max(last_minute) FROM verdicts WHERE minute =
                  (SELECT max(minute) FROM verdicts)";
    let newest: Option<i64> = transaction.query_row(newest, (), |row| row.get(0))?;
    let Some(newest) = newest else { return Ok(None) };
    let keep = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
    let oldest_kept = newest.saturating_sub(keep);
    let mut oldest =
        transaction.prepare("SELECT minute, last_minute FROM verdicts ORDER BY minute LIMIT ?1")?;
    let mut rows = oldest.query([VERDICTS_A_STEP + 1])?;
    let mut cut = None;
    while let Some(row) = rows.next()? {
        let (first, last): (i64, i64) = (row.get(0)?, row.get(1)?);
        let first = Minute::starting(chassis::grid::Timestamp::from_micros(first), interval)
            .map_err(|off_grid| Fault::Damaged(off_grid.to_string()))?;
        if last >= oldest_kept {
            return Ok(Some((first, false)));
        }
        cut = Some((first, true));
    }
    Ok(cut)
}

/// Writes which minute is the first that is kept.
fn mark(transaction: &Transaction<'_>, first_minute: Minute) -> Result<usize, Fault> {
    let words::Meta { id, interval, created_at, .. } = words::meta(transaction)?;
    transaction.execute("DELETE FROM meta", ())?;
    let micros = i64::try_from(interval.duration().as_micros()).expect("at most 24 h");
    let interval = ValueRef::Integer(micros);
    let values = [text(id.as_str()), interval, instant(created_at), minute(first_minute)];
    let mut insert = transaction.prepare(&Table::Meta.insert())?;
    row::write(&mut insert, Table::Meta, &values, &mut Vec::new())?;
    Ok(1)
}
