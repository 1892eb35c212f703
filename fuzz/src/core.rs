//! Requests through the wire into the core, by two clocks that go as the input says, onto a journal
//! that is closed and opened again.

use std::{collections::BTreeMap, fs, time::Duration};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};
use proto::v1;
use tempfile::TempDir;
use trader::{
    engine::{
        Engine, Settings,
        event::Event,
        ledger::{Record, Ticket},
        requests::Leave,
    },
    journal::Journal,
    wire::{self, WireError},
};

use super::{
    decision::{Holder, decision},
    history::{self, Call, Disk, Op},
    watch::{Watermark, audit},
};

/// 2026-11-20T12:00:00Z.
const START: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

/// Few, so that a full house is one of the things that happen.
const STRATEGIES_MAX: usize = 8;

/// More looks at the clock than this within one passage of time are a loop.
const LOOKS_MAX: usize = 10_000;

/// A trader without its shell.
struct World {
    directory: TempDir,
    engine: Engine,
    journal: Journal,
    timing: Timing,
    now: Now,
    disk: Disk,
    in_flight: Option<Vec<Record>>,
    last_ticket: Ticket,
    asking: BTreeMap<Ticket, Holder>,
    holders: Vec<Holder>,
    /// Epochs of those who were told that they are registered.
    acknowledged: BTreeMap<Name, u64>,
    published: Watermark,
}

/// A history of the core.
pub fn run(bytes: &[u8]) {
    let mut world = World::new();
    for op in history::read(bytes) {
        world.happens(op);
    }
    world.disk = Disk::Works;
    world.settle();
    world.restart();
}

fn open(directory: &TempDir, timing: Timing, now: Now) -> (Journal, Engine) {
    let file = directory.path().join("j.sqlite");
    let id = "journal-1".parse().expect("a name");
    let (journal, recovered) =
        Journal::open(&file, timing.interval, now.wall, id).expect("what was written is opened");
    let settings = Settings {
        timing,
        journal: journal.id().into(),
        expect: [].into(),
        at_least: 1,
        strategies_max: STRATEGIES_MAX,
        accept_clock: true,
        here: "".into(),
    };
    let engine = Engine::new(settings, recovered, now).expect("the clock is believed");
    (journal, engine)
}

impl World {
    fn new() -> Self {
        let directory = TempDir::new().expect("a place for the journal");
        let timing =
            Timing::new("60s".parse().expect("an interval"), None, None).expect("defaults");
        let now = Now { wall: START, mono: Duration::ZERO };
        let (journal, engine) = open(&directory, timing, now);
        Self {
            directory,
            engine,
            journal,
            timing,
            now,
            disk: Disk::Works,
            in_flight: None,
            last_ticket: 0,
            asking: BTreeMap::new(),
            holders: Vec::new(),
            acknowledged: BTreeMap::new(),
            published: Watermark::default(),
        }
    }

    fn happens(&mut self, op: Op) {
        match op {
            Op::Call(call) => self.call(*call),
            Op::Decide { who, value, place, change } => {
                let (at, id) = ((self.now.wall, self.timing), self.journal.id());
                let sent = self
                    .holder(who)
                    .and_then(|holder| decision(&holder, id, at, value, (place, change)));
                if let Some(request) = sent {
                    self.call(Call::Submit(request));
                }
            }
            Op::HangUp(session) => {
                let session = u64::from(session) % (self.last_ticket + 1);
                self.engine.lose_session(self.now, session);
            }
            Op::Pass(millis) => self.pass(Duration::from_millis(millis.into())),
            Op::Disk(disk) => self.disk = disk,
            Op::Step(millis) => {
                let micros = i64::from(millis) * 1_000;
                let wall = self.now.wall.as_micros().saturating_add(micros);
                self.now.wall = Timestamp::from_micros(wall.max(0));
                self.engine.tick(self.now);
            }
            Op::Restart => self.restart(),
        }
        self.settle();
    }

    fn holder(&self, who: u8) -> Option<Holder> {
        let count = self.holders.len();
        (count > 0).then(|| self.holders[usize::from(who) % count].clone())
    }

    fn ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.last_ticket
    }

    fn call(&mut self, call: Call) {
        let now = self.now;
        self.engine.tick(now);
        // What is not well-formed goes no further than this; why it is not can be said.
        if let Err(error) = self.well_formed(call, now) {
            assert!(!error.to_string().is_empty());
        }
    }

    fn well_formed(&mut self, call: Call, now: Now) -> Result<(), WireError> {
        let interval = self.timing.interval;
        match call {
            Call::Register(request) => {
                let application = wire::application(request, interval)?;
                let ticket = self.ticket();
                let (name, instance) =
                    (application.name.to_string(), application.instance.to_string());
                self.asking.insert(ticket, Holder { name, instance, epoch: 0 });
                let _refused = self.engine.register(now, &application, ticket, ticket);
            }
            Call::Submit(request) => {
                let _refused = self.engine.submit(now, wire::submission(request, interval)?);
            }
            Call::Deregister(request) => self.deregister(request, now)?,
            Call::Halt(v1::HaltRequest { reason, operator }) => {
                let reason = wire::clean("reason", &reason, 1_024)?;
                let ticket = self.ticket();
                self.engine.halt(now, reason, operator, ticket);
            }
            Call::Resume(v1::ResumeRequest { reason, operator }) => {
                let reason = wire::clean("reason", &reason, 1_024)?;
                let ticket = self.ticket();
                let _refused = self.engine.resume(now, reason, operator, ticket);
            }
            Call::Status(request) => {
                drop(self.engine.status(now, None, request.page_size as usize));
            }
            Call::Median(_) => drop(self.engine.current(now)),
            Call::Explain(request) => {
                let minute = wire::minute("minute", request.minute, interval)?;
                self.explain(minute);
            }
            Call::Watch(request) => {
                let after = wire::minute("after", request.after, interval)?;
                self.journal.verdicts_after(after, 64).expect("what was written can be read");
            }
        }
        Ok(())
    }

    fn deregister(&mut self, request: v1::DeregisterRequest, now: Now) -> Result<(), WireError> {
        let name = wire::name("name", &request.name)?;
        let leave = match &*request.instance {
            "" => None,
            instance => {
                let instance = wire::name("instance", instance)?;
                Some(Leave { instance, epoch: request.epoch })
            }
        };
        let ticket = self.ticket();
        if self.engine.deregister(now, &name, leave, request.operator, ticket).is_ok() {
            self.acknowledged.remove(&name);
        }
        Ok(())
    }

    fn explain(&self, minute: Minute) {
        let explained = self.journal.explain(minute, None, usize::MAX);
        if let Some(explanation) = explained.expect("what was written can be read") {
            audit(&explanation);
        }
    }

    /// Time passes, and the core is called whenever it wants to be.
    fn pass(&mut self, duration: Duration) {
        let end = self.now.mono + duration;
        for look in 0.. {
            assert!(look < LOOKS_MAX, "the core never has enough of the time");
            let deadline = self.engine.next_deadline(self.now);
            assert!(deadline > self.now.wall, "after a tick nothing is overdue");
            let left = deadline.since(self.now.wall).min(end.saturating_sub(self.now.mono));
            self.now = Now { wall: self.now.wall.plus(left), mono: self.now.mono + left };
            self.engine.tick(self.now);
            self.settle();
            if self.now.mono >= end {
                return;
            }
        }
    }

    /// Writes what is to be written, hears what is told, until there is no more.
    fn settle(&mut self) {
        loop {
            self.hear();
            if self.in_flight.is_none() {
                self.in_flight = self.engine.take_records(self.now);
            }
            if self.disk == Disk::Hangs {
                return;
            }
            let Some(records) = self.in_flight.take() else { return };
            let outcome = match self.disk {
                Disk::Works => self.journal.commit(&records).map_err(|error| error.to_string()),
                Disk::Fails | Disk::Hangs => Err("disk full".to_owned()),
            };
            assert!(outcome.is_ok() || self.disk != Disk::Works, "{outcome:?}");
            self.engine.written(self.now, outcome);
        }
    }

    fn hear(&mut self) {
        self.engine.check();
        for event in self.engine.drain() {
            if let Event::Registered { ticket, registration, .. } = event {
                let epoch = registration.epoch;
                self.acknowledged.insert(registration.name, epoch);
                let asking = self.asking.remove(&ticket);
                self.holders.extend(asking.map(|asking| Holder { epoch, ..asking }));
            } else if let Event::Published(verdict) = event {
                self.published.published(&verdict, self.timing.interval);
                self.explain(verdict.minute);
            }
        }
    }

    /// The machine stops, with what was not written, and starts again from what is on disk.
    fn restart(&mut self) {
        self.in_flight = None;
        self.asking.clear();
        let disk = TempDir::new().expect("a place for the journal");
        for file in ["j.sqlite", "j.sqlite-wal"] {
            let from = self.directory.path().join(file);
            if from.exists() {
                fs::copy(from, disk.path().join(file)).expect("there is room");
            }
        }
        self.now.mono = Duration::ZERO;
        (self.journal, self.engine) = open(&disk, self.timing, self.now);
        self.directory = disk;
        self.hear();
        let page = self.engine.status(self.now, None, STRATEGIES_MAX);
        for (name, epoch) in &self.acknowledged {
            let found = page.strategies.iter().find(|(found, _)| found == name);
            let found = found.and_then(|(_, strategy)| strategy.as_ref());
            let found = found.map(|strategy| strategy.registration.epoch);
            assert!(found >= Some(*epoch), "the registration of {name} is forgotten");
        }
    }
}
