//! The exchange as a command: see [`exchange::Args`].

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    exchange::main(exchange::Args::parse())
}
