//! `strategy` as a command of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    minutehand::tether::hold();
    strategy::main(chassis::flag::parse())
}
