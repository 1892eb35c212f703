//! Minutehand beside its peers and the machine's limit, in one run.
//!
//! `cargo run --release -p bench -- compare` measures every row with its peer in turns and prints the
//! table; docs/PERFORMANCE.md has the tables of such runs and says what is in each row.
#![expect(clippy::print_stdout, reason = "it prints figures")]

mod figures;
mod report;
mod process;
mod parts;
mod load;
mod watch;
mod peers;
mod rows;
mod cli;

use std::process::ExitCode;

use clap::Parser as _;

/// Whatever goes wrong ends the run, with its words.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match cli::run(cli::Args::parse()) {
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
