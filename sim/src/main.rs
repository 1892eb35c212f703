//! `cargo sim`: see [`sim::cli`].

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    sim::cli::main(&sim::cli::Args::parse())
}
