//! A disk for SQLite that forgets what was not synced.
//!
//! For tests and for the simulation: what a trader's journal survives when its process is killed,
//! when the power fails, when the disk is full or fails. Nothing that ships depends on it.
//!
//! A directory is put on a [`Disk`]; from then on SQLite's files in it (real files, for everybody
//! else) are written through it, in this process, without a change to the code that opens them. The
//! disk knows what was synced, of the files and of the directory's names, and can lose the rest.
//!
//! ```
//! use disk::{Disk, Failure};
//! use rand::{SeedableRng as _, rngs::StdRng};
//! use rusqlite::Connection;
//!
//! let directory = tempfile::tempdir()?;
//! let disk = Disk::at(directory.path())?;
//! let file = directory.path().join("a.sqlite");
//!
//! let process = Connection::open(&file)?;
//! process.execute_batch("PRAGMA journal_mode = wal; PRAGMA synchronous = full")?;
//! process.execute_batch("CREATE TABLE minutes (minute)")?;
//!
//! disk.fail(Some(Failure::Full));
//! assert!(process.execute_batch("INSERT INTO minutes VALUES (1)").is_err());
//! disk.fail(None);
//! process.execute_batch("INSERT INTO minutes VALUES (1)")?;
//!
//! disk.kill();                                    // `kill -9`: what was written stays,
//! assert!(process.execute_batch("INSERT INTO minutes VALUES (2)").is_err());
//! drop(process);                                  // and the dead one does not tidy up.
//!
//! disk.power_cut(&mut StdRng::seed_from_u64(7));  // What was not synced may be lost;
//! let process = Connection::open(&file)?;         // here, all was.
//! let minutes: i64 = process.query_row("SELECT max(minute) FROM minutes", (), |row| row.get(0))?;
//! assert_eq!(minutes, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod loss;
mod contents;
mod state;
mod files;
mod health;
mod volume;
#[expect(unsafe_code, reason = "SQLite calls a file system through C pointers")]
mod vfs;
#[cfg(test)]
mod tests;

use std::{io, path::Path, sync::Arc};

use rand::Rng;

use health::Refusal;
pub use health::{Counts, Failure};
pub use loss::Loss;
pub use state::{FileId, Image, Operation, State};
pub use volume::Log;
use volume::Volume;

/// Why a disk's own work on its directory succeeds.
const WRITABLE: &str = "a directory on a disk can be written by who put it there";

/// The disk under one directory, for SQLite in this process.
///
/// What is done to its files by other ways than SQLite's is durable at once: it is taken for granted.
/// ([`rename`], [`rewritten`] and [`sync`] are the exceptions.) Subdirectories are on no disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Volume>);

impl Disk {
    /// Puts a directory on a disk, until the last clone of this and the last open file are gone. What
    /// is in it is durable.
    pub fn at(directory: &Path) -> io::Result<Self> {
        vfs::install();
        Volume::at(directory).map(Self)
    }

    /// The process dies: everything fails from here on for whoever has a file open, its locks are
    /// given back (the files are others from here on), and what was written stays. That it was not
    /// synced is not forgotten.
    pub fn kill(&self) {
        self.0.end(None).expect(WRITABLE);
    }

    /// The power fails: everything fails from here on for whoever has a file open, and some of what
    /// was not synced is lost: nothing, everything, any of the writes, truncations, new and deleted
    /// names, or single sectors of the writes.
    pub fn power_cut(&self, rng: &mut dyn Rng) {
        self.lose(Loss::Some(rng));
    }

    /// A power cut with a loss of one's choice.
    pub fn lose(&self, loss: Loss<'_>) {
        self.0.end(Some(loss)).expect(WRITABLE);
    }

    /// From here on the disk fails, or it does not.
    pub fn fail(&self, failure: Option<Failure>) {
        self.0.fail(failure);
    }

    /// The disk fails one operation, of the kind that the failure is of, after `after` that go well.
    pub fn fail_once(&self, after: usize, failure: Failure) {
        self.0.fail_once(after, failure);
    }

    /// What the disk was asked for.
    pub fn counts(&self) -> Counts {
        self.0.counts()
    }

    /// Begins to record operations, from what is there at this moment.
    pub fn record(&self) {
        self.0.record();
    }

    /// How many operations are recorded.
    pub fn position(&self) -> usize {
        self.0.position()
    }

    /// What was recorded; nothing unless [`Self::record`] was called since the last power cut.
    pub fn log(&self) -> Option<Log> {
        self.0.log()
    }
}

/// As `std::fs::rename`, within a directory: if it is on a disk, not durable until that is synced.
/// Paths here are absolute and without links, as SQLite's are.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    if let (Some((volume, from)), Some((_, to))) = (volume::find(from), volume::find(to)) {
        volume.rename(&from, &to);
    }
    Ok(())
}

/// A file's own bytes were written over it, and synced: on a disk, what was in it and had not reached
/// it, or was forgotten by a failed sync, is durable; unless it fails.
pub fn rewritten(path: &Path) -> io::Result<()> {
    let Some((volume, name)) = volume::find(path) else { return Ok(()) };
    volume.rewritten(&name, std::fs::read(path)?).map_err(refused)
}

fn refused(refusal: Refusal) -> io::Error {
    io::Error::other(rusqlite::ffi::Error::new(refusal.code))
}

/// Syncs a file or a directory; on a disk that is all that makes it durable, unless it fails.
pub fn sync(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.sync_all()?;
    if let Some((volume, name)) = volume::find(path) {
        volume.sync(Some(&name)).map_err(refused)
    } else if let Some((volume, _)) = volume::find(&path.join("any")) {
        volume.sync(None).map_err(refused)
    } else {
        Ok(())
    }
}

/// Writes an image's files into a directory, where none of their names is taken.
pub fn write(image: &Image, directory: &Path) -> io::Result<()> {
    files::write(image, directory)
}
