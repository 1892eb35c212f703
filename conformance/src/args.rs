//! The command line.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use chassis::{
    exit::{self, Exit, Failure},
    flag,
    grid::{Interval, Timing},
};
use clap::Parser;

use crate::{checks, client::Template, suite};

/// Most checks at a time: more clients than that start too slowly for their minutes.
const JOBS_MAX: usize = 64;

const EXAMPLES: &str = "\
Examples:
  conformance strategy
  conformance -- python clients/python/examples/mean.py
  conformance --only s6 -- node client.js --id {name} --to {trader-port} --from {signal-ports} --each {interval}

A command without placeholders takes the flags of `strategy`: --name, --trader-port, --signal-ports, --interval.
--stay is appended where a check needs it.

Exit codes: 0 all passed, 1 some did not, 2 usage.";

/// Holds a strategy, in any language, to the rules S1 to S6: a scripted trader and scripted generators play, the
/// client runs as a process, and what it says and does is compared with what the rules say.
#[derive(Clone, Debug, Parser)]
#[command(name = "conformance", version, after_help = EXAMPLES)]
pub struct Args {
    /// Length of a minute; the grace is three quarters of it.
    #[arg(long, default_value = "2s")]
    pub interval: Interval,

    /// Clients at a time.
    #[arg(long, value_name = "N", default_value = "8", value_parser = flag::number::<1, JOBS_MAX>)]
    pub jobs: usize,

    /// Only checks whose name has this in it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub only: String,

    /// The client, and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// The settings of the minutes: a grace that leaves room for slow machines.
pub fn timing(interval: Interval) -> Timing {
    let length = interval.duration();
    Timing::new(interval, Some(length * 3 / 4), Some(length / 10))
        .expect("three quarters and a tenth are less than the whole")
}

/// Runs the command to its end.
pub fn main(args: Args) -> ExitCode {
    exit::printed(exit::block_on(run(args)))
}

async fn run(args: Args) -> Result<(), Failure> {
    let Args { interval, jobs, only, command } = args;
    let mut checks = checks::all();
    checks.retain(|check| check.name.contains(&only));
    if checks.is_empty() {
        return Err(Exit::Usage.because(format!("no check has `{only}` in its name")));
    }
    let template = Template::new(&command);
    let unwritten = |error: io::Error| Exit::Failed.because(format!("cannot write: {error}"));
    let failed = suite::run(&checks, &template, timing(interval), jobs, io::stdout())
        .await
        .map_err(unwritten)?;
    let (all, wrong) = (checks.len(), failed.len());
    writeln!(io::stdout(), "{} of {all} checks passed", all - wrong).map_err(unwritten)?;
    if wrong == 0 { Ok(()) } else { Err(Exit::Failed.because("")) }
}
