//! Minutehand beside its peers and the machine's limit, in one run.
//!
//! `cargo run --release -p bench -- compare` measures every row with its peer in turns and prints the
//! table; docs/PERFORMANCE.md has the tables of such runs and says what is in each row.
#![expect(clippy::print_stdout, reason = "it prints figures")]

mod figures;
mod report;
mod plot;
mod process;
mod parts;
mod load;
mod watch;
mod peers;
mod systems;
mod rows;
mod cli;

use std::process::ExitCode;

use clap::Parser as _;

/// Whatever goes wrong ends the run, with its words.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs the command line of `bench`.
pub fn main() -> ExitCode {
    ended(cli::run(cli::Args::parse()))
}

/// Runs the command line of `bus`: a role of the job over a message bus.
#[cfg(feature = "bus")]
pub fn bus() -> ExitCode {
    ended(cli::block_on(peers::roles::Member::parse().run()))
}

fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&*error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command says what went wrong")]
fn complain(error: &dyn std::error::Error) {
    eprintln!("bench: {error}");
}
