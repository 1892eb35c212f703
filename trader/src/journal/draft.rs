//! Submissions on their way to the disk before their minute has its verdict: rows of a transaction
//! that stays open until the verdict is in it, too, so that the last word of many waits for little
//! more than the sync.
//!
//! What is on the disk is the same. A transaction that something else has to be in first, or that has
//! other words in it than the verdict's, is rolled back, and the verdict's are written whole.

use std::sync::Arc;

use chassis::{grid::Minute, name::Name};

use super::{
    CommitError, Journal, Reader,
    error::Fault,
    open::{CACHE_KIB, DRAFT_CACHE_KIB},
    write::{self, Ahead},
};
use crate::engine::{ledger::Record, submission::Accepted, verdict::Judgement};

/// What the open transaction has in it: the first words of a minute, in order.
#[derive(Debug)]
pub(super) struct Draft {
    minute: Minute,
    count: usize,
    last: Option<Arc<Accepted>>,
    rows: usize,
}

impl Draft {
    /// Whether a verdict's words begin with these. The words of a minute keep their order, and none
    /// comes in between: if one of these was taken out, another is in the place of the last one.
    fn begins(&self, Judgement { verdict, submissions }: &Judgement) -> bool {
        let last = self.count.checked_sub(1).and_then(|place| submissions.get(place));
        let same =
            |((_, said), last): (&(Name, Arc<Accepted>), &Arc<Accepted>)| Arc::ptr_eq(said, last);
        verdict.minute == self.minute && last.zip(self.last.as_ref()).is_some_and(same)
    }
}

/// The judgements among records.
pub(super) fn judgements(records: &[Record]) -> impl Iterator<Item = &Judgement> {
    records.iter().filter_map(|record| {
        let Record::Judged(judgement) = record else { return None };
        Some(judgement)
    })
}

impl Journal {
    /// Writes ahead what is said in `minute`, from the word at place `from` on; what does not go on
    /// from what was written ahead before is left to the verdict, and so is everything after an
    /// error. Nothing is on disk when this returns.
    pub fn draft(
        &mut self,
        minute: Minute,
        from: usize,
        said: &[(Name, Arc<Accepted>)],
    ) -> Result<(), CommitError> {
        let drafted = self.draft.as_ref().filter(|draft| draft.minute == minute);
        let goes_on = drafted.map_or(0, |draft| draft.count) == from;
        if !goes_on || self.judged.is_some_and(|judged| minute <= judged) {
            return Ok(());
        }
        self.write_ahead(minute, said).map_err(|fault| self.give_up(&fault))
    }

    fn write_ahead(&mut self, minute: Minute, said: &[(Name, Arc<Accepted>)]) -> Result<(), Fault> {
        if self.draft.as_ref().is_none_or(|draft| draft.minute != minute) {
            self.begin_anew()?;
            self.draft = Some(Draft { minute, count: 0, last: None, rows: 0 });
            self.reader.connection.pragma_update(None, "cache_size", -DRAFT_CACHE_KIB)?;
        }
        let draft = self.draft.as_mut().expect("just begun, if there was none");
        draft.rows += write::submissions(&self.reader.connection, self.reader.interval, said)?;
        draft.count += said.len();
        draft.last = said.last().map(|(_, accepted)| Arc::clone(accepted));
        Ok(())
    }

    /// Writes records in one transaction: the one that is open, if it has in it what is theirs, else
    /// one of their own. How many rows they are.
    pub(super) fn write(&mut self, records: &[Record]) -> Result<usize, Fault> {
        let goes_on = |draft: &Draft| judgements(records).any(|judgement| draft.begins(judgement));
        if !self.draft.as_ref().is_some_and(goes_on) {
            self.begin_anew()?;
        }
        let ahead =
            self.draft.as_ref().map(|draft| Ahead { minute: draft.minute, count: draft.count });
        let drafted = self.draft.as_ref().map_or(0, |draft| draft.rows);
        let Reader { connection, interval, .. } = &self.reader;
        let rows = write::records(connection, *interval, records, ahead)?;
        connection.execute_batch("COMMIT")?;
        self.close_draft()?;
        Ok(drafted + rows)
    }

    /// Begins a transaction, in which nothing is left of another one.
    fn begin_anew(&mut self) -> Result<(), Fault> {
        self.roll_back()?;
        Ok(self.reader.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Undoes what is not committed, after an error, which is what there is to be told. If it cannot be
    /// undone either, the next transaction begins with that.
    pub(super) fn give_up(&mut self, fault: &Fault) -> CommitError {
        let _again_at_the_next = self.roll_back();
        self.unwritten(fault)
    }

    fn roll_back(&mut self) -> Result<(), Fault> {
        self.close_draft()?;
        if !self.reader.connection.is_autocommit() {
            self.reader.connection.execute_batch("ROLLBACK")?;
        }
        Ok(())
    }

    /// Whatever comes next does not go on from what was written ahead.
    fn close_draft(&mut self) -> Result<(), Fault> {
        if self.draft.take().is_some() {
            self.reader.connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        }
        Ok(())
    }
}
