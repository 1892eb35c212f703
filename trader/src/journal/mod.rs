//! The trader's memory across crashes: one SQLite file, written by one trader, readable by anyone.
//!
//! Synchronous: in production one worker owns the [`Journal`], in simulation it is called inline.
//! What is committed is on disk; what the file says is believed only after a checksum.

mod error;
mod path;
mod lock;
mod durable;
mod schema;
mod header;
mod log;
mod row;
mod words;
mod read;
mod recover;
mod write;
mod open;
mod draft;
mod prune;
mod doctor;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use rusqlite::Connection;

pub use doctor::{Finding, doctor};
pub use error::{CommitError, OpenError, ReadError};
pub use open::read_only;
pub use path::{NoStateDirectory, default_path, make_directory};
pub use read::{Explanation, Reader};

use crate::engine::{Recovered, ledger::Record, verdict::Verdict};
use draft::Draft;
use error::Fault;
use lock::Lock;
use open::Beginning;

/// Rows after which the log is folded into the file: a few megabytes, and minutes to hours of a
/// small system.
const CHECKPOINT_ROWS: usize = 1_000;

/// An open journal, for its one writer.
#[derive(Debug)]
pub struct Journal {
    // Closed before the lock is given back.
    reader: Reader,
    _lock: Option<Lock>,
    is_new: bool,
    /// Which file it is on its disk, as device and inode; none in memory.
    identity: Option<(u64, u64)>,
    /// Rows that are in SQLite's log and, as far as this process knows, not in the file.
    rows_in_log: usize,
    /// How long minutes are kept; none: for ever.
    keep: Option<Duration>,
    /// What the open transaction has in it; without it, none is open.
    draft: Option<Draft>,
    /// The last minute that has its verdict on disk.
    judged: Option<Minute>,
}

impl Journal {
    /// Opens the journal at `path`, or begins one there under `new_id` if there is no file. A file
    /// that cannot be trusted, or is in use, is refused and left as it is.
    pub fn open(
        path: &Path,
        interval: Interval,
        now: Timestamp,
        new_id: Name,
    ) -> Result<(Self, Recovered), OpenError> {
        let file = path::resolve(path).map_err(open::failed(path, "find its directory"))?;
        // Without a lock file no trader has it: look before anything is made beside it.
        if !Lock::path(&file).exists() && header::inspect(&file)? {
            open::check(&file, interval)?;
        }
        let lock = Lock::take(&file)?;
        let is_new = !header::inspect(&file)?;
        if is_new {
            open::create(&file, &Beginning { id: new_id, interval, at: now })?;
        }
        let (reader, recovered) = open::check(&file, interval)?;
        log::settle(&file)?;
        Ok((Self::begin(reader, Some(lock), is_new)?, recovered))
    }

    /// Begins a journal in memory.
    pub fn ephemeral(
        interval: Interval,
        now: Timestamp,
        new_id: Name,
    ) -> Result<(Self, Recovered), OpenError> {
        let file = PathBuf::from("(in memory)");
        let refused = |fault: Fault| error::refusal(&file, fault);
        let connection = Connection::open_in_memory().map_err(|error| refused(error.into()))?;
        open::lay_out(&connection, &Beginning { id: new_id, interval, at: now })
            .map_err(refused)?;
        let reader = Reader::new(connection, file.clone())?;
        let recovered = reader.recover().map_err(refused)?;
        Ok((Self::begin(reader, None, true)?, recovered))
    }

    fn begin(reader: Reader, lock: Option<Lock>, is_new: bool) -> Result<Self, OpenError> {
        open::begin_writing(&reader.connection).map_err(|fault| OpenError::Sqlite {
            file: reader.file.clone(),
            doing: "write it",
            reason: fault.to_string(),
        })?;
        let identity = lock.is_some().then(|| open::identity(&reader.file)).transpose();
        let identity = identity.map_err(open::failed(&reader.file, "find it"))?;
        // What a crash left in the log is folded in at the first opportunity.
        Ok(Self {
            judged: None,
            reader,
            _lock: lock,
            is_new,
            identity,
            rows_in_log: CHECKPOINT_ROWS,
            keep: None,
            draft: None,
        })
    }

    /// Id of the journal, to which epochs belong.
    pub fn id(&self) -> &str {
        self.reader.id()
    }

    /// Where it is.
    pub fn file(&self) -> &Path {
        &self.reader.file
    }

    /// Whether it was begun by this process; to be logged, so that nobody starts anew unawares.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Writes records in one transaction; on disk when this returns. After an error none of them is
    /// written, and they can be tried again, or others in their place. (If it was the sync that
    /// failed, a process that ends before the next commit may leave all of them all the same.)
    pub fn commit(&mut self, records: &[Record]) -> Result<(), CommitError> {
        if records.is_empty() {
            return Ok(());
        }
        self.still_there()?;
        let rows = self.write(records).map_err(|fault| self.give_up(&fault))?;
        self.rows_in_log += rows;
        let judged = draft::judgements(records).map(|judgement| judgement.verdict.last);
        self.judged = self.judged.max(judged.max());
        Ok(())
    }

    /// Folds SQLite's log into the file when it is long; for a moment when nobody waits. A failure
    /// loses nothing, the next call tries again.
    pub fn checkpoint(&mut self) -> Result<(), CommitError> {
        if self.rows_in_log < CHECKPOINT_ROWS || self.draft.is_some() {
            return Ok(());
        }
        let connection = &self.reader.connection;
        let folded = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
        folded.map_err(|error| self.unwritten(&error.into()))?;
        self.rows_in_log = 0;
        Ok(())
    }

    /// What is written to a file that has lost its name is lost with the process.
    fn still_there(&self) -> Result<(), CommitError> {
        let Some(identity) = self.identity else { return Ok(()) };
        let reason = match open::identity(&self.reader.file) {
            Ok(found) if found == identity => return Ok(()),
            Ok(_) => "another file has taken its place".to_owned(),
            Err(error) => error.to_string(),
        };
        let file = self.reader.file.clone();
        let reason = format!("it was moved or removed while in use ({reason}): put it back");
        Err(CommitError { file, reason })
    }

    fn unwritten(&self, fault: &Fault) -> CommitError {
        CommitError { file: self.reader.file.clone(), reason: fault.to_string() }
    }

    /// As [`Reader::last_minute`].
    pub fn last_minute(&self) -> Result<Option<Minute>, ReadError> {
        self.reader.last_minute()
    }

    /// As [`Reader::verdicts_after`].
    pub fn verdicts_after(&self, after: Minute, limit: usize) -> Result<Vec<Verdict>, ReadError> {
        self.reader.verdicts_after(after, limit)
    }

    /// As [`Reader::begun`].
    pub fn begun(&self) -> Minute {
        self.reader.begun()
    }

    /// As [`Reader::gone`].
    pub fn gone(&self, minute: Minute) -> Option<Minute> {
        self.reader.gone(minute)
    }

    /// As [`Reader::explain`].
    pub fn explain(
        &self,
        minute: Minute,
        after: Option<&Name>,
        limit: usize,
    ) -> Result<Option<Explanation>, ReadError> {
        self.reader.explain(minute, after, limit)
    }
}
