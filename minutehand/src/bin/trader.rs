//! `trader` as a command of its own.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    minutehand::tether::hold();
    trader::main(trader::Args::parse())
}
