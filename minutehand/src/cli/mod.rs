//! The command line of `minutehand`: every command, and an environment variable for every flag.

use std::process::ExitCode;

use chassis::flag;
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::{backtest, certs, config, doctor, documents, explain, halt, status, sweep, up, watch};

const EXAMPLES: &str = "\
Examples:
  minutehand up                       run a demo: generators, trader, strategies
  minutehand up PLAN.toml             run a system of your own
  minutehand backtest PLAN.toml       run it over history
  minutehand sweep PLAN.toml --grid … try many values of it
  minutehand certs PLAN.toml          make certificates for it
  minutehand status --watch           see how it is
  minutehand explain last             see why the last minute ended as it did
  minutehand halt --reason 'why'      stop medians at once
  minutehand completions bash DIR     have the shell complete all this
  minutehand doctor PLAN.toml         see what is wrong, and what to do

`minutehand generator` is `generator`; so are `trader`, `strategy` and `deregister`.
Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 state is not OK, 5 timed out, 6 refused for good.";

/// Which shows what the others are told.
const CONFIG: &str = "config";

/// The median of several strategies: complete and fresh, or an error by name and cause.
#[derive(Debug, Parser)]
#[command(name = "minutehand", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Up(up::Args),
    Backtest(backtest::Args),
    Sweep(sweep::Args),
    Certs(certs::Args),
    Status(status::Args),
    Watch(watch::Args),
    Explain(explain::Args),
    Halt(halt::HaltArgs),
    Resume(halt::ResumeArgs),
    Doctor(doctor::Args),
    Man(documents::ManArgs),
    Completions(documents::CompletionsArgs),
    Config(config::Args),
    Deregister(deregister::Args),
    Generator(generator::Args),
    Trader(trader::Args),
    Strategy(strategy::Args),
}

/// Runs the command that this process was started with.
pub fn main() -> ExitCode {
    let mut all = command();
    let matches = all.try_get_matches_from_mut(std::env::args_os());
    let matches = matches.unwrap_or_else(|error| flag::refuse(&error));
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| flag::refuse(&error));
    match cli.action {
        Action::Up(args) => up::main(&args),
        Action::Backtest(args) => backtest::main(&args),
        Action::Sweep(args) => sweep::main(&args),
        Action::Certs(args) => certs::main(&args),
        Action::Status(args) => status::main(&args),
        Action::Watch(args) => watch::main(&args),
        Action::Explain(args) => explain::main(&args),
        Action::Halt(args) => halt::halt_main(&args),
        Action::Resume(args) => halt::resume_main(&args),
        Action::Doctor(args) => doctor::main(&args),
        Action::Man(args) => documents::man_main(&args, command(), others()),
        Action::Completions(args) => {
            let all = std::iter::once(command()).chain(others());
            documents::completions_main(&args, all.collect())
        }
        Action::Config(args) => config::main(&args, asked(&all, &matches)),
        Action::Deregister(args) => deregister::main(args),
        Action::Generator(args) => generator::main(args),
        Action::Trader(args) => trader::main(args),
        Action::Strategy(args) => strategy::main(args),
    }
}

/// The command that `config` is asked about, and its command line.
fn asked<'a>(all: &'a Command, matches: &'a ArgMatches) -> Option<(&'a Command, &'a ArgMatches)> {
    let (name, line) = matches.subcommand_matches(CONFIG)?.subcommand()?;
    Some((all.find_subcommand(name)?, line))
}

/// The whole command line. `config` takes that of every other command.
pub fn command() -> Command {
    let command = Cli::command().mut_subcommands(flag::with_variables);
    let others = command.get_subcommands().filter(|other| other.get_name() != CONFIG);
    let others: Vec<Command> = others.cloned().map(|other| other.hide(true)).collect();
    command.mut_subcommand(CONFIG, |config| config.subcommands(others))
}

/// The commands of this program that are programs of their own, too.
pub(crate) fn others() -> Vec<Command> {
    let commands = [
        generator::Args::command(),
        trader::Args::command(),
        strategy::Args::command(),
        deregister::Args::command(),
    ];
    commands.map(flag::with_variables).into()
}

#[cfg(test)]
mod tests;
