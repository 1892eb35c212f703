//! Why a journal cannot be opened, written or read: what happened, and what to do.

use std::{
    io,
    path::{Path, PathBuf},
};

use chassis::grid::Interval;
use rusqlite::ErrorCode;

/// What is wrong with what SQLite gives back.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// SQLite's own complaint.
    #[error("{}", word(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// A row that cannot be trusted.
    #[error("{0}")]
    Damaged(String),
}

/// A journal that is not opened. Nothing has changed in it or beside it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another trader has it.
    #[error(
        "journal {} is in use: {holder} holds {}; stop that trader, or give this one its own file \
         by --journal FILE", file.display(), lock.display()
    )]
    Locked {
        /// The journal.
        file: PathBuf,
        /// Its lock.
        lock: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// The operating system refuses.
    #[error(
        "journal {}: cannot {doing}: {source}; the trader must be able to read and write the file \
         and its directory, which must exist: mend that, or choose another by --journal FILE",
        file.display()
    )]
    Io {
        /// The journal.
        file: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// The system's word.
        source: io::Error,
    },
    /// SQLite cannot work with it.
    #[error("journal {}: cannot {doing}: {reason}", file.display())]
    Sqlite {
        /// The journal.
        file: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// SQLite's word.
        reason: String,
    },
    /// There is no such file, and none is to be begun.
    #[error("journal {}: there is no such file", file.display())]
    Missing {
        /// The journal.
        file: PathBuf,
    },
    /// The file is gone, but SQLite's file of its latest records is there.
    #[error(
        "journal {} is missing, but {} with its latest records is there: put the journal back \
         beside it, or move that file away to begin a new journal", file.display(), side.display()
    )]
    Orphaned {
        /// The journal.
        file: PathBuf,
        /// What is left of it.
        side: PathBuf,
    },
    /// It has no bytes.
    #[error(
        "journal {} is empty (0 bytes), and a journal never is: restore it from a copy, or remove \
         it to begin a new one", file.display()
    )]
    Empty {
        /// The journal.
        file: PathBuf,
    },
    /// It is shorter than it says.
    #[error(
        "journal {} is truncated: it has {size} bytes, and should have {expected}; restore it from \
         a copy", file.display()
    )]
    Truncated {
        /// The journal.
        file: PathBuf,
        /// How long it is.
        size: u64,
        /// How long it should be.
        expected: u64,
    },
    /// It is not a journal.
    #[error(
        "{} is not a journal but {found}; choose another file by --journal FILE", file.display()
    )]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What it seems to be.
        found: String,
    },
    /// A later version wrote it.
    #[error(
        "journal {} has schema {found}, and this version knows up to schema {known}: start the \
         version that wrote it, or a later one", file.display()
    )]
    Newer {
        /// The journal.
        file: PathBuf,
        /// Its schema.
        found: u32,
        /// This version's.
        known: u32,
    },
    /// No version wrote it.
    #[error(
        "journal {} has schema {found}, which no version has had (this one has schema {known}): it \
         is damaged or was tampered with, restore it from a copy", file.display()
    )]
    UnknownSchema {
        /// The journal.
        file: PathBuf,
        /// Its schema.
        found: u32,
        /// This version's.
        known: u32,
    },
    /// Something in it cannot be trusted.
    #[error(
        "journal {} is damaged: {what}; run `minutehand doctor --journal FILE` on it, and restore \
         it from a copy", file.display()
    )]
    Damaged {
        /// The journal.
        file: PathBuf,
        /// What.
        what: String,
    },
    /// It is of other minutes.
    #[error(
        "journal {} is of minutes of {recorded}, and the trader was started with minutes of \
         {given}: start it with --interval {recorded}, or give it another file by --journal FILE",
        file.display()
    )]
    Interval {
        /// The journal.
        file: PathBuf,
        /// The journal's.
        recorded: Interval,
        /// The trader's.
        given: Interval,
    },
}

/// Records that are not on disk; none of them is.
#[derive(Debug, thiserror::Error)]
#[error("cannot write journal {}: {reason}", file.display())]
pub struct CommitError {
    pub(super) file: PathBuf,
    pub(super) reason: String,
}

/// Something in the journal that cannot be read, or not be trusted.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot read journal {}: {reason}; run `minutehand doctor --journal FILE` on it",
    file.display()
)]
pub struct ReadError {
    pub(super) file: PathBuf,
    pub(super) reason: String,
}

/// What a fault that is met when a journal is opened amounts to.
pub(super) fn refusal(file: &Path, fault: Fault) -> OpenError {
    let file = file.to_owned();
    match fault {
        Fault::Sqlite(error) if beyond_the_file(&error) => {
            OpenError::Sqlite { file, doing: "open it", reason: word(&error) }
        }
        fault @ (Fault::Sqlite(_) | Fault::Damaged(_)) => {
            OpenError::Damaged { file, what: fault.to_string() }
        }
    }
}

/// Whether SQLite complains of something else than what is in the file.
fn beyond_the_file(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
        )
    )
}

/// SQLite's word on what happened, with its code, which tells apart what it has one word for.
pub(super) fn word(error: &rusqlite::Error) -> String {
    match error.sqlite_extended_error_code() {
        Some(code) => format!("{error} (SQLite code {code})"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn j3_what_is_wrong_beside_the_file_is_not_called_damage() {
        let amounts_to = |code| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            refusal(Path::new("journal"), Fault::Sqlite(error))
        };
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_CANTOPEN, ffi::SQLITE_FULL, ffi::SQLITE_IOERR] {
            let refused = amounts_to(code);
            assert!(matches!(refused, OpenError::Sqlite { .. }), "{refused}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_ERROR] {
            let refused = amounts_to(code);
            assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
        }
    }
}
