//! `minutehand sweep`: a plan with names in braces over history, with all combinations of their values.

mod grid;
mod template;
mod workers;
mod measure;
mod tried;
mod forward;
mod text;
mod tables;
mod page;

use std::{num::NonZeroUsize, path::PathBuf, process::ExitCode, thread};

use backtest::forward::Folds;
use chassis::{
    clock::Clock,
    exit::{self, Exit, Failure},
};
use tokio::time::Instant;

use crate::{
    backtest::{
        data::Data,
        fingerprint::{self, Digest, Fingerprint},
        prepare::Given,
        text::period,
    },
    file, output,
    plan::Plan,
};
use forward::Forward;
use grid::Grid;
use measure::{By, Figures, ranked};
use template::Template;
use tried::Shared;

/// Most folds: with more, parts say nothing.
const FOLDS_MAX: u8 = 50;

/// Columns of what is no terminal.
const WIDTH: usize = 120;

/// Run a plan over history with all combinations of some values, and see whether the best so far stay good.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Write a name in braces where a value belongs in the plan: `ema(close, {fast}) - ema(close, {slow})`.
The period is cut into one part more than folds. Each part but the first is the test of a fold: the
combination that was the best in all parts before it is applied to it, from its own state at that
time. Figures of a part are of the equity as if it were 1 before. The tests, one after the other, are
what choosing so would have earned; the best in the whole period are what hindsight would have.

Examples:
  minutehand sweep PLAN.toml --data btc.csv --grid 'fast=5..20 slow=20..60:5'
  minutehand sweep PLAN.toml --grid 'n=5|8|13|21' --by return --folds 8 --fee-bps 2
  minutehand sweep PLAN.toml --grid 'kind=sma|ema n=5..50' --csv all.csv --html sweep.html")]
pub struct Args {
    #[command(flatten)]
    given: Given,
    /// The values of each name: NAME=FROM..TO, NAME=FROM..TO:STEP or NAME=A|B|C, with blanks between names.
    #[arg(long, value_name = "NAME=VALUES")]
    grid: Grid,
    /// By what combinations are compared.
    #[arg(long, value_enum, default_value_t = By::Sharpe)]
    by: By,
    /// How often it is chosen anew: one part of the period more than this.
    #[arg(
        long, value_name = "NUMBER", default_value_t = 4,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(FOLDS_MAX))
    )]
    folds: u8,
    /// Writes every combination with its figures into a file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes a page with figures and plots into a file, which needs no other.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What came of a sweep, and of what.
#[derive(Debug)]
struct Sweep<'a> {
    shared: &'a Shared<'a>,
    /// What a reader of the results should know.
    notes: Vec<String>,
    period: String,
    /// What each combination comes to, or why it cannot be run.
    figures: Vec<Result<Figures, String>>,
    /// Those that could be run, the best in the whole period first.
    ranked: Vec<usize>,
    /// The figure of each in the whole period.
    heat: Vec<Option<f64>>,
    forward: Forward,
    fingerprint: Fingerprint,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    exit::printed(run(args, threads, &output::print))
}

/// By so many threads; `print` takes the report, part by part.
fn run(args: &Args, threads: usize, print: output::Print<'_>) -> Result<(), Failure> {
    let given = &args.given;
    for path in args.csv.iter().chain(&args.html) {
        file::check(path)?;
    }
    let text = Plan::text(&given.plan)?;
    let template = Template::new(&text, &args.grid).map_err(|error| given.unfit(&error))?;
    let data = data(args, &template)?;
    let shared = Shared {
        given,
        template: &template,
        grid: &args.grid,
        data: &data,
        by: args.by,
        folds: args.folds.into(),
    };
    let started = Instant::now();
    let figures = shared.all(threads);
    let taken = started.elapsed();
    let sweep = sweep(&shared, figures, digest(args, &text))?;
    print(&text::report(&sweep, width()))?;
    if let Some(path) = &args.csv {
        file::write(path, &tables::csv(&sweep))?;
    }
    if let Some(path) = &args.html {
        file::write(path, page::page(&sweep, given, &text).as_str())?;
    }
    let minutes = sweep.figures.iter().flatten().map(|figures| figures.minutes).max();
    let minutes = minutes.unwrap_or_default();
    print(&text::speed(sweep.figures.len(), minutes, threads, taken))
}

/// What the first plan that holds together reads.
fn data(args: &Args, template: &Template) -> Result<Data, Failure> {
    let Args { given, grid, .. } = args;
    let plan = |n| given.plan_of(&template.fill(&grid.values(n)));
    let good = (0..grid.combinations()).find_map(|n| plan(n).ok());
    let good = good.map_or_else(|| plan(0), Ok);
    let plan = good.map_err(|error| Exit::Usage.because(error))?;
    Data::read(&plan, given.data.as_deref(), Clock::system().wall())
}

/// Judges what came of all combinations; `plan` is the digest of what was asked.
fn sweep<'a>(
    shared: &'a Shared<'a>,
    figures: Vec<Result<Figures, String>>,
    plan: Digest,
) -> Result<Sweep<'a>, Failure> {
    let usage = |message: String| Exit::Usage.because(message);
    let file = shared.given.plan.display();
    let ran = figures.iter().enumerate().find_map(|(n, one)| Some((n, one.as_ref().ok()?)));
    let Some((first, Figures { minutes, .. })) = ran else {
        let why = figures.into_iter().find_map(Result::err).unwrap_or_default();
        let first = shared.grid.label(0);
        let message = format!("plan {file}: none of its combinations can be run; {first}: {why}");
        return Err(usage(message));
    };
    let folds = Folds::of(*minutes, shared.folds).ok_or_else(|| {
        let (count, least) = (shared.folds, Folds::minutes_min(shared.folds));
        usage(format!(
            "{minutes} minutes are too few for {count} folds, which need {least} or more: give more data, or a smaller --folds"
        ))
    })?;
    let forward = Forward::new(shared, &folds, &figures).map_err(usage)?;
    let outcome = shared.outcome(first).map_err(usage)?;
    let heat: Vec<Option<f64>> = figures
        .iter()
        .map(|figures| figures.as_ref().ok().and_then(|one| shared.by.of(&one.whole)))
        .collect();
    let ran = (0..figures.len()).filter(|n| figures[*n].is_ok());
    let fingerprint = Fingerprint {
        data: shared.data.digest.clone().shown(),
        plan: plan.shown(),
        program: fingerprint::program(),
        result: result(&figures, &forward),
    };
    Ok(Sweep {
        shared,
        notes: shared.prepared(first).map_err(usage)?.notes,
        period: period(&outcome.course),
        ranked: ranked(ran.map(|n| (n, heat[n]))),
        figures,
        heat,
        forward,
        fingerprint,
    })
}

/// Of the plan and all that was asked of it.
fn digest(args: &Args, text: &str) -> Digest {
    let Args { given, grid, by, folds, .. } = args;
    let mut digest = given.digest(text);
    digest.text(&format!(" --grid {grid} --by {} --folds {folds}", by.name()));
    digest
}

/// Of all figures, of what was chosen and what it earned.
fn result(figures: &[Result<Figures, String>], forward: &Forward) -> String {
    let mut digest = Digest::new();
    for figures in figures {
        match figures {
            Ok(Figures { whole, in_sample, out_of_sample, .. }) => {
                tables::figures(whole).for_each(|one| digest.number(one));
                in_sample.iter().chain(out_of_sample).copied().for_each(|one| digest.number(one));
            }
            Err(why) => digest.text(why),
        }
    }
    for choice in &forward.choices {
        digest.bytes(&(choice.chosen as u64).to_le_bytes());
    }
    forward.equity.values.iter().for_each(|value| digest.number(Some(*value)));
    digest.shown()
}

/// Columns of the terminal.
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.ok().map(|size| size.ws_col.into()).filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

#[cfg(test)]
mod tests;
