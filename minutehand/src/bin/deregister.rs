//! `deregister` as a command of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    minutehand::tether::hold();
    deregister::main(chassis::flag::parse())
}
