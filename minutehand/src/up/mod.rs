//! `minutehand up`: a whole system from one plan, a child process a part.

mod part;
mod secured;
mod waiting;
mod printer;
mod voice;
mod child;
mod group;
mod system;

use std::{path::PathBuf, process::ExitCode};

use chassis::{
    chance,
    clock::Clock,
    exit::{self, Exit, Failure},
    shutdown,
};

use crate::plan::{Generator, Plan, Strategy, Trader};
use group::Ground;
use printer::Printer;
use secured::{Access, Secured};
use system::System;
use voice::Voice;

/// Run a whole system from one plan: generators, traders and strategies, a process each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Parts that end are started again, unless they were refused for good. Ctrl-C stops strategies,
traders and generators in this order; a second one ends all of them at once. Strategies stay
registered.
The merged log goes to standard error; parts log at the level of RUST_LOG, at least INFO.

Examples:
  minutehand up                              # a demo on free ports, in memory
  minutehand up examples/notes.toml
  minutehand up examples/two-instruments.toml
  minutehand up --secure                     # the demo, secured
  minutehand up --medians 1                  # a smoke test: 0 after the first median")]
pub struct Args {
    /// The plan; without one, a small demo runs.
    #[arg(value_name = "PLAN.toml")]
    plan: Option<PathBuf>,
    /// Stop, with 0, after this many medians of each trader.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    medians: Option<u64>,
    /// Encrypt everything and let in who belongs, with certificates that are made for this run.
    #[arg(long)]
    secure: bool,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(up(args))
}

fn up(args: &Args) -> Result<(), Failure> {
    let mut plan = args.plan.as_deref().map_or_else(|| Ok(Plan::demo()), Plan::read)?;
    let secured = if args.secure {
        Some(Secured::for_this_run(&mut plan)?)
    } else {
        Secured::of(&plan, args.plan.as_deref())?
    };
    let access = secured.as_ref().map_or_else(|| Ok(Access::default()), Secured::access)?;
    run(plan, access, args.medians)
}

fn run(plan: Plan, access: Access, medians: Option<u64>) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Exit::Failed.because(format!("cannot find this program: {error}")))?;
    let (printer, writer) = printer::start(label_width(&plan));
    let result = exit::block_on(serve(plan, access, program, printer, medians));
    writer.finish();
    result
}

async fn serve(
    plan: Plan,
    access: Access,
    program: PathBuf,
    printer: Printer,
    medians: Option<u64>,
) -> Result<(), Failure> {
    let voice = Voice::new(printer, Clock::system());
    let system = System::new(plan, access, Ground { program, voice }, chance::start(None), medians);
    shutdown::run(|stop| system.run(stop))
        .await
        .map_err(|error| Exit::Failed.because(format!("cannot listen for signals: {error}")))?
}

/// The command lines of all parts, if the servers get these ports.
#[cfg(test)]
pub(crate) fn command_lines(plan: &Plan, traders: &[u16], generators: &[u16]) -> Vec<Vec<String>> {
    let generators_of = part::generators(plan, chassis::grid::Timestamp::default());
    let servers = generators_of.into_iter().chain(part::traders(plan));
    let all = servers.chain(part::strategies(plan, traders, generators));
    all.map(|part| part.command_line()).collect()
}

/// Columns of the widest label.
fn label_width(plan: &Plan) -> usize {
    let generators = plan.generators.iter().map(Generator::label);
    let strategies = plan.strategies.iter().map(Strategy::label);
    let traders = plan.traders.iter().map(Trader::label);
    let labels = generators.chain(traders).chain(strategies);
    labels.map(|label| label.len()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
