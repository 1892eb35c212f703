//! One trader per journal: a lock on the file beside it, which the system gives back when the
//! trader's process ends, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::{error::OpenError, path::beside};

/// A journal's lock, held until it is dropped. The file stays: whoever removed it could let two
/// traders hold two locks of one name.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Where the lock of a journal is.
    pub(super) fn path(journal: &Path) -> PathBuf {
        beside(journal, ".lock")
    }

    /// Takes the lock and leaves the process's id in it, or says who has it.
    pub(super) fn take(journal: &Path) -> Result<Self, OpenError> {
        let lock = Self::path(journal);
        let failed =
            |doing| move |source| OpenError::Io { file: journal.to_owned(), doing, source };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&lock).map_err(failed("open its .lock file"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&mut file);
                return Err(OpenError::Locked { file: journal.to_owned(), lock, holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock its .lock file")(source)),
        }
        sign(&mut file).map_err(failed("write its .lock file"))?;
        Ok(Self { _file: file })
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

/// Who holds a lock, by what it left in the file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(32).read_to_string(&mut text);
    match read.ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(process) => format!("another trader, process {process},"),
        None => "another trader".to_owned(),
    }
}
