//! `minutehand up`: a whole system from one plan, a child process a part.

mod part;
mod environment;
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
    grid::Timestamp,
    shutdown,
};

use crate::plan::{Generator, Plan, Strategy, Trader};
use environment::Note;
pub(crate) use environment::{Variables, command};
use group::Ground;
use part::Part;
use secured::{Access, Secured};
use system::System;
use voice::{Level, Voice};

/// Run a whole system from one plan: generators, traders and strategies, a process each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is the same for all parts of a kind, a variable like MINUTEHAND_TRADER_GRACE says before the
plan does: `minutehand config PLAN.toml` lists what is in effect, and why.
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
    let variables = Variables::of_process();
    variables.check(&parts(&plan))?;
    let secured = if args.secure {
        Some(Secured::for_this_run(&mut plan)?)
    } else {
        Secured::of(&plan, args.plan.as_deref())?
    };
    let access = secured.as_ref().map_or_else(|| Ok(Access::default()), Secured::access)?;
    run(plan, access, variables, args.medians)
}

fn run(
    plan: Plan,
    access: Access,
    variables: Variables,
    medians: Option<u64>,
) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Exit::Failed.because(format!("cannot find this program: {error}")))?;
    let (printer, writer) = printer::start(label_width(&plan));
    let voice = Voice::new(printer, Clock::system());
    for note in variables.notes() {
        match note {
            Note::Taken(text) => voice.say(Level::Info, format!("the environment has {text}")),
            Note::Ignored(text) => voice.say(Level::Warn, text),
        }
    }
    let ground = Ground { program, voice };
    let system = System::new(plan, access, ground, chance::start(None), medians).under(variables);
    let result = exit::block_on(serve(system));
    writer.finish();
    result
}

async fn serve(system: System) -> Result<(), Failure> {
    shutdown::run(|stop| system.run(stop))
        .await
        .map_err(|error| Exit::Failed.because(format!("cannot listen for signals: {error}")))?
}

/// All parts of a plan, before they run: a free port has a number that no other has.
fn parts(plan: &Plan) -> Vec<Part> {
    let servers =
        part::generators(plan, Timestamp::default()).into_iter().chain(part::traders(plan));
    let ports: Vec<u16> = servers.clone().filter_map(|part| part.port).collect();
    let mut free = (1..).filter(|port| !ports.contains(port));
    let mut known = |port: u16| if port == 0 { free.next().expect("few are taken") } else { port };
    let generators: Vec<u16> = plan.generators.iter().map(|of| known(of.port)).collect();
    let traders: Vec<u16> = plan.traders.iter().map(|of| known(of.port)).collect();
    servers.chain(part::strategies(plan, &traders, &generators)).collect()
}

/// All parts of a plan as they run under the environment; a port is 0 where it is free until then.
pub(crate) fn lines(plan: &Plan, variables: &Variables) -> Result<Vec<Line>, Failure> {
    variables.check(&parts(plan))?;
    let traders: Vec<u16> = plan.traders.iter().map(|of| of.port).collect();
    let generators: Vec<u16> = plan.generators.iter().map(|of| of.port).collect();
    let servers =
        part::generators(plan, Timestamp::default()).into_iter().chain(part::traders(plan));
    let all = servers.chain(part::strategies(plan, &traders, &generators));
    Ok(all.map(|part| Line(variables.over(part))).collect())
}

/// A command line of a part.
#[derive(Debug)]
pub(crate) struct Line(Part);

impl Line {
    /// What people call the part.
    pub(crate) fn label(&self) -> &str {
        &self.0.label
    }

    /// The command line.
    pub(crate) fn words(&self) -> Vec<String> {
        self.0.command_line()
    }

    /// Which command it is.
    pub(crate) fn kind(&self) -> &str {
        self.0.kind()
    }

    /// What it is told by a flag, if it is told something; empty, if that takes no value.
    pub(crate) fn told(&self, flag: &str) -> Option<String> {
        let port = self.0.port.filter(|_| flag == "port");
        port.map(|port| port.to_string()).or_else(|| self.0.told(flag).map(str::to_owned))
    }
}

/// The command lines of all parts, if the servers get these ports.
#[cfg(test)]
pub(crate) fn command_lines(plan: &Plan, traders: &[u16], generators: &[u16]) -> Vec<Vec<String>> {
    let generators_of = part::generators(plan, Timestamp::default());
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
