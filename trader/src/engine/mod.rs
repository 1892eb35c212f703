//! The trader's core: who should speak each minute, who did, and what the minute comes to.
//!
//! A state machine and nothing else. Time and requests come in as arguments; records to write and
//! events to tell go out as values; no sockets, no clock, no async, no log. The driver
//!
//! 1. calls a method for every input, with the time;
//! 2. takes the records ([`Engine::take_records`]), writes them, and says how it went
//!    ([`Engine::written`]);
//! 3. drains the events ([`Engine::drain`]);
//! 4. calls [`Engine::tick`] again at [`Engine::next_deadline`] at the latest.
//!
//! **Memory leads, the disk follows, and nobody is told before the disk has it.** Records go to the
//! disk in the order in which they came about. Bad news (an abstention, a failed minute, a halt)
//! changes the state at once; good news (a median) only when it is on disk.

pub mod submission;
pub mod verdict;
pub mod median;
pub mod error;
pub mod registry;
mod claim;
pub mod ledger;
pub mod event;
mod said;
mod round;
mod standing;
mod watch;
mod view;
mod starting;
pub mod requests;
mod speaking;
mod closing;
mod settling;
mod at_once;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};

pub use starting::ClockLeapt;
pub use view::{NoMedian, StatusPage};

use event::Event;
use ledger::{Entry, Halt, Ledger, Record, Ticket};
use registry::{Registration, Registry, Strategy};
use round::Round;
use standing::{Reminders, Standing};
use verdict::{Cause, State, Verdict};
use watch::{ClockFault, ClockWatch};

/// How often a driver looks again when only a clock set right can bring the next deadline.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the trader was told when it started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Interval, grace and skew.
    pub timing: Timing,
    /// Id of the journal, to which epochs belong.
    pub journal: Box<str>,
    /// Names that must be registered.
    pub expect: BTreeSet<Name>,
    /// How many must be registered.
    pub at_least: usize,
    /// How many may be registered.
    pub strategies_max: usize,
    /// Whether a clock far beyond the last record is believed.
    pub accept_clock: bool,
    /// What a command on this machine takes to reach this trader, as advice has it: ` --trader-port 3010`,
    /// or nothing where it is the usual port.
    pub here: Box<str>,
}

/// What the journal knows.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The journal's first minute.
    pub first_minute: Minute,
    /// Last epoch on record.
    pub last_epoch: u64,
    /// Registrations in force.
    pub registrations: Vec<Registration>,
    /// Names whose last record is an operator's deregistration.
    pub excused: BTreeSet<Name>,
    /// The halt in force.
    pub halt: Option<Halt>,
    /// When the last halt that is over was ended.
    pub resumed_at: Option<Timestamp>,
    /// The last verdict.
    pub last_verdict: Option<Verdict>,
}

impl Recovered {
    /// Of a journal that begins with `first_minute`.
    pub fn nothing(first_minute: Minute) -> Self {
        Self {
            first_minute,
            last_epoch: 0,
            registrations: Vec::new(),
            excused: BTreeSet::new(),
            halt: None,
            resumed_at: None,
            last_verdict: None,
        }
    }
}

/// The current median, as long as it lasts.
#[derive(Clone, Debug)]
struct Current {
    verdict: Arc<Verdict>,
    /// By the monotonic clock, which nobody steps.
    expires_at: Duration,
}

impl Current {
    /// What is left of it, by whichever clock comes first.
    fn left(&self, now: Now) -> Duration {
        let by_the_wall = self.verdict.valid_until.since(now.wall);
        by_the_wall.min(self.expires_at.saturating_sub(now.mono))
    }
}

/// The trader's core.
#[derive(Clone, Debug)]
pub struct Engine {
    settings: Settings,
    registry: Registry,
    round: Round,
    ledger: Ledger,
    halt: Option<Halt>,
    standing: Standing,
    watch: ClockWatch,
    current: Option<Current>,
    last_verdict: Option<Arc<Verdict>>,
    state: State,
    state_since: Timestamp,
    reminders: Reminders,
    /// Whether the state or its causes may be others than was told last.
    unsettled: bool,
    /// The causes that were told last.
    told: Arc<[Cause]>,
    /// From when on other causes of the same state are told.
    tell_at: Duration,
    /// Since which minute the journal keeps verdicts waiting.
    journal_fault: Option<Minute>,
    events: Vec<Event>,
}

impl Engine {
    /// How long a median lasts at most.
    fn lifetime(&self) -> Duration {
        self.settings.timing.interval.duration() + self.settings.timing.grace
    }

    /// Time has passed. Every request looks at the time first, by calling this.
    pub fn tick(&mut self, now: Now) {
        self.look_at_the_clock(now);
        self.answer_the_impatient(now);
        self.advance(now);
        if self.halt.is_some() {
            self.mark_halted(now);
        }
        self.let_expire(now);
        self.settle(now);
    }

    fn look_at_the_clock(&mut self, now: Now) {
        let fault = self.watch.fault;
        let closed = self.closed();
        if let Some(step) = self.watch.look(now, closed, self.settings.timing.skew) {
            self.events.push(Event::ClockStepped { by: step.by, forward: step.forward });
        }
        if self.watch.fault != fault {
            self.unsettled = true;
            self.standing.lapse();
            self.current = None;
        }
    }

    /// A median does not outlast its time, even where no verdict takes its place.
    fn let_expire(&mut self, now: Now) {
        if self.current.as_ref().is_some_and(|current| current.left(now).is_zero()) {
            self.current = None;
            self.standing.lapse();
            self.unsettled = true;
        }
    }

    /// Records to write, in one transaction; none while a batch is being written.
    pub fn take_records(&mut self, now: Now) -> Option<Vec<Record>> {
        self.ledger.take(now.mono, self.first_to_come())
    }

    /// What there is to tell, in the order in which it came about.
    pub fn drain(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// When [`Engine::tick`] has something to do next, by the wall clock.
    pub fn next_deadline(&self, now: Now) -> Timestamp {
        let mono = [
            self.ledger.retry_at(),
            self.ledger.impatient_at(),
            self.reminders.next_at,
            self.unsettled.then_some(self.tell_at),
        ];
        let left = |at: Duration| at.saturating_sub(now.mono);
        let expiry = self.current.as_ref().map(|current| current.left(now));
        let mono = mono.into_iter().flatten().map(left).chain(expiry);
        let journal = self.ledger.due_at().filter(|_| self.journal_fault.is_none());
        let whole_micros = |left: Duration| left + Duration::from_nanos(999);
        let again = now.wall.plus(mono.min().map_or(LOOK_AGAIN, whole_micros));
        [self.round_deadline(now), journal].into_iter().flatten().fold(again, Timestamp::min)
    }

    /// When the clock brings the open minute further; never, if the clock is not believed.
    fn round_deadline(&self, now: Now) -> Option<Timestamp> {
        let round = &self.round;
        match self.watch.fault {
            Some(ClockFault::Leapt) => None,
            Some(ClockFault::Behind) => Some(self.closed().start()),
            None if round.begun && now.wall >= round.minute.start() => {
                Some(round.retrying_at.min(self.settings.timing.deadline(round.minute)))
            }
            None => Some(round.minute.start()),
        }
    }

    /// The last closed minute.
    fn closed(&self) -> Minute {
        self.round.minute.previous(self.settings.timing.interval)
    }

    /// The first minute whose boundary is still to come.
    fn first_to_come(&self) -> Minute {
        let Round { minute, begun, .. } = self.round;
        if begun { minute.next(self.settings.timing.interval) } else { minute }
    }

    fn push(&mut self, record: Record, ticket: Option<Ticket>, now: Now) {
        self.ledger.push(Entry::new(record, ticket, now.mono));
    }

    fn answer_the_impatient(&mut self, now: Now) {
        for (ticket, record) in self.ledger.impatient(now.mono) {
            let slow = "the journal does not keep up";
            let answer = if matches!(record, Record::Halted(_)) {
                self.halted_in_memory(ticket)
            } else {
                settling::unwritten(ticket, &record, slow, "it may still come about")
            };
            self.events.push(answer);
        }
    }

    /// Asserts what always holds.
    pub fn check(&self) {
        self.registry.check();
        if self.round.begun {
            let minute = self.round.minute;
            let due = |strategy: &&Strategy| strategy.expected_in(minute);
            let due: Vec<_> = self.registry.strategies.values().filter(due).collect();
            let spoken = due.iter().filter(|strategy| strategy.said(minute).is_some());
            assert_eq!((due.len(), spoken.count()), (self.round.due, self.round.spoken()));
        }
        if let Some(verdict) = &self.last_verdict {
            assert!(verdict.last < self.round.minute, "what is on disk is closed");
        }
        assert!(!self.standing.is_groundless(), "no error without a cause");
        if self.state == State::Ok {
            assert!(self.current.is_some(), "OK means that there is a current median");
        }
    }
}
