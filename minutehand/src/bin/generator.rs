//! `generator` as a command of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    minutehand::tether::hold();
    generator::main(chassis::flag::parse())
}
