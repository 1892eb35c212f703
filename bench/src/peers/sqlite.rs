//! A bare SQLite file with the rows of a minute: what a journal costs at least.
//!
//! The tables are those of the trader's journal, with its settings for durability (a write-ahead log,
//! synced at each commit) and SQLite's own for everything else; no checksums, no checks.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, params};
use tokio::time::Instant;

use crate::{Result, figures::scattered};

const TABLES: &str = "
    CREATE TABLE submissions (
        minute INTEGER NOT NULL, strategy TEXT NOT NULL, epoch INTEGER NOT NULL,
        instance TEXT NOT NULL, decided_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
        decision, abstention TEXT, checksum INTEGER NOT NULL,
        PRIMARY KEY (minute, strategy)) WITHOUT ROWID;
    CREATE TABLE signals (
        minute INTEGER NOT NULL, strategy TEXT NOT NULL, position INTEGER NOT NULL,
        generator TEXT NOT NULL, run_id TEXT NOT NULL, value NOT NULL,
        produced_at INTEGER NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (minute, strategy, position)) WITHOUT ROWID;
    CREATE TABLE verdicts (
        minute INTEGER PRIMARY KEY, last_minute INTEGER NOT NULL, kind TEXT NOT NULL, median,
        lowest, highest, count INTEGER NOT NULL, state TEXT NOT NULL, closed_at INTEGER NOT NULL,
        valid_until INTEGER NOT NULL, causes INTEGER NOT NULL, disagreeing TEXT NOT NULL,
        checksum INTEGER NOT NULL);";

/// Any number below 2^32, as long as a checksum.
const CHECKSUM: i64 = 3_735_928_559;

/// Of a process.
const ID: &str = "0123456789abcdef";

/// An open file.
pub(crate) struct Bare {
    connection: Connection,
    minute: i64,
}

/// How long the rows took, and how long the commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) rows: Duration,
    pub(crate) commit: Duration,
}

impl Bare {
    /// Begins a file.
    pub(crate) fn create(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        let _mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        connection.pragma_update(None, "synchronous", "full")?;
        // The trader folds its log in between minutes, too.
        let _pages: i64 =
            connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |row| row.get(0))?;
        connection.execute_batch(TABLES)?;
        Ok(Self { connection, minute: 0 })
    }

    /// One transaction with the rows of the next minute, the names in this order; each with so many
    /// signals.
    pub(crate) fn write(&mut self, names: &[String], signals: usize) -> Result<Took> {
        self.minute += 60_000_000;
        let (minute, count) = (self.minute, i64::try_from(names.len())?);
        let begun = Instant::now();
        let transaction = self.connection.transaction()?;
        insert(&transaction, minute, names, signals)?;
        let verdict = "INSERT INTO verdicts VALUES (?1, ?1, 'median', 0.5, 0.5, 0.5, ?2, 'OK', ?1, ?1, 0, '', ?3)";
        transaction.execute(verdict, params![minute, count, CHECKSUM])?;
        let rows = begun.elapsed();
        let begun = Instant::now();
        transaction.commit()?;
        let took = Took { rows, commit: begun.elapsed() };
        let _busy: i64 =
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get(0))?;
        Ok(took)
    }
}

fn insert(connection: &Connection, minute: i64, names: &[String], signals: usize) -> Result<()> {
    let mut submission = connection
        .prepare("INSERT INTO submissions VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, NULL, ?7)")?;
    let mut signal =
        connection.prepare("INSERT INTO signals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (index, name) in names.iter().enumerate() {
        let epoch = i64::try_from(index)?;
        submission.execute(params![minute, name, epoch, ID, minute, scattered(index), CHECKSUM])?;
        for position in 0..signals {
            let position = i64::try_from(position)?;
            let row = params![minute, name, position, "generator", ID, 0.5, minute, CHECKSUM];
            signal.execute(row)?;
        }
    }
    Ok(())
}
