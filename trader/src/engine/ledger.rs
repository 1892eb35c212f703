//! What is on its way to the disk: one queue, in order, of which one batch at a time is being
//! written. Memory leads, the disk follows, and nobody is told before the disk has it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::{
    registry::{Registration, SessionId},
    verdict::{Cause, Judgement, State},
};

/// A caller who waits for something to be on disk.
pub type Ticket = u64;

/// How long callers wait for the disk before they are told so.
pub(super) const WRITE_PATIENCE: Duration = Duration::from_millis(1_500);

/// Pause before a failed write is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Unwritten minutes that are kept one by one; the ones after them are kept as a run.
pub(super) const BACKLOG_MAX: usize = 64;

/// Changes of state that wait to be written; they are for the reader of the journal only.
pub(super) const CHANGES_MAX: usize = 256;

/// A row, or several, of the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A name is held by an instance from now on.
    Registered {
        /// By which, under which epoch, from which minute on.
        registration: Registration,
        /// Whether another instance held the name before.
        taken_over: bool,
        /// When, by the trader's clock.
        at: Timestamp,
    },
    /// A name is off the list.
    Deregistered {
        /// The name.
        name: Name,
        /// Its last epoch; none if it was only expected.
        epoch: Option<u64>,
        /// By whom.
        by: By,
        /// When, by the trader's clock.
        at: Timestamp,
    },
    /// An operator stopped the trader.
    Halted(Halt),
    /// An operator let it go on.
    Resumed {
        /// Why.
        reason: String,
        /// Who.
        operator: String,
        /// When, by the trader's clock.
        at: Timestamp,
    },
    /// A minute ended.
    Judged(Judgement),
    /// The state changed.
    Changed(StateChange),
}

/// Who took a name off the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// An operator: `user@host`.
    Operator(String),
    /// The strategy itself.
    Itself,
}

/// A halt in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// Why.
    pub reason: String,
    /// Who.
    pub operator: String,
    /// When, by the trader's clock.
    pub at: Timestamp,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// Before.
    pub from: State,
    /// From here on.
    pub to: State,
    /// When, by the trader's clock.
    pub at: Timestamp,
    /// Why.
    pub causes: Arc<[Cause]>,
    /// Reason of the halt, when `to` is `Halted`.
    pub halt_reason: Option<String>,
}

/// A record and who waits for it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) ticket: Option<Ticket>,
    /// The session that ends when the record is on disk.
    pub(super) session: Option<SessionId>,
    pub(super) asked: Duration,
}

impl Entry {
    pub(super) fn new(record: Record, ticket: Option<Ticket>, asked: Duration) -> Self {
        Self { record, ticket, session: None, asked }
    }
}

/// A minute that has ended but is not on disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unwritten {
    pub(super) minute: Minute,
    /// From here on the journal is at fault.
    pub(super) due: Timestamp,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    queue: VecDeque<Entry>,
    /// Minutes among them, oldest first.
    minutes: VecDeque<Unwritten>,
    in_flight: usize,
    /// Entries from the front on whose callers have been answered; there may be more.
    answered: usize,
    /// Changes of state that are not in flight.
    changes: usize,
    retry_at: Option<Duration>,
    pub(super) error: Option<String>,
}

impl Ledger {
    /// Queues anything but a judgement.
    pub(super) fn push(&mut self, entry: Entry) {
        assert!(!matches!(entry.record, Record::Judged(_)), "a judgement is due at a time");
        if matches!(entry.record, Record::Changed(_)) {
            if self.changes < CHANGES_MAX {
                self.changes += 1;
            } else {
                self.drop_oldest_change();
            }
        }
        self.queue.push_back(entry);
    }

    /// Queues a judgement that should be on disk by `due`.
    pub(super) fn push_judgement(&mut self, judgement: Judgement, asked: Duration, due: Timestamp) {
        self.minutes.push_back(Unwritten { minute: judgement.verdict.minute, due });
        self.queue.push_back(Entry::new(Record::Judged(judgement), None, asked));
    }

    fn drop_oldest_change(&mut self) {
        let is_change = |entry: &Entry| matches!(entry.record, Record::Changed(_));
        let mut waiting = self.queue.iter().skip(self.in_flight);
        let oldest = self.in_flight + waiting.position(is_change).expect("some are waiting");
        self.queue.remove(oldest);
        self.answered -= usize::from(oldest < self.answered);
    }

    /// The next batch, unless one is being written or failed a moment ago. Who registers anew is
    /// expected from `first` on at the earliest, however long that has waited.
    pub(super) fn take(&mut self, mono: Duration, first: Minute) -> Option<Vec<Record>> {
        let pausing = self.retry_at.is_some_and(|retry_at| mono < retry_at);
        if self.in_flight > 0 || self.queue.is_empty() || pausing {
            return None;
        }
        self.retry_at = None;
        for entry in &mut self.queue {
            if let Record::Registered { registration, taken_over: false, .. } = &mut entry.record {
                registration.first_minute = registration.first_minute.max(first);
            }
        }
        self.in_flight = self.queue.len();
        self.changes = 0;
        Some(self.queue.iter().map(|entry| entry.record.clone()).collect())
    }

    /// The batch is on disk; [`Ledger::next_written`] gives what it holds. The error it ends, if any.
    pub(super) fn succeeded(&mut self) -> Option<String> {
        assert!(self.in_flight > 0, "only what was taken has an outcome");
        self.error.take()
    }

    /// The next entry of the batch that has its outcome, in order.
    pub(super) fn next_written(&mut self) -> Option<Entry> {
        self.in_flight = self.in_flight.checked_sub(1)?;
        let entry = self.queue.pop_front().expect("what is in flight is queued");
        self.answered = self.answered.saturating_sub(1);
        if matches!(entry.record, Record::Judged(_)) {
            self.minutes.pop_front();
        }
        Some(entry)
    }

    /// The batch is not on disk; what is put back is tried again after a pause.
    pub(super) fn failed(&mut self, mono: Duration, error: String) -> Vec<Entry> {
        assert!(self.in_flight > 0, "only what was taken has an outcome");
        self.error = Some(error);
        self.retry_at = Some(mono + RETRY_PAUSE);
        std::iter::from_fn(|| self.next_written()).collect()
    }

    /// Puts what is left of a failed batch back, before all that came since.
    pub(super) fn put_back(&mut self, entries: Vec<Entry>) {
        assert_eq!(self.in_flight, 0, "a batch is put back before another is taken");
        for entry in entries.into_iter().rev() {
            assert!(entry.ticket.is_none(), "whoever waited has been told");
            if let Record::Judged(judgement) = &entry.record {
                let (minute, due) = (judgement.verdict.minute, judgement.verdict.closed_at);
                self.minutes.push_front(Unwritten { minute, due });
            }
            self.changes += usize::from(matches!(entry.record, Record::Changed(_)));
            self.queue.push_front(entry);
        }
    }

    /// Whether nothing is on its way, and the last write went well.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.error.is_none()
    }

    /// When a failed batch is tried again.
    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.retry_at.filter(|_| !self.queue.is_empty())
    }

    /// Callers that have waited longer than their patience, and for what: they wait no more.
    pub(super) fn impatient(&mut self, mono: Duration) -> Vec<(Ticket, Record)> {
        let mut impatient = Vec::new();
        while let Some(entry) = self.queue.get_mut(self.answered) {
            if entry.ticket.is_some() && mono < entry.asked + WRITE_PATIENCE {
                break;
            }
            impatient.extend(entry.ticket.take().map(|ticket| (ticket, entry.record.clone())));
            self.answered += 1;
        }
        impatient
    }

    /// When the first caller's patience is over.
    pub(super) fn impatient_at(&self) -> Option<Duration> {
        let waiting = self.queue.iter().skip(self.answered).find(|entry| entry.ticket.is_some())?;
        Some(waiting.asked + WRITE_PATIENCE)
    }

    /// Unwritten judgements that can still be changed: those of no batch.
    pub(super) fn waiting_judgements(&mut self) -> impl Iterator<Item = &mut Judgement> {
        self.queue.iter_mut().skip(self.in_flight).filter_map(|entry| {
            let Record::Judged(judgement) = &mut entry.record else { return None };
            Some(judgement)
        })
    }

    /// The minute whose median is being written, if there is one: nothing can take it back.
    pub(super) fn median_in_flight(&self) -> Option<Minute> {
        self.queue.iter().take(self.in_flight).find_map(|entry| {
            let Record::Judged(judgement) = &entry.record else { return None };
            judgement.verdict.median().map(|_| judgement.verdict.minute)
        })
    }

    /// Minutes that have ended but are not on disk, oldest first.
    pub(super) fn unwritten_minutes(&self) -> &VecDeque<Unwritten> {
        &self.minutes
    }

    /// When the first of them should be on disk.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.minutes.iter().map(|unwritten| unwritten.due).min()
    }

    /// Whether a deregistration of `name` is still to be written.
    pub(super) fn deregisters(&self, name: &Name) -> bool {
        let of_name = |entry: &Entry| matches!(&entry.record, Record::Deregistered { name: other, .. } if other == name);
        self.queue.iter().any(of_name)
    }

    /// Halts that are still to be written.
    pub(super) fn unwritten_halts(&self) -> usize {
        self.queue.iter().filter(|entry| matches!(entry.record, Record::Halted(_))).count()
    }

    /// Whether the end of a halt is still to be written.
    pub(super) fn resume_unwritten(&self) -> bool {
        self.queue.iter().any(|entry| matches!(entry.record, Record::Resumed { .. }))
    }
}
