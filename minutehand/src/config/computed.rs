//! Defaults that follow from other settings, as the part itself would come by them.

use std::net::SocketAddr;

use chassis::{
    exit::{Exit, Failure},
    grid::{Timing, TimingError},
};
use clap::{ArgMatches, FromArgMatches as _};

use crate::link::default_journal;

/// Flags of a command, and what they are where nobody says so. Fails where the command itself would.
pub(super) fn defaults(
    command: &str,
    matches: &ArgMatches,
) -> Result<Vec<(&'static str, String)>, Failure> {
    match command {
        "generator" => {
            let args = generator::Args::from_arg_matches(matches).map_err(usage)?;
            let name = generator::name_of(SocketAddr::new(args.host, args.port)).to_string();
            Ok([of_timing(args.timing())?, vec![("name", name)]].concat())
        }
        "trader" => {
            let args = trader::Args::from_arg_matches(matches).map_err(usage)?;
            let journal = default_journal(args.port).ok().filter(|_| !args.ephemeral);
            let journal = journal.map(|file| ("journal", file.display().to_string()));
            Ok(of_timing(args.timing())?.into_iter().chain(journal).collect())
        }
        _ => Ok(Vec::new()),
    }
}

fn of_timing(timing: Result<Timing, TimingError>) -> Result<Vec<(&'static str, String)>, Failure> {
    let Timing { grace, skew, .. } = timing.map_err(usage)?;
    let text = |duration| humantime::format_duration(duration).to_string();
    Ok(vec![("grace", text(grace)), ("skew", text(skew))])
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Exit::Usage.because(error.to_string())
}
