//! `minutehand`: the operator's command and the launcher.

use std::process::ExitCode;

/// As in `trader`, which this is, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    minutehand::tether::hold();
    minutehand::cli::main()
}
