//! How a disk fails, and whom it tells.

use std::ffi::c_int;

use rusqlite::ffi;

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no room: of a write the first half is written, in whole sectors, and no file can be
    /// made.
    Full,
    /// Nothing can be written, truncated, made or deleted.
    Write,
    /// What was written cannot be synced, and is forgotten by the next power cut; a later sync does
    /// not help it.
    Sync,
}

/// What a disk was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files made or deleted, writes and truncations.
    pub writes: usize,
    /// Syncs.
    pub syncs: usize,
    /// Which of all these failed.
    pub failures: usize,
}

/// What is asked of a disk, as far as failures tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Needs room.
    Write,
    /// Needs none.
    Change,
    Sync,
}

/// A failed operation, in SQLite's word; of a write, how many bytes were written all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: c_int,
    pub(crate) written: usize,
}

/// Whether a disk works.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failure: Option<Failure>,
    /// A failure that comes once, after so many operations that go well.
    once: Option<(usize, Failure)>,
    counts: Counts,
}

impl Health {
    pub(crate) fn fail(&mut self, failure: Option<Failure>) {
        (self.failure, self.once) = (failure, None);
    }

    pub(crate) fn fail_once(&mut self, after: usize, failure: Failure) {
        self.once = Some((after, failure));
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Counts an operation, and lets it pass unless the disk fails it.
    pub(crate) fn admit(&mut self, kind: Kind, code: c_int) -> Result<(), Refusal> {
        match kind {
            Kind::Write | Kind::Change => self.counts.writes += 1,
            Kind::Sync => self.counts.syncs += 1,
        }
        let Some(failure) = self.failing(kind) else { return Ok(()) };
        self.counts.failures += 1;
        Err(Refusal::of(if failure == Failure::Full { ffi::SQLITE_FULL } else { code }))
    }

    fn failing(&mut self, kind: Kind) -> Option<Failure> {
        let applies = |failure: &Failure| match failure {
            Failure::Full => kind == Kind::Write,
            Failure::Write => kind != Kind::Sync,
            Failure::Sync => kind == Kind::Sync,
        };
        match self.once {
            Some((0, failure)) if applies(&failure) => {
                self.once = None;
                return Some(failure);
            }
            Some((after, failure)) if applies(&failure) => self.once = Some((after - 1, failure)),
            Some(_) | None => {}
        }
        self.failure.filter(applies)
    }
}

impl Refusal {
    pub(crate) fn of(code: c_int) -> Self {
        Self { code, written: 0 }
    }
}
