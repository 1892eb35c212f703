//! Minutes of a trader's core by itself: no journal, no network, and a clock that says what it is told.
//! What is counted is not inlined: callgrind knows it by its name.

use std::{collections::BTreeSet, error::Error, time::Duration};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};
use trader::engine::{
    Engine, Recovered, Settings,
    ledger::Record,
    registry::Registration,
    submission::{Content, Signal, Submission},
};

/// `2026-11-20T12:00:00Z`, the start of a minute.
const START: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

const JOURNAL: &str = "bench";

/// When everyone decides, after the boundary.
const DECIDED: Duration = Duration::from_millis(500);

/// One core, and the strategies that are registered with it; one minute after the other.
#[derive(Debug)]
pub struct Minutes {
    engine: Engine,
    names: Vec<Name>,
    instance: Name,
    generator: Name,
    timing: Timing,
    minute: Minute,
}

impl Minutes {
    /// So many strategies, before a boundary.
    ///
    /// # Errors
    ///
    /// If the core does not take its settings.
    pub fn new(strategies: usize) -> Result<Self, Box<dyn Error>> {
        let timing = Timing::new("60s".parse()?, None, None)?;
        let first_minute = Minute::first_after(START, timing.interval);
        let names: Vec<Name> =
            (0..strategies).map(|n| format!("s{n:07}").parse()).collect::<Result<_, _>>()?;
        let instance: Name = "instance".parse()?;
        let registrations = names.iter().zip(1..).map(|(name, epoch)| Registration {
            name: name.clone(),
            instance: instance.clone(),
            epoch,
            first_minute,
        });
        let recovered = Recovered {
            last_epoch: strategies as u64,
            registrations: registrations.collect(),
            ..Recovered::nothing(first_minute)
        };
        let settings = Settings {
            timing,
            journal: JOURNAL.into(),
            expect: BTreeSet::new(),
            at_least: 1,
            strategies_max: strategies,
            accept_clock: false,
            here: "".into(),
        };
        let now = Now { wall: START, mono: Duration::ZERO };
        let engine = Engine::new(settings, recovered, now)?;
        let generator = "generator".parse()?;
        Ok(Self { engine, names, instance, generator, timing, minute: first_minute })
    }

    /// The boundary.
    #[inline(never)]
    pub fn begin(&mut self) {
        self.engine.tick(self.at(Duration::ZERO));
    }

    /// What a strategy submits, by its place in the order of names.
    pub fn submission(&self, strategy: usize, decision: f64) -> Submission {
        let at = self.minute.start().plus(Duration::from_millis(1));
        let signal = Signal {
            generator: self.generator.clone(),
            run_id: self.instance.clone(),
            minute: self.minute,
            value: 0.5,
            produced_at: at,
        };
        Submission {
            name: self.names[strategy].clone(),
            instance: self.instance.clone(),
            journal: JOURNAL.into(),
            epoch: strategy as u64 + 1,
            minute: self.minute,
            decided_at: at,
            content: Content::Decision(decision),
            signals: [signal].into(),
            clock_offset: None,
        }
    }

    /// Takes in a submission that is not the last one.
    ///
    /// # Panics
    ///
    /// If it does not count.
    #[inline(never)]
    pub fn take(&mut self, submission: Submission) {
        self.engine.submit(self.at(DECIDED), submission).expect("it counts");
        self.engine.drain();
    }

    /// Takes in the last one, and with it the minute's verdict; what the journal would write.
    ///
    /// # Panics
    ///
    /// If the minute does not end with it.
    #[inline(never)]
    pub fn end(&mut self, last: Submission) -> Vec<Record> {
        let now = self.at(DECIDED);
        self.engine.submit(now, last).expect("it counts");
        self.engine.take_records(now).expect("the minute has ended")
    }

    /// The journal has written it; what is left to do before the next boundary.
    ///
    /// # Panics
    ///
    /// If there is no median then.
    pub fn rest(&mut self, written: Vec<Record>) {
        let now = self.at(DECIDED);
        self.engine.written(now, Ok(()));
        assert!(self.engine.last_verdict().is_some_and(|verdict| verdict.median().is_some()));
        drop(written);
        self.engine.drain();
        if let Some(changes) = self.engine.take_records(now) {
            self.engine.written(now, Ok(()));
            drop(changes);
        }
        self.minute = self.minute.next(self.timing.interval);
    }

    fn at(&self, after: Duration) -> Now {
        let wall = self.minute.start().plus(after);
        Now { wall, mono: wall.since(START) }
    }
}
