//! `minutehand backtest`: a plan over history.

pub(crate) mod fingerprint;
pub(crate) mod data;
pub(crate) mod prepare;
pub(crate) mod progress;
pub(crate) mod text;
mod tables;
mod kept;
#[cfg(feature = "parquet")]
mod columnar;
pub(crate) mod page;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use backtest::{
    contribution::contributions,
    course::Course,
    equity::{Costs, Equity, equity},
    run::Run,
};
use chassis::{
    clock::Clock,
    exit::{self, Exit, Failure},
};
use tokio::time::Instant;

use crate::{file, output, plan::Plan};
use data::Data;
use fingerprint::Fingerprint;
use prepare::{Given, Prepared};
use progress::Progress;

/// The speed is that of as many passes as last so long.
const TIMED_FOR: Duration = Duration::from_secs(2);

/// The bar moves after so many minutes: often enough to be smooth, and too seldom to cost anything.
const MINUTES_A_STEP: u64 = 4_096;

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
  minutehand backtest PLAN.toml --csv results --html report.html
  minutehand backtest PLAN.toml --trader btc    # of a plan with several traders")]
pub struct Args {
    #[command(flatten)]
    given: Given,
    /// Writes `minutes.csv`, with median, decisions and equity, and `states.csv` into a directory.
    #[arg(long, value_name = "DIRECTORY")]
    csv: Option<PathBuf>,
    /// Writes the same as `minutes.parquet` and `states.parquet`.
    #[cfg(feature = "parquet")]
    #[arg(long, value_name = "DIRECTORY")]
    parquet: Option<PathBuf>,
    /// Writes what the trader would have written into its journal: a new one, for `explain` and whatever else
    /// reads journals.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Writes a page with figures, plots and states into a file, which needs no other.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// One pass only: its speed says less.
    #[arg(long)]
    once: bool,
}

/// What came of a backtest, and of what.
struct Backtest<'a> {
    data: &'a Data,
    prepared: Prepared<'a>,
    course: Course,
    /// Equity by the median, then by each strategy alone.
    equities: Vec<(String, Equity)>,
    /// What each strategy added to the median.
    contributions: Vec<Option<f64>>,
    fingerprint: Fingerprint,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(run(args, &output::print))
}

/// `print` takes the report, part by part.
fn run(args: &Args, print: output::Print<'_>) -> Result<(), Failure> {
    let started = Instant::now();
    let given = &args.given;
    args.html.as_deref().map_or(Ok(()), file::check)?;
    args.journal.as_deref().map_or(Ok(()), kept::check)?;
    let text = Plan::text(&given.plan)?;
    let plan = given.plan_of(&text).map_err(|error| Exit::Usage.because(error))?;
    let data = Data::read(&plan, given.data.as_deref(), Clock::system().wall())?;
    let prepared = Prepared::new(&plan, &data, &given.silence)?;
    let loaded = started.elapsed();
    let pass = |goes: fn(&mut Run)| -> Result<(Course, Duration), Failure> {
        let mut run = Run::new(prepared.study()).map_err(|error| given.unfit(&error))?;
        let started = Instant::now();
        goes(&mut run);
        Ok((run.end(), started.elapsed()))
    };
    let (course, mut taken) = pass(shown)?;
    let mut passes = 1_u32;
    while !args.once && taken < TIMED_FOR {
        let (_, again) = pass(|run| while run.minute() {})?;
        taken += again;
        passes += 1;
    }
    let reporting = Instant::now();
    let equities = equities(&course, &prepared, given.costs());
    let contributions = contributions(&course, prepared.traded(), given.costs());
    let fingerprint = Fingerprint {
        data: data.digest.clone().shown(),
        plan: given.digest(&text).shown(),
        program: fingerprint::program(),
        result: fingerprint::result(&course, &equities),
    };
    let data = &data;
    let backtest = Backtest { data, prepared, course, equities, contributions, fingerprint };
    print(&text::report(&backtest))?;
    if let Some(directory) = &args.csv {
        tables::write(directory, &backtest)?;
    }
    #[cfg(feature = "parquet")]
    if let Some(directory) = &args.parquet {
        columnar::write(directory, &backtest)?;
    }
    if let Some(path) = &args.journal {
        let run = Run::with_records(backtest.prepared.study());
        let run = run.map_err(|error| given.unfit(&error))?;
        kept::write(path, run, &backtest.course)?;
    }
    if let Some(path) = &args.html {
        file::write(path, page::page(&backtest, given, &text).as_str())?;
    }
    print(&text::times(loaded, reporting.elapsed()))?;
    print(&text::speed(backtest.course.medians.len(), passes, taken))
}

/// Goes to the end, and shows on a terminal how far it is.
fn shown(run: &mut Run) {
    let progress = Progress::of(run.left(), "minutes");
    while run.left() > 0 {
        let step = run.left().min(MINUTES_A_STEP);
        (0..step).for_each(|_| assert!(run.minute(), "there are minutes left"));
        progress.more(step);
    }
    progress.end();
}

fn equities(course: &Course, prepared: &Prepared<'_>, costs: Costs) -> Vec<(String, Equity)> {
    let of = |decisions| equity(course, decisions, prepared.traded(), costs);
    let median = ("the median".to_owned(), of(&course.medians));
    let each = course.strategies.iter().map(|one| (one.name.to_string(), of(&one.decisions)));
    std::iter::once(median).chain(each).collect()
}

#[cfg(test)]
mod tests;
