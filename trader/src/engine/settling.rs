//! What follows from a write, and from everything else: the state, and what is told of it.

use std::{sync::Arc, time::Duration};

use chassis::grid::{Minute, Now};

use super::{
    Current, Engine,
    error::Refusal,
    event::{Event, Notice},
    ledger::{Entry, Record, StateChange, Ticket},
    registry::{Registration, SessionId},
    standing::{Reminders, Standing, trader_cause},
    verdict::{Cause, CauseCode, Judgement, Outcome, State, Verdict},
};

/// Pause before other causes of the same state are told.
const TELL_PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// The batch taken last is on disk, or could not be written.
    pub fn written(&mut self, now: Now, result: Result<(), String>) {
        self.tick(now);
        match result {
            Ok(()) => {
                if self.ledger.succeeded().is_some() {
                    self.events.push(Event::WriteRecovered);
                }
                while let Some(entry) = self.ledger.next_written() {
                    self.durable(entry, now);
                }
            }
            Err(error) => {
                if self.ledger.error.is_none() {
                    self.events.push(Event::WriteFailed { error: error.clone() });
                }
                let batch = self.ledger.failed(now.mono, error.clone());
                let left = batch.into_iter().filter_map(|entry| self.not_durable(entry, &error));
                let left: Vec<_> = left.collect();
                self.ledger.put_back(left);
            }
        }
        self.unsettled = true;
        self.tick(now);
    }

    /// A record is on disk: it may be told.
    fn durable(&mut self, entry: Entry, now: Now) {
        let Entry { record, ticket, session, .. } = entry;
        match record {
            Record::Registered { registration, taken_over, .. } => {
                self.registered(registration, taken_over, ticket, now);
            }
            Record::Deregistered { name, by, .. } => {
                if let Some(session) = session {
                    self.end_session(session, Notice::Deregistered);
                }
                self.events.push(Event::Deregistered { ticket, name, by });
            }
            Record::Halted(_) => {
                self.events.extend(ticket.map(|ticket| Event::Halted { ticket, durable: true }));
            }
            Record::Resumed { reason, operator, .. } => {
                if self.ledger.unwritten_halts() == 0 {
                    self.mark_halted(now);
                    self.halt = None;
                    self.stand(Standing::Waiting);
                }
                self.events.push(Event::Resumed { ticket, reason, operator });
            }
            Record::Judged(judgement) => self.publish(judgement.verdict, now),
            Record::Changed(_) => {}
        }
    }

    /// A registration is on disk. If a boundary passed meanwhile, it goes to the disk again, with the
    /// minute that is then to come, before anyone is told.
    fn registered(
        &mut self,
        registration: Registration,
        taken_over: bool,
        ticket: Option<Ticket>,
        now: Now,
    ) {
        let name = registration.name.clone();
        if !taken_over && registration.first_minute < self.first_to_come() {
            self.registry.pending.get_mut(&name).expect("it was on its way").on_disk = true;
            let record = Record::Registered { registration, taken_over, at: now.wall };
            self.push(record, ticket, now);
            return;
        }
        let pending = self.registry.pending.remove(&name).expect("it was on its way");
        self.registry.put(registration.clone());
        if let Some(ticket) = ticket {
            let former = self.registry.open_session(&name, pending.session, now.wall);
            assert!(former.is_none(), "a new epoch is given only to a name without a session");
            self.events.push(Event::Registered { ticket, registration, taken_over });
        }
    }

    fn publish(&mut self, verdict: Arc<Verdict>, now: Now) {
        if verdict.median().is_some() {
            let expires_at = now.mono + self.lifetime();
            self.current = Some(Current { verdict: Arc::clone(&verdict), expires_at });
            let newest = self.ledger.unwritten_minutes().is_empty();
            if newest && self.round.said.abstained() == 0 && !self.registry.is_empty() {
                self.stand(Standing::Ok);
            }
        } else {
            self.current = None;
        }
        self.last_verdict = Some(Arc::clone(&verdict));
        self.events.push(Event::Published(verdict));
    }

    /// A record is not on disk: who waits for it is told; what must be on disk is tried again.
    fn not_durable(&mut self, mut entry: Entry, error: &str) -> Option<Entry> {
        if let Some(ticket) = entry.ticket.take() {
            self.events.push(unwritten(
                ticket,
                &entry.record,
                error,
                "nothing has changed, try again",
            ));
        }
        match &mut entry.record {
            Record::Registered { registration, .. } => {
                if !self.registry.pending[&registration.name].on_disk {
                    self.registry.pending.remove(&registration.name);
                    return None;
                }
            }
            Record::Resumed { .. } => return None,
            Record::Judged(judgement) => self.withhold(judgement, error),
            Record::Deregistered { .. } | Record::Halted(_) | Record::Changed(_) => {}
        }
        Some(entry)
    }

    /// A median that could not be written is none, whatever comes later.
    fn withhold(&mut self, judgement: &mut Judgement, error: &str) {
        if judgement.verdict.median().is_none() {
            return;
        }
        let verdict = Arc::make_mut(&mut judgement.verdict);
        if self.halt.is_some() {
            (verdict.outcome, verdict.state) = (Outcome::Halted, State::Halted);
            return;
        }
        let cause = trader_cause(CauseCode::Journal, verdict.minute, error.to_owned());
        (verdict.outcome, verdict.state) = (Outcome::Failed(vec![cause.clone()]), State::Error);
        self.blame(cause);
    }

    pub(super) fn end_session(&mut self, session: SessionId, notice: Notice) {
        self.events.push(Event::SessionOver { session, notice });
    }

    pub(super) fn journal_detail(&self) -> String {
        self.ledger.error.clone().unwrap_or_else(|| "the journal does not keep up".to_owned())
    }

    /// Tells of a change of state, and reminds of a bad one.
    pub(super) fn settle(&mut self, now: Now) {
        self.note_journal_fault(now);
        if self.unsettled {
            self.tell_change(now);
        }
        if self.reminders.due(now.mono) {
            let (state, since) = (self.state, self.state_since);
            self.events.push(Event::Reminder { state, since, summary: self.summary() });
        }
    }

    /// The oldest minute that the journal keeps waiting, if it is at fault: once it is, until that
    /// minute is on disk.
    pub(super) fn journal_at_fault(&self, now: Now) -> Option<Minute> {
        let oldest = self.ledger.unwritten_minutes().front()?.minute;
        let at_fault = self.journal_fault == Some(oldest)
            || self.ledger.due_at().is_some_and(|due| due <= now.wall);
        at_fault.then_some(oldest)
    }

    fn note_journal_fault(&mut self, now: Now) {
        let fault = self.journal_at_fault(now);
        self.unsettled |= fault.is_some() != self.journal_fault.is_some();
        self.journal_fault = fault;
    }

    /// Another state is told at once; other causes of the same state at most once a second, since
    /// one reason makes many strategies abstain.
    fn tell_change(&mut self, now: Now) {
        let (from, to) = (self.state, self.state_by_now());
        if from == to && now.mono < self.tell_at {
            return;
        }
        self.unsettled = false;
        self.tell_at = now.mono + TELL_PAUSE;
        let causes = self.causes_by_now();
        let told = std::mem::replace(&mut self.told, causes);
        if from != to {
            self.state = to;
            self.state_since = now.wall;
            self.reminders = Reminders::of(to, now.mono);
        } else if self.told.iter().map(Cause::key).eq(told.iter().map(Cause::key)) {
            return;
        }
        let change = StateChange { from, at: now.wall, ..self.present() };
        self.events.push(Event::Changed(change.clone()));
        self.push(Record::Changed(change), None, now);
    }
}

/// What a caller is told whose record is not written; `rest` is what comes of it.
pub(super) fn unwritten(ticket: Ticket, record: &Record, error: &str, rest: &str) -> Event {
    let refusal = match record {
        Record::Halted(_) => return Event::Halted { ticket, durable: false },
        Record::Deregistered { name, .. } => Refusal::unwritten_deregistration(name, error),
        Record::Registered { .. }
        | Record::Resumed { .. }
        | Record::Judged(_)
        | Record::Changed(_) => Refusal::Journal(format!("{error}; {rest}")),
    };
    Event::Refused { ticket, refusal }
}
