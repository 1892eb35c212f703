//! What callers ask of the core, but for submissions. Every request looks at the time first, and
//! leaves the core settled.

use std::sync::Arc;

use chassis::{grid::Now, name::Name};

use super::{
    Engine,
    claim::Claim,
    error::Refusal,
    event::{Event, Notice},
    ledger::{By, Entry, Halt, Record, Ticket},
    registry::{Pending, Registration, SessionId},
    standing::Standing,
    verdict::{Outcome, State},
};

/// Halts that wait to be written; whoever asks for another is told that it is not on disk.
pub(super) const HALTS_MAX: usize = 16;

/// A request to register, well-formed.
#[derive(Clone, Debug)]
pub struct Application {
    /// Under which name.
    pub name: Name,
    /// Which process.
    pub instance: Name,
    /// Id of the journal that gave the epoch; empty at first contact.
    pub journal: Box<str>,
    /// Epoch held.
    pub epoch: u64,
}

/// A strategy's own word that it leaves.
#[derive(Clone, Debug)]
pub struct Leave {
    /// Which process.
    pub instance: Name,
    /// Epoch held.
    pub epoch: u64,
}

impl Engine {
    /// A strategy wants to be expected; [`Event::Registered`] or [`Event::Refused`] answers it.
    pub fn register(
        &mut self,
        now: Now,
        application: &Application,
        session: SessionId,
        ticket: Ticket,
    ) -> Result<(), Refusal> {
        self.tick(now);
        let Application { name, instance, journal, epoch } = application;
        let of_this_journal = *journal == self.settings.journal && *epoch != 0;
        let held = of_this_journal.then_some(*epoch);
        let claim = self.registry.claim(name, instance, held)?;
        let first_minute = match claim {
            Claim::Again(registration) => {
                if let Some(former) = self.registry.open_session(name, session, now.wall) {
                    self.end_session(former, Notice::Replaced);
                }
                self.events.push(Event::Registered { ticket, registration, taken_over: false });
                return Ok(());
            }
            Claim::Underway => {
                let slow = format!("strategy `{name}` is being registered; try again");
                return Err(Refusal::Journal(slow));
            }
            Claim::New => self.first_to_come(),
            Claim::TakeOver { first_minute } => first_minute,
        };
        self.unless_journal_fault()?;
        self.registry.last_epoch += 1;
        let registration = Registration {
            name: name.clone(),
            instance: instance.clone(),
            epoch: self.registry.last_epoch,
            first_minute,
        };
        let taken_over = self.registry.strategies.contains_key(name);
        let pending = Pending { registration: registration.clone(), session, on_disk: false };
        self.registry.pending.insert(name.clone(), pending);
        let record = Record::Registered { registration, taken_over, at: now.wall };
        self.push(record, Some(ticket), now);
        Ok(())
    }

    /// While the journal keeps verdicts waiting, nothing that can wait is added to it.
    fn unless_journal_fault(&self) -> Result<(), Refusal> {
        if self.journal_fault.is_none() {
            return Ok(());
        }
        let detail = self.journal_detail();
        Err(Refusal::Journal(format!("{detail}; nothing has changed, try again")))
    }

    /// A connection broke; noticing alone is no error.
    pub fn lose_session(&mut self, now: Now, session: SessionId) {
        self.tick(now);
        if let Some(name) = self.registry.lose_session(session) {
            self.events.push(Event::SessionLost { name });
        }
    }

    /// A name is to be taken off the list: by an operator, or by the strategy itself.
    #[expect(clippy::too_many_arguments, reason = "who asks, for what, in whose name")]
    pub fn deregister(
        &mut self,
        now: Now,
        name: &Name,
        leave: Option<Leave>,
        operator: String,
        ticket: Ticket,
    ) -> Result<(), Refusal> {
        self.tick(now);
        if self.registry.pending.contains_key(name) {
            let underway = format!("strategy `{name}` is being registered; try again");
            return Err(Refusal::Journal(underway));
        }
        let held = self.registry.strategies.get(name).map(|strategy| &strategy.registration);
        let excusable = leave.is_none() && self.registry.missing.contains(name);
        if held.is_none() && !excusable {
            return Err(self.not_on_the_list(name));
        }
        let by = match (leave, held) {
            (Some(Leave { instance, epoch: held }), Some(current))
                if instance != current.instance || held != current.epoch =>
            {
                let current = current.epoch;
                return Err(Refusal::Fenced { name: name.clone(), held, current });
            }
            (Some(_), _) => By::Itself,
            (None, _) => By::Operator(operator),
        };
        let epoch = held.map(|registration| registration.epoch);
        let session = self.dismiss(name, &by);
        let record = Record::Deregistered { name: name.clone(), epoch, by, at: now.wall };
        let entry = Entry::new(record, Some(ticket), now.mono);
        self.ledger.push(Entry { session, ..entry });
        self.advance(now);
        self.settle(now);
        Ok(())
    }

    /// Why a name cannot be taken off: it never was on the list, or its deregistration is not on disk.
    fn not_on_the_list(&self, name: &Name) -> Refusal {
        if self.ledger.deregisters(name) {
            Refusal::unwritten_deregistration(name, &self.journal_detail())
        } else {
            Refusal::Unknown { name: name.clone() }
        }
    }

    /// Takes a name off the list and out of the open minute; its session is left to be ended.
    fn dismiss(&mut self, name: &Name, by: &By) -> Option<SessionId> {
        let strategy = self.registry.remove(name, matches!(by, By::Operator(_)));
        self.round.dismiss(name, strategy.as_ref(), &self.registry);
        let short = self.registry.short();
        self.standing.forgive(name, short);
        if self.registry.is_empty() && !short {
            self.standing = Standing::Waiting;
        }
        self.unsettled = true;
        strategy?.session
    }

    /// An operator stops everything. In force at once; [`Event::Halted`] answers when it is on disk.
    pub fn halt(&mut self, now: Now, reason: String, operator: String, ticket: Ticket) {
        self.tick(now);
        let unwritten = self.ledger.unwritten_halts();
        let on_disk = self.halt.is_some() && unwritten == 0 && !self.ledger.resume_unwritten();
        if on_disk {
            self.events.push(Event::Halted { ticket, durable: true });
            return;
        }
        if unwritten >= HALTS_MAX {
            self.events.push(self.halted_in_memory(ticket));
            return;
        }
        self.mark_halted(now);
        for judgement in self.ledger.waiting_judgements() {
            if judgement.verdict.median().is_some() {
                let verdict = Arc::make_mut(&mut judgement.verdict);
                (verdict.outcome, verdict.state) = (Outcome::Halted, State::Halted);
            }
        }
        let halt = Halt { reason, operator, at: now.wall };
        self.halt = Some(halt.clone());
        self.unsettled = true;
        self.push(Record::Halted(halt), Some(ticket), now);
        self.settle(now);
    }

    /// What a halt comes to that is not on disk. A median that was being written when it came cannot be
    /// taken back, and once a halt has been answered none is committed: so that is no answer yet.
    pub(super) fn halted_in_memory(&self, ticket: Ticket) -> Event {
        let Some(minute) = self.ledger.median_in_flight() else {
            return Event::Halted { ticket, durable: false };
        };
        let refusal = Refusal::Journal(format!(
            "the halt holds until a restart, but the median of {minute} was being written when it \
             came, and may still be published; ask again"
        ));
        Event::Refused { ticket, refusal }
    }

    /// An operator lets it go on; [`Event::Resumed`] or [`Event::Refused`] answers.
    pub fn resume(
        &mut self,
        now: Now,
        reason: String,
        operator: String,
        ticket: Ticket,
    ) -> Result<(), Refusal> {
        self.tick(now);
        if self.halt.is_none() {
            return Err(Refusal::NotHalted);
        }
        self.unless_journal_fault()?;
        if self.ledger.resume_unwritten() || self.ledger.unwritten_halts() >= HALTS_MAX {
            let underway = "a halt or its end is being written; try again";
            return Err(Refusal::Journal(underway.to_owned()));
        }
        self.push(Record::Resumed { reason, operator, at: now.wall }, Some(ticket), now);
        Ok(())
    }

    /// The trader is halted now: if a minute is open, it ends `halted`.
    pub(super) fn mark_halted(&mut self, now: Now) {
        let opens = self.settings.timing.opens(self.round.minute);
        self.round.halted |= self.round.begun || now.wall >= opens;
    }
}
