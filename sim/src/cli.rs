//! `cargo sim`: many runs, each from its seed, several at a time.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clap::Parser;
use tokio::time::Instant;

use crate::run::{Outcome, run};

/// Seeds that found something once, with the minutes that it took.
const REGRESSIONS: &str = include_str!("../regressions.txt");

const EXAMPLES: &str = "\
Examples:
  cargo sim                                           100 seeds of 60 minutes
  cargo sim --seeds 100000 --minutes 60 --jobs 8      a night's work
  cargo sim --seeds 1 --minutes 60 --seed 7 --trace   one run, event by event

Exit codes: 0 nothing was wrong, 1 violations, 2 wrong command line.";

/// Runs Minutehand in simulated worlds that break, and checks everything that is seen.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo sim", after_help = EXAMPLES)]
pub struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 100, env = "MINUTEHAND_SIM_SEEDS")]
    pub seeds: u64,

    /// How many simulated minutes of 60 seconds a run has.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..=10_080), env = "MINUTEHAND_SIM_MINUTES")]
    pub minutes: u64,

    /// The first seed; with it, the seeds that found something once are not run before.
    #[arg(long, env = "MINUTEHAND_SIM_SEED")]
    pub seed: Option<u64>,

    /// How many seeds to run at a time [default: one a core].
    #[arg(long, env = "MINUTEHAND_SIM_JOBS")]
    pub jobs: Option<usize>,

    /// Print everything that is seen.
    #[arg(long, env = "MINUTEHAND_SIM_TRACE")]
    pub trace: bool,

    /// Print a hash of everything that was seen, for each run.
    #[arg(long, env = "MINUTEHAND_SIM_HASH")]
    pub hash: bool,
}

/// A seed and how many minutes it is run for.
type Task = (u64, u64);

impl Args {
    fn tasks(&self) -> Vec<Task> {
        let first = self.seed.unwrap_or(1);
        let asked = (0..self.seeds).map(|n| (first.wrapping_add(n), self.minutes));
        let known = self.seed.is_none().then(regressions).into_iter().flatten();
        known.chain(asked).collect()
    }

    fn jobs(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or_else(cores).max(1)
    }
}

/// The seeds on file: each line has a seed, minutes, and after a `#` why it is there.
fn regressions() -> Vec<Task> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_whitespace().map(str::parse);
        let task = (words.next()?, words.next()?);
        Some((task.0.expect("a seed"), task.1.expect("minutes")))
    };
    REGRESSIONS.lines().filter_map(line).collect()
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    let started = Instant::now();
    let tasks = args.tasks();
    let mut total = Total::default();
    for outcome in outcomes(args, &tasks) {
        total.add(args, &outcome);
    }
    total.print(started.elapsed());
    if total.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the tasks, and reports violations as they come.
fn outcomes(args: &Args, tasks: &[Task]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(&(seed, minutes)) = tasks.get(index)
        {
            let outcome = run(seed, Duration::from_secs(minutes * 60), args.trace);
            report(&outcome, minutes);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(index, outcome);
        }
    };
    thread::scope(|scope| (0..args.jobs()).for_each(|_| drop(scope.spawn(work))));
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

#[expect(clippy::print_stdout, reason = "a command speaks to people")]
fn report(Outcome { seed, violation, .. }: &Outcome, minutes: u64) {
    if let Some(violation) = violation {
        println!("VIOLATION in seed {seed}: {violation}");
        println!("  again: cargo sim --seeds 1 --minutes {minutes} --seed {seed} --trace");
    }
}

/// All runs together.
#[derive(Debug, Default)]
struct Total {
    seeds: u64,
    length: Duration,
    medians: u64,
    failed: u64,
    violations: u64,
    faults: BTreeMap<(&'static str, &'static str), u64>,
}

impl Total {
    #[expect(clippy::print_stdout, reason = "a command speaks to people")]
    fn add(&mut self, args: &Args, outcome: &Outcome) {
        if args.hash {
            let minutes = outcome.length.as_secs() / 60;
            println!("seed {} minutes {minutes} hash {:016x}", outcome.seed, outcome.hash);
        }
        self.seeds += 1;
        self.length += outcome.length;
        self.medians += outcome.medians;
        self.failed += outcome.failed;
        self.violations += u64::from(outcome.violation.is_some());
        for (fault, count) in &outcome.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }

    #[expect(clippy::print_stdout, reason = "a command speaks to people")]
    fn print(&self, took: Duration) {
        let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((kind, component), count) in &self.faults {
            kinds.entry(kind).or_default().push(format!("{component} {count}"));
        }
        println!("faults: {}", self.faults.values().sum::<u64>());
        for (kind, components) in kinds {
            println!("  {kind}: {}", components.join(", "));
        }
        let minutes = self.length.as_secs() / 60;
        let seconds = took.as_secs_f64();
        println!("minutes published: {}, minutes failed: {}", self.medians, self.failed);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = minutes as f64 / seconds;
        println!("took {seconds:.1} s, {rate:.1} simulated minutes a second");
        println!(
            "seeds: {}, minutes: {minutes}, medians: {}, violations: {}",
            self.seeds, self.medians, self.violations
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(line: &str) -> Result<Args, i32> {
        let words = std::iter::once("sim").chain(line.split_whitespace());
        Args::try_parse_from(words).map_err(|error| error.exit_code())
    }

    #[test]
    fn c1_flags_and_their_defaults() {
        let args = parse("").unwrap();
        assert_eq!((args.seeds, args.minutes, args.seed), (100, 60, None));
        assert!(!args.trace && !args.hash && args.jobs() >= 1);
        for flag in Args::command().get_arguments() {
            assert!(flag.get_help().is_some() && flag.get_env().is_some(), "{flag}");
        }
    }

    #[test]
    fn c3_a_wrong_command_line_is_a_usage_error() {
        for line in ["--seeds x", "--minutes 9", "--minutes 10081", "--seed -1", "7"] {
            assert_eq!(parse(line).map(|_| ()), Err(2), "{line}");
        }
    }

    #[test]
    fn known_seeds_come_first_unless_a_seed_is_asked_for() {
        let known = regressions();
        let tasks = parse("--seeds 2 --minutes 30").unwrap().tasks();
        assert_eq!(tasks[..known.len()], known);
        assert_eq!(tasks[known.len()..], [(1, 30), (2, 30)]);
        assert_eq!(parse("--seeds 2 --seed 7").unwrap().tasks(), [(7, 60), (8, 60)]);
    }
}
