//! A core, a disk that can fail or hang, two clocks, and time that passes deadline by deadline.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};

use super::{journal::Journal, witness::Witness};
use crate::engine::{
    ClockLeapt, Engine, NoMedian, Settings,
    error::Refusal,
    event::Event,
    ledger::Record,
    registry::SessionId,
    requests::{Application, Leave},
    submission::Submission,
    verdict::Verdict,
};

/// Where scripts begin: `2026-11-20T12:00:00Z`, the start of a minute.
pub(super) const START: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

/// Id of the journal.
pub(super) const JOURNAL: &str = "journal-1";

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disk {
    /// It works, at once.
    Works,
    /// It works for one write, and fails from then on.
    WorksOnce,
    /// It fails, at once.
    Fails,
    /// It has no outcome until the disk does something else.
    Hangs,
}

/// Everything there is.
pub(super) struct World {
    pub(super) engine: Option<Engine>,
    pub(super) settings: Settings,
    pub(super) journal: Journal,
    pub(super) disk: Disk,
    pub(super) witness: Witness,
    /// What was told and not looked at yet.
    pub(super) told: Vec<Event>,
    in_flight: Option<Vec<Record>>,
    now: Now,
    /// How long all this has been going on.
    elapsed: Duration,
    last_ticket: u64,
}

pub(super) fn settings() -> Settings {
    Settings {
        timing: Timing::new("60s".parse().unwrap(), None, None).unwrap(),
        journal: JOURNAL.into(),
        expect: BTreeSet::new(),
        at_least: 1,
        strategies_max: 100,
        accept_clock: false,
        here: Box::default(),
    }
}

impl World {
    /// A new trader with a new journal, at [`START`].
    pub(super) fn new(settings: Settings) -> Self {
        let first_minute = Minute::first_after(START, settings.timing.interval);
        let mut world = Self {
            engine: None,
            witness: Witness::new(settings.clone(), first_minute),
            settings,
            journal: Journal { first_minute, records: Vec::new() },
            disk: Disk::Works,
            told: Vec::new(),
            in_flight: None,
            now: Now { wall: START, mono: Duration::ZERO },
            elapsed: Duration::ZERO,
            last_ticket: 0,
        };
        world.start().unwrap();
        world
    }

    pub(super) fn now(&self) -> Now {
        self.now
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.elapsed
    }

    pub(super) fn timing(&self) -> Timing {
        self.settings.timing
    }

    /// Time passes, and the core is called whenever it wants to be, and not in between.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.now.mono + duration;
        while let Some(engine) = &self.engine {
            let deadline = engine.next_deadline(self.now);
            assert!(deadline > self.now.wall, "after a tick nothing is overdue: {engine:?}");
            let left = deadline.since(self.now.wall);
            self.expect_quiet(left.min(end.saturating_sub(self.now.mono)));
            if self.now.mono + left > end {
                break;
            }
            self.let_pass(left);
            self.tick();
        }
        self.let_pass(end.saturating_sub(self.now.mono));
    }

    /// Time passes, and nobody calls the core.
    pub(super) fn let_pass(&mut self, duration: Duration) {
        self.elapsed += duration;
        self.now.mono += duration;
        self.now.wall = self.now.wall.plus(duration);
    }

    /// The wall clock is set.
    pub(super) fn step_clock(&mut self, by_micros: i64) {
        self.now.wall = Timestamp::from_micros(self.now.wall.as_micros() + by_micros);
    }

    /// Up to a deadline there is nothing that a core would do if it were asked.
    fn expect_quiet(&self, until: Duration) {
        let Some(left) = until.checked_sub(Duration::from_micros(1)) else { return };
        let mut early = self.engine.clone().expect("it runs");
        let Now { wall, mono } = self.now;
        let now = Now { wall: wall.plus(left), mono: mono + left };
        early.tick(now);
        assert_eq!(early.drain(), [], "told before the deadline");
        let records = if self.in_flight.is_none() { early.take_records(now) } else { None };
        assert_eq!(records, None, "written before the deadline");
    }

    /// The core looks at the time, if it runs.
    pub(super) fn tick(&mut self) {
        if self.engine.is_some() {
            self.act(|_, _, _| ());
        }
    }

    /// One call, with a look at the time before and at everything after.
    pub(super) fn act<T>(&mut self, call: impl FnOnce(&mut Engine, &mut Witness, Now) -> T) -> T {
        let now = self.now;
        self.engine.as_mut().expect("it runs").tick(now);
        self.look();
        let result = call(self.engine.as_mut().expect("it runs"), &mut self.witness, now);
        self.look();
        self.write();
        result
    }

    fn look(&mut self) {
        let engine = self.engine.as_mut().expect("it runs");
        engine.check();
        let events = engine.drain();
        for event in &events {
            self.witness.hear(event, &self.journal);
        }
        self.told.extend(events);
        self.witness.look(engine, self.now);
    }

    /// Does what the disk does with whatever there is to write.
    pub(super) fn write(&mut self) {
        while let Some(engine) = &mut self.engine {
            if self.in_flight.is_none() {
                self.in_flight = engine.take_records(self.now);
            }
            let Some(records) = self.in_flight.take() else { return };
            engine.tick(self.now);
            self.look();
            let outcome = match self.disk {
                Disk::Works => {
                    self.commit(records);
                    Ok(())
                }
                Disk::WorksOnce => {
                    self.commit(records);
                    self.disk = Disk::Fails;
                    Ok(())
                }
                Disk::Fails => {
                    self.witness.not_written(&records);
                    Err("disk full".to_owned())
                }
                Disk::Hangs => {
                    self.in_flight = Some(records);
                    return;
                }
            };
            self.engine.as_mut().expect("it runs").written(self.now, outcome);
            self.look();
        }
    }

    fn commit(&mut self, records: Vec<Record>) {
        self.witness.committed(&records, self.now);
        self.journal.records.extend(records);
    }

    /// The process dies; a write under way may have come through.
    pub(super) fn crash(&mut self, write_came_through: bool) {
        if let Some(records) = self.in_flight.take()
            && write_came_through
        {
            self.commit(records);
        }
        self.engine = None;
    }

    /// The process starts.
    pub(super) fn start(&mut self) -> Result<(), ClockLeapt> {
        self.now.mono = Duration::from_millis(700);
        let recovered = self.journal.recovered();
        self.witness.started(&recovered);
        self.engine = Some(Engine::new(self.settings.clone(), recovered, self.now)?);
        self.look();
        self.write();
        Ok(())
    }

    pub(super) fn register(
        &mut self,
        name: &Name,
        instance: &Name,
        held: Option<(&str, u64)>,
    ) -> Result<(), Refusal> {
        let session = self.ticket();
        let (journal, epoch) = held.unwrap_or_default();
        let (name, instance) = (name.clone(), instance.clone());
        let application = Application { name, instance, journal: journal.into(), epoch };
        self.act(|engine, _, now| engine.register(now, &application, session, session))
    }

    pub(super) fn lose(&mut self, session: SessionId) {
        self.act(|engine, _, now| engine.lose_session(now, session));
    }

    pub(super) fn submit(&mut self, submission: &Submission) -> Result<bool, Refusal> {
        self.act(|engine, witness, now| {
            let result = engine.submit(now, submission.clone());
            if let Ok(again) = result {
                witness.accepted(submission, again, now);
            }
            result
        })
    }

    pub(super) fn deregister(&mut self, name: &Name, leave: Option<Leave>) -> Result<(), Refusal> {
        let ticket = self.ticket();
        self.act(|engine, witness, now| {
            let by_itself = leave.is_some();
            let result = engine.deregister(now, name, leave, "ops@here".to_owned(), ticket);
            if result.is_ok() {
                witness.deregistered(name, by_itself);
            }
            result
        })
    }

    pub(super) fn halt(&mut self) {
        let ticket = self.ticket();
        self.act(|engine, witness, now| {
            witness.halted(ticket, now);
            engine.halt(now, "drill".to_owned(), "ops@here".to_owned(), ticket);
        });
    }

    pub(super) fn resume(&mut self) -> Result<(), Refusal> {
        let ticket = self.ticket();
        self.act(|engine, witness, now| {
            let result = engine.resume(now, ticket.to_string(), "ops@here".to_owned(), ticket);
            result.inspect(|()| witness.resuming(ticket))
        })
    }

    pub(super) fn median(&mut self) -> Result<Arc<Verdict>, NoMedian> {
        self.act(|engine, _, now| engine.current(now))
    }

    /// Ticket, and session, of the next call.
    pub(super) fn next_ticket(&self) -> SessionId {
        self.last_ticket + 1
    }

    fn ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }
}
