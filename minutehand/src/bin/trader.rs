//! `trader` as a command of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    minutehand::tether::hold();
    trader::main(chassis::flag::parse())
}
