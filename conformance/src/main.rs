//! The suite as a command: see [`conformance::Args`].

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    conformance::main(conformance::Args::parse())
}
