//! `minutehand doctor`: reads a whole journal and says what is wrong with it.

use std::{path::PathBuf, process::ExitCode};

use chassis::exit::{self, Exit, Failure};

use crate::{
    journal::{self, Journal},
    output,
    report::printable,
};

/// Read a whole journal, check every record, and change nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 all well, 1 something is wrong, or the file cannot be read.

Example:
  minutehand doctor --journal ~/.local/state/minutehand/trader-1010.sqlite")]
pub struct Args {
    /// The journal.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(doctor(args))
}

fn doctor(args: &Args) -> Result<(), Failure> {
    let file = args.journal.display();
    let findings = journal::doctor(&args.journal)?;
    if findings.is_empty() {
        let kept_from = Journal::open(&args.journal)?.kept_from();
        let kept_from = kept_from.map(|minute| format!(", kept from {minute} on"));
        return output::print(&format!("{file}: all well{}\n", kept_from.unwrap_or_default()));
    }
    for finding in &findings {
        output::print(&format!("{}\n", printable(finding)))?;
    }
    Err(Exit::Failed.because(format!(
        "{file}: {} found; keep the file as it is, and start the trader from a copy of the last good one",
        if findings.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", findings.len()) }
    )))
}
