//! `minutehand doctor`: is everything there that a system needs, and what is to be done where it is not.

mod finding;
mod clock;
mod disk;
mod journal;
mod certificates;
mod offsets;
mod strategies;
mod ports;
mod pages;
mod planned;

use std::{path::PathBuf, process::ExitCode};

use chassis::{
    clock::Clock,
    exit::{self, Exit, Failure},
    grid::{Interval, Timing},
};

use crate::{link::CallArgs, output, traders::PlanArgs};
use finding::{Finding, Level};
use ports::{Asking, Server};

/// Look at clock, disks, journals, ports and certificates, and say what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A line a finding: `ok`, `warn` (it works, but not for ever, or nobody can tell) or `bad`, what was
found, and what to do. A plan is examined part by part, on this machine, whether it runs or not;
without one the trader that the flags name is. `--journal` alone reads that journal and nothing
else. Nothing is changed.

Exit codes: 0 nothing is bad, 1 something is, 2 the command line or the plan is wrong.

Examples:
  minutehand doctor PLAN.toml          # before the start, and at any time after it
  minutehand doctor                    # this machine, and the trader on port 1010
  minutehand doctor --trader trader.example:1010 --json
  minutehand doctor --journal ~/.local/state/minutehand/trader-1010.sqlite")]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    call: CallArgs,
    /// A journal to be read as a whole; alone, nothing else is examined.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// One JSON object a finding.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    if let (Some(journal), true) = (&args.journal, args.is_of_a_journal()) {
        return exit::printed(journal::alone(journal));
    }
    exit::printed(exit::block_on(doctor(args)))
}

impl Args {
    fn is_of_a_journal(&self) -> bool {
        !self.json && self.plan.file().is_none() && self.call.flags().is_default()
    }
}

async fn doctor(args: &Args) -> Result<(), Failure> {
    let mut findings = match plan(args)? {
        Some(planned) => planned.examine(&args.call).await?,
        None => alone(args).await?,
    };
    if let Some(journal) = &args.journal {
        findings.push(journal::named(journal));
    }
    for finding in &findings {
        if args.json {
            output::print_json(finding)?;
        } else {
            output::print(&(finding.line() + "\n"))?;
        }
    }
    let bad = findings.iter().filter(|finding| finding.level() == Level::Bad).count();
    if bad == 0 {
        return Ok(());
    }
    let message =
        if args.json { String::new() } else { format!("{bad} of {} bad", findings.len()) };
    Err(Exit::Failed.because(message))
}

fn plan(args: &Args) -> Result<Option<planned::Planned>, Failure> {
    args.plan.file().map(|file| planned::Planned::read(file, args.call.flags())).transpose()
}

/// This machine, and one trader.
async fn alone(args: &Args) -> Result<Vec<Finding>, Failure> {
    let (flags, clock) = (args.call.flags(), Clock::system());
    let usual = Timing::new(Interval::default(), None, None)
        .map_err(|error| Exit::Failed.because(error.to_string()))?;
    let mut findings = vec![clock::examine(usual.skew).await];
    let files = flags.tls().files();
    if let Some(files) = &files {
        findings.push(certificates::examine(files, None, clock, "renew it"));
    }
    // Where it cannot be, a trader says so at its start.
    if let Some(journal) = flags.default_journal().filter(|journal| journal.exists()) {
        let directory = journal.parent().unwrap_or(&journal);
        findings.push(disk::examine(directory, "trader", usual.grace));
        findings.push(journal::examine(&journal, "trader"));
    }
    let server = Server {
        label: "trader".to_owned(),
        address: flags.address(),
        planned: None,
        strategies: Vec::new(),
    };
    // Files that cannot be used were found to be so above.
    let dialer = flags.dialer().ok();
    let asking =
        Asking { timeout: args.call.timeout(), dialer, secured: files.is_some(), timing: None };
    findings.extend(ports::trader(&server, &asking).await);
    Ok(findings)
}
