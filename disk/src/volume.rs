//! What is known of a directory that is on a disk, and what its disk does with each operation.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use rusqlite::ffi;

use crate::{
    contents::SECTOR,
    files::{forget_memory, is_memory, names, renew, write},
    health::{Counts, Failure, Health, Kind, Refusal},
    loss::Loss,
    state::{FileId, Operation, State},
};

/// What was done to a directory's files, from a beginning.
#[derive(Clone, Debug)]
pub struct Log {
    /// What was there in the beginning.
    pub start: State,
    /// What was done to it.
    pub operations: Vec<Operation>,
}

/// The directories that are on a disk, for all that SQLite opens in this process.
static VOLUMES: Mutex<BTreeMap<PathBuf, Weak<Volume>>> = Mutex::new(BTreeMap::new());

/// A directory on a disk.
#[derive(Debug)]
pub(crate) struct Volume {
    directory: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    state: State,
    /// Handles of an earlier one are dead.
    generation: u64,
    health: Health,
    log: Option<Log>,
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Handle {
    volume: Arc<Volume>,
    file: FileId,
    generation: u64,
    /// Whether the first sync of the file is one of its directory, too, as SQLite's own file system
    /// does for logs.
    syncs_directory: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The volume that a file is on, and the file's name there.
pub(crate) fn find(path: &Path) -> Option<(Arc<Volume>, String)> {
    let (directory, name) = (path.parent()?, path.file_name()?.to_str()?);
    let volume = locked(&VOLUMES).get(directory)?.upgrade()?;
    Some((volume, name.to_owned()))
}

impl Volume {
    pub(crate) fn at(directory: &Path) -> io::Result<Arc<Self>> {
        let directory = directory.canonicalize()?;
        let (state, health) = (State::default(), Health::default());
        let mut held = Held { state, generation: 0, health, log: None };
        held.meet_all(&directory)?;
        let volume = Arc::new(Self { directory: directory.clone(), held: Mutex::new(held) });
        let mut volumes = locked(&VOLUMES);
        volumes.retain(|_, volume| volume.strong_count() > 0);
        let former = volumes.insert(directory, Arc::downgrade(&volume));
        assert!(former.is_none(), "a directory is on one disk");
        Ok(volume)
    }

    /// What happens when `name` is opened; an error if it is not there, and is not to be made or
    /// cannot be.
    pub(crate) fn open(
        self: &Arc<Self>,
        name: &str,
        creates: bool,
        syncs_directory: bool,
    ) -> Result<Handle, Refusal> {
        let mut held = locked(&self.held);
        held.meet(&self.directory, name).map_err(|_| Refusal::of(ffi::SQLITE_CANTOPEN))?;
        if held.state.file(name).is_none() {
            if !creates {
                return Err(Refusal::of(ffi::SQLITE_CANTOPEN));
            }
            held.health.admit(Kind::Write, ffi::SQLITE_CANTOPEN)?;
            held.note(Operation::Create(name.to_owned()));
        }
        let file = held.state.file(name).expect("it was there, or was made");
        let generation = held.generation;
        drop(held);
        Ok(Handle { volume: Arc::clone(self), file, generation, syncs_directory })
    }

    /// What happens when `name` is deleted; its directory may be synced with it.
    pub(crate) fn delete(&self, name: &str, syncs_directory: bool) -> Result<(), Refusal> {
        let mut held = locked(&self.held);
        held.meet(&self.directory, name).map_err(|_| Refusal::of(ffi::SQLITE_IOERR_DELETE))?;
        if held.state.file(name).is_none() {
            return Ok(());
        }
        held.health.admit(Kind::Change, ffi::SQLITE_IOERR_DELETE)?;
        held.note(Operation::Delete(name.to_owned()));
        if syncs_directory {
            held.health.admit(Kind::Sync, ffi::SQLITE_IOERR_DIR_FSYNC)?;
            held.note(Operation::SyncDirectory);
        }
        Ok(())
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        locked(&self.held).note(Operation::Rename(from.to_owned(), to.to_owned()));
    }

    /// Syncs a file, or the directory if no name is given.
    pub(crate) fn sync(&self, name: Option<&str>) -> Result<(), Refusal> {
        let mut held = locked(&self.held);
        match name {
            None => {
                held.health.admit(Kind::Sync, ffi::SQLITE_IOERR_DIR_FSYNC)?;
                held.note(Operation::SyncDirectory);
                Ok(())
            }
            Some(name) => held.state.file(name).map_or(Ok(()), |file| held.sync(file)),
        }
    }

    /// A file's own `data` was written over it, and synced.
    pub(crate) fn rewritten(&self, name: &str, data: Vec<u8>) -> Result<(), Refusal> {
        let mut held = locked(&self.held);
        let Some(file) = held.state.file(name) else { return Ok(()) };
        held.health.admit(Kind::Change, ffi::SQLITE_IOERR_WRITE)?;
        held.note(Operation::Write(file, 0, data));
        held.sync(file)
    }

    /// Ends all handles, and puts the files into the state that `loss` leaves, or as they are.
    pub(crate) fn end(&self, loss: Option<Loss<'_>>) -> io::Result<()> {
        let mut held = locked(&self.held);
        held.generation += 1;
        held.meet_all(&self.directory)?;
        let seen: Vec<String> = held.state.names().cloned().collect();
        match loss {
            Some(loss) => {
                let image = held.state.cut(loss);
                for name in seen {
                    fs::remove_file(self.directory.join(name))?;
                }
                write(&image, &self.directory)?;
                held.state = State::new(image);
                held.log = None;
            }
            None => {
                for name in seen {
                    renew(&self.directory.join(name))?;
                }
            }
        }
        forget_memory(&self.directory)
    }

    pub(crate) fn fail(&self, failure: Option<Failure>) {
        locked(&self.held).health.fail(failure);
    }

    pub(crate) fn fail_once(&self, after: usize, failure: Failure) {
        locked(&self.held).health.fail_once(after, failure);
    }

    pub(crate) fn counts(&self) -> Counts {
        locked(&self.held).health.counts()
    }

    pub(crate) fn record(&self) {
        let mut held = locked(&self.held);
        let (start, operations) = (held.state.clone(), Vec::new());
        held.log = Some(Log { start, operations });
    }

    pub(crate) fn log(&self) -> Option<Log> {
        locked(&self.held).log.clone()
    }

    pub(crate) fn position(&self) -> usize {
        locked(&self.held).log.as_ref().map_or(0, |log| log.operations.len())
    }
}

impl Held {
    fn note(&mut self, operation: Operation) {
        self.state.apply(&operation);
        if let Some(log) = &mut self.log {
            log.operations.push(operation);
        }
    }

    fn sync(&mut self, file: FileId) -> Result<(), Refusal> {
        if let Err(refusal) = self.health.admit(Kind::Sync, ffi::SQLITE_IOERR_FSYNC) {
            self.note(Operation::SyncFailed(file));
            return Err(refusal);
        }
        self.note(Operation::Sync(file));
        Ok(())
    }

    /// Takes notice of a name that came or went by other ways than SQLite's.
    fn meet(&mut self, directory: &Path, name: &str) -> io::Result<()> {
        let path = directory.join(name);
        match (self.state.file(name), path.exists()) {
            (None, true) => self.note(Operation::Found(name.to_owned(), fs::read(path)?)),
            (Some(_), false) => self.note(Operation::Gone(name.to_owned())),
            (Some(_), true) | (None, false) => {}
        }
        Ok(())
    }

    fn meet_all(&mut self, directory: &Path) -> io::Result<()> {
        let mut all: Vec<String> = self.state.names().cloned().collect();
        all.extend(names(directory)?.filter(|name| !is_memory(name)));
        all.iter().try_for_each(|name| self.meet(directory, name))
    }
}

impl Handle {
    /// Whether its process lives, and its machine has power.
    pub(crate) fn is_alive(&self) -> bool {
        locked(&self.volume.held).generation == self.generation
    }

    pub(crate) fn write(&self, at: usize, data: &[u8]) -> Result<(), Refusal> {
        let mut held = self.held()?;
        let admitted = held.health.admit(Kind::Write, ffi::SQLITE_IOERR_WRITE);
        let written = match &admitted {
            Ok(()) => data.len(),
            Err(Refusal { code: ffi::SQLITE_FULL, .. }) => data.len() / 2 / SECTOR * SECTOR,
            Err(_) => 0,
        };
        if written > 0 {
            held.note(Operation::Write(self.file, at, data[..written].to_vec()));
        }
        admitted.map_err(|refusal| Refusal { written, ..refusal })
    }

    pub(crate) fn truncate(&self, length: usize) -> Result<(), Refusal> {
        let mut held = self.held()?;
        held.health.admit(Kind::Change, ffi::SQLITE_IOERR_TRUNCATE)?;
        held.note(Operation::Truncate(self.file, length));
        Ok(())
    }

    pub(crate) fn sync(&mut self) -> Result<(), Refusal> {
        let mut held = self.held()?;
        held.sync(self.file)?;
        if self.syncs_directory {
            held.note(Operation::SyncDirectory);
        }
        drop(held);
        self.syncs_directory = false;
        Ok(())
    }

    fn held(&self) -> Result<MutexGuard<'_, Held>, Refusal> {
        let held = locked(&self.volume.held);
        if held.generation == self.generation {
            Ok(held)
        } else {
            Err(Refusal::of(ffi::SQLITE_IOERR))
        }
    }
}
