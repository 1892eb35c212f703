//! `minutehand config`: the settings that are in effect, and who says so.

mod redacted;
mod computed;
mod setting;
mod planned;

use std::{path::PathBuf, process::ExitCode};

use chassis::exit::{self, Exit, Failure};
use clap::{ArgMatches, Command};
use serde::Serialize;

use crate::{
    output,
    report::{printable, table},
    up::Variables,
};
use setting::{Setting, of_matches};

/// Print the settings that are in effect, and who says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A flag is stronger than the environment, that than a plan, that than the default. For the parts of a
plan, variables say what is the same for all parts of a kind: the limits of servers, --grace and
--skew, --keep, --strategies-max and --accept-clock of traders, and --patience of strategies. What
makes a part itself, and what all have in common, the plan alone says.
Nothing is started. Users, passwords and queries of addresses are not shown.

Exit codes: 0 printed, 2 the command line, a variable or the plan is wrong.

Examples:
  minutehand config PLAN.toml                # of each part, as `up` would run it
  minutehand config trader -p 1010           # of that command line, in this environment
  minutehand config --json PLAN.toml | jq 'select(.origin != \"default\")'")]
pub struct Args {
    /// The plan.
    #[arg(value_name = "PLAN.toml")]
    plan: Option<PathBuf>,
    /// One JSON object a setting.
    #[arg(long)]
    json: bool,
}

/// A line of `--json`.
#[derive(Serialize)]
struct OfPart<'a> {
    part: &'a str,
    #[serde(flatten)]
    setting: &'a Setting,
}

/// Runs the command. `asked` is the command line that it is about, with all that it may have, if it is
/// about one.
pub fn main(args: &Args, asked: Option<(&Command, &ArgMatches)>) -> ExitCode {
    exit::printed(config(args, asked))
}

fn config(args: &Args, asked: Option<(&Command, &ArgMatches)>) -> Result<(), Failure> {
    let parts = match (&args.plan, asked) {
        (Some(_), Some(_)) => {
            return Err(
                Exit::Usage.because("of a plan, or of a command with its flags? name one of them")
            );
        }
        (Some(file), None) => {
            let variables = Variables::of_process();
            let parts = planned::settings(file, &variables)?;
            variables.ignored().iter().for_each(|ignored| output::note(ignored));
            parts
        }
        (None, Some((command, matches))) => {
            vec![(command.get_name().to_owned(), of_matches(command, matches)?)]
        }
        (None, None) => {
            return Err(Exit::Usage.because(
                "of what? name a plan, or a command with its flags: `minutehand config trader -p 1010`",
            ));
        }
    };
    for (place, (part, settings)) in parts.iter().enumerate() {
        if args.json {
            for setting in settings {
                output::print_json(&OfPart { part, setting })?;
            }
            continue;
        }
        let begin = if place == 0 { "" } else { "\n" };
        output::print(&format!("{begin}{part}\n{}", shown(settings)))?;
    }
    Ok(())
}

fn shown(settings: &[Setting]) -> String {
    let row = |setting: &Setting| {
        let value = setting.value.as_deref().unwrap_or("-");
        [format!("--{}", setting.flag), printable(value), setting.origin.to_string()]
    };
    table(["FLAG", "VALUE", "FROM"], &settings.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
