//! The core alone: what a minute of a million decisions costs it beside taking each of them in.

use std::{collections::BTreeSet, hint::black_box, time::Duration};

use chassis::{
    grid::{Minute, Now, Timestamp, Timing},
    name::Name,
};
use tokio::time::Instant;
use trader::engine::{
    Engine, Recovered, Settings,
    registry::Registration,
    submission::{Content, Signal, Submission},
};

use crate::{
    Result,
    figures::scattered,
    report::{Row, Target},
    rows::Options,
};

const DECISIONS: usize = 1_000_000;

/// `2026-11-20T12:00:00Z`, the start of a minute.
const START: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

const JOURNAL: &str = "bench";

/// From the boundary and from the last decision on to the verdict, against reading the values once
/// and selecting the middle one.
pub(crate) fn core(options: &Options) -> Result<Vec<Row>> {
    let mut minutes = Minutes::new(DECISIONS)?;
    let rounds: Vec<[f64; 2]> = (0..options.rounds)
        .map(|_| {
            let (ours, values) = minutes.run();
            [ours.as_secs_f64() * 1e3, select(&values).as_secs_f64() * 1e3]
        })
        .collect();
    let name = "core: boundary and verdict of 1,000,000 decisions";
    let peer = "one read and `select_nth_unstable`";
    Ok(vec![Row::paired(name, "ms", peer, &rounds, Target::AtMost(3.0))])
}

/// What it takes at least: every value is read once, and the middle one selected.
fn select(values: &[f64]) -> Duration {
    let begun = Instant::now();
    let mut read = black_box(values).to_vec();
    let half = read.len() / 2;
    let (_, middle, _) = read.select_nth_unstable_by(half, f64::total_cmp);
    black_box(middle);
    begun.elapsed()
}

/// Minutes of one core, one after the other.
struct Minutes {
    engine: Engine,
    names: Vec<Name>,
    instance: Name,
    generator: Name,
    timing: Timing,
    minute: Minute,
}

impl Minutes {
    fn new(strategies: usize) -> Result<Self> {
        let timing = Timing::new("60s".parse()?, None, None)?;
        let first_minute = Minute::first_after(START, timing.interval);
        let names: Vec<Name> = (0..strategies)
            .map(|n| format!("s{n:07}").parse())
            .collect::<std::result::Result<_, _>>()?;
        let instance: Name = "instance".parse()?;
        let registrations = names.iter().zip(1..).map(|(name, epoch)| Registration {
            name: name.clone(),
            instance: instance.clone(),
            epoch,
            first_minute,
        });
        let recovered = Recovered {
            first_minute,
            last_epoch: strategies as u64,
            registrations: registrations.collect(),
            excused: BTreeSet::new(),
            halt: None,
            resumed_at: None,
            last_verdict: None,
        };
        let settings = Settings {
            timing,
            journal: JOURNAL.into(),
            expect: BTreeSet::new(),
            at_least: 1,
            strategies_max: strategies,
            accept_clock: false,
        };
        let now = Now { wall: START, mono: Duration::ZERO };
        let engine = Engine::new(settings, recovered, now)?;
        let generator = "generator".parse()?;
        Ok(Self { engine, names, instance, generator, timing, minute: first_minute })
    }

    /// How long the core takes at the boundary and for the last decision, which ends the minute;
    /// and the decisions.
    fn run(&mut self) -> (Duration, Vec<f64>) {
        let boundary = self.at(Duration::ZERO);
        let begun = Instant::now();
        self.engine.tick(boundary);
        let mut took = begun.elapsed();
        let now = self.at(Duration::from_millis(500));
        let values: Vec<f64> = (0..self.names.len()).map(scattered).collect();
        let last = self.names.len() - 1;
        for (index, value) in values[..last].iter().enumerate() {
            self.engine.submit(now, self.submission(index, *value)).expect("it counts");
            self.engine.drain();
        }
        let submission = self.submission(last, values[last]);
        let begun = Instant::now();
        self.engine.submit(now, submission).expect("it counts");
        let records = self.engine.take_records(now).expect("the minute has ended");
        took += begun.elapsed();
        self.engine.written(now, Ok(()));
        assert!(self.engine.last_verdict().is_some_and(|verdict| verdict.median().is_some()));
        drop(records);
        self.engine.drain();
        if let Some(changes) = self.engine.take_records(now) {
            self.engine.written(now, Ok(()));
            drop(changes);
        }
        self.minute = self.minute.next(self.timing.interval);
        (took, values)
    }

    fn at(&self, after: Duration) -> Now {
        let wall = self.minute.start().plus(after);
        Now { wall, mono: wall.since(START) }
    }

    fn submission(&self, index: usize, value: f64) -> Submission {
        let at = self.minute.start().plus(Duration::from_millis(1));
        let signal = Signal {
            generator: self.generator.clone(),
            run_id: self.instance.clone(),
            minute: self.minute,
            value: 0.5,
            produced_at: at,
        };
        Submission {
            name: self.names[index].clone(),
            instance: self.instance.clone(),
            journal: JOURNAL.into(),
            epoch: index as u64 + 1,
            minute: self.minute,
            decided_at: at,
            content: Content::Decision(value),
            signals: [signal].into(),
            clock_offset: None,
        }
    }
}
