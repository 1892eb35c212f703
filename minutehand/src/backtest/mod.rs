//! `minutehand backtest`: a plan over history.

mod prepare;
mod text;
mod tables;
#[cfg(feature = "parquet")]
mod columnar;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use backtest::{
    contribution::contributions,
    course::Course,
    equity::{Costs, Equity, equity},
    run::Run,
    study::Silence,
};
use chassis::{
    clock::Clock,
    exit::{self, Exit, Failure},
};
use tokio::time::Instant;

use crate::{output, plan::Plan};
use prepare::Prepared;

/// The speed is that of as many passes as last so long.
const TIMED_FOR: Duration = Duration::from_secs(2);

/// Run a plan's generators, strategies and trader over history, as fast as it goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A decision is a target: the part of the equity that is held, 1 all of it long, -1 all of it
short. It is made when a minute begins, from bars that are over, and traded at the open of the bar
that begins then, with costs in parts of what is traded; it is cut to -1 to 1. Without a median,
or without a bar, nothing is traded, and what is held stays. What is traded is what the first
generator reads. Equity is counted at the close of the minute's bar.

Examples:
  minutehand backtest PLAN.toml
  minutehand backtest PLAN.toml --data btc.csv --fee-bps 2 --slippage-bps 1
  minutehand backtest PLAN.toml --silence X=2026-11-20T10:00:00Z..2026-11-20T10:05:00Z
  minutehand backtest PLAN.toml --csv results")]
pub struct Args {
    /// The plan: generators with `source` and `signal`, and strategies of them.
    #[arg(value_name = "PLAN.toml")]
    plan: PathBuf,
    /// Bars that all generators read, instead of those of the plan.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Lets a strategy say nothing for a while, to see what that costs.
    #[arg(long, value_name = "NAME=FROM..UNTIL", value_parser = prepare::silence)]
    silence: Vec<Silence>,
    /// What the exchange takes of what is traded, in hundredths of a per cent.
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0, value_parser = prepare::bps)]
    fee_bps: f64,
    /// How much worse than the open trades are, in hundredths of a per cent.
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0, value_parser = prepare::bps)]
    slippage_bps: f64,
    /// Writes `minutes.csv`, with median, decisions and equity, and `states.csv` into a directory.
    #[arg(long, value_name = "DIRECTORY")]
    csv: Option<PathBuf>,
    /// Writes the same as `minutes.parquet` and `states.parquet`.
    #[cfg(feature = "parquet")]
    #[arg(long, value_name = "DIRECTORY")]
    parquet: Option<PathBuf>,
    /// One pass only: its speed says less.
    #[arg(long)]
    once: bool,
}

/// What came of a backtest, and of what.
struct Backtest {
    prepared: Prepared,
    course: Course,
    /// Equity by the median, then by each strategy alone.
    equities: Vec<(String, Equity)>,
    /// What each strategy added to the median.
    contributions: Vec<Option<f64>>,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(run(args))
}

fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let plan = Plan::read(&args.plan).map_err(|error| Exit::Usage.because(error.to_string()))?;
    let now = Clock::system().wall();
    let prepared = Prepared::new(&plan, args.data.as_deref(), &args.silence, now)?;
    let loaded = started.elapsed();
    let pass = || -> Result<(Course, Duration), Failure> {
        let unfit = |error| Exit::Usage.because(format!("plan {}: {error}", args.plan.display()));
        let mut run = Run::new(prepared.study()).map_err(unfit)?;
        let started = Instant::now();
        while run.minute() {}
        Ok((run.end(), started.elapsed()))
    };
    let (course, mut taken) = pass()?;
    let mut passes = 1_u32;
    while !args.once && taken < TIMED_FOR {
        let (_, again) = pass()?;
        taken += again;
        passes += 1;
    }
    let reporting = Instant::now();
    let costs = Costs { fee: args.fee_bps / 10_000.0, slippage: args.slippage_bps / 10_000.0 };
    let equities = equities(&course, &prepared, costs);
    let contributions = contributions(&course, prepared.traded(), costs);
    let backtest = Backtest { prepared, course, equities, contributions };
    output::print(&text::report(&backtest))?;
    if let Some(directory) = &args.csv {
        tables::write(directory, &backtest)?;
    }
    #[cfg(feature = "parquet")]
    if let Some(directory) = &args.parquet {
        columnar::write(directory, &backtest)?;
    }
    output::print(&text::times(loaded, reporting.elapsed()))?;
    output::print(&text::speed(backtest.course.medians.len(), passes, taken))
}

fn equities(course: &Course, prepared: &Prepared, costs: Costs) -> Vec<(String, Equity)> {
    let of = |decisions| equity(course, decisions, prepared.traded(), costs);
    let median = ("the median".to_owned(), of(&course.medians));
    let each = course.strategies.iter().map(|one| (one.name.to_string(), of(&one.decisions)));
    std::iter::once(median).chain(each).collect()
}

#[cfg(test)]
mod tests;
