//! `minutehand`: the operator's command and the launcher.

use std::process::ExitCode;

fn main() -> ExitCode {
    minutehand::tether::hold();
    minutehand::cli::main()
}
