//! One run: a world, its checker, and what came of it.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hasher as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use proto::v1::{Verdict, VerdictKind, watch_response::Event};
use tracing::subscriber::set_default;

use crate::{
    checker::Checker,
    record::{Record, What},
    world::{Plan, World, stage::Ear},
};

/// More than a run's own calls need.
const STACK_BYTES: usize = 16 << 20;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// How long it lasted, in simulated time.
    pub length: Duration,
    /// How many minutes ended with a median.
    pub medians: u64,
    /// How many minutes ended otherwise.
    pub failed: u64,
    /// How often each kind of fault was struck, on what.
    pub faults: BTreeMap<(&'static str, &'static str), u64>,
    /// Of everything that was seen, in order.
    pub hash: u64,
    /// What was wrong, if anything.
    pub violation: Option<String>,
}

impl Outcome {
    /// Counts the minutes whose verdicts were read.
    fn count(&mut self, record: &Record, interval: Duration) {
        let What::Watched(response) = &record.what else { return };
        let Some(Event::Verdict(verdict)) = &response.event else { return };
        let is_median = verdict.kind() == VerdictKind::Median;
        let counter = if is_median { &mut self.medians } else { &mut self.failed };
        *counter += minutes(verdict, interval);
    }
}

/// A step that takes longer, by the machine's clock, does not end: a thousand times what the slowest
/// take on a busy machine.
const STEP_MAX: Duration = Duration::from_mins(2);

/// Runs a seed for so long, in a thread of its own: nothing is left of an earlier run, and a panic
/// is one more violation, as is a step that does not end. Prints everything that is seen if `trace`.
pub fn run(seed: u64, length: Duration, trace: bool) -> Outcome {
    let violation = |what: &str| Outcome {
        seed,
        length,
        violation: Some(what.to_owned()),
        ..Outcome::default()
    };
    let steps = Arc::new(AtomicU64::new(0));
    let (at_work, ended) = mpsc::channel::<()>();
    let counter = Arc::clone(&steps);
    let work = move || {
        let _at_work = at_work;
        in_this_thread(seed, length, trace, &counter)
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
    let thread = thread.expect("one thread more");
    loop {
        let before = steps.load(Ordering::Relaxed);
        if ended.recv_timeout(STEP_MAX) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
        if steps.load(Ordering::Relaxed) == before {
            // What spins cannot be stopped; it ends with the process.
            return violation("spins: a step does not end");
        }
    }
    thread.join().unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
        violation(&format!("panicked: {}", words.unwrap_or("without words")))
    })
}

fn in_this_thread(seed: u64, length: Duration, trace: bool, steps: &AtomicU64) -> Outcome {
    let _heard = set_default(Ear);
    let mut outcome = Outcome { seed, length, ..Outcome::default() };
    match World::new(Plan::new(seed, length)) {
        Err(error) => outcome.violation = Some(format!("no world: {error}")),
        Ok(mut world) => {
            if trace {
                print(&format!("{:#?}", world.description()));
            }
            outcome.violation = follow(&mut world, &mut outcome, trace, steps).err();
            outcome.faults.clone_from(world.counts());
        }
    }
    outcome
}

/// Lets time pass until the run is over, or something is wrong.
fn follow(
    world: &mut World,
    outcome: &mut Outcome,
    trace: bool,
    steps: &AtomicU64,
) -> Result<(), String> {
    let mut checker = Checker::new(world.description().clone());
    let mut hasher = DefaultHasher::new();
    let interval = world.description().timing.interval.duration();
    // The one thing that differs between two runs of a seed.
    let directory =
        world.journal().parent().map_or_else(String::new, |at| at.display().to_string());
    while let Some(seen) = world.step()? {
        steps.fetch_add(1, Ordering::Relaxed);
        for record in &seen {
            let line = show(record).replace(&directory, "/simulated");
            hasher.write(line.as_bytes());
            if trace {
                print(&line);
            }
            outcome.count(record, interval);
        }
        outcome.hash = hasher.finish();
        checker.step(&seen, world.journal()).map_err(|violation| violation.to_string())?;
    }
    Ok(())
}

/// How many minutes a verdict is about.
fn minutes(verdict: &Verdict, interval: Duration) -> u64 {
    let seconds = |at: Option<prost_types::Timestamp>| at.map_or(0, |at| at.seconds);
    let apart = seconds(verdict.last_minute) - seconds(verdict.minute);
    apart.unsigned_abs() / interval.as_secs().max(1) + 1
}

fn show(Record { at, wall, host, what }: &Record) -> String {
    format!("{:>11.3} {wall} {host:<8} {what:?}", at.as_secs_f64())
}

#[expect(clippy::print_stdout, reason = "a trace is what was asked for")]
fn print(line: &str) {
    println!("{line}");
}
