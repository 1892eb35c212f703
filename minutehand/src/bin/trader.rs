//! `trader` as a command of its own.

use std::process::ExitCode;

/// A submission costs a third less than with the system's (docs/PERFORMANCE.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    minutehand::tether::hold();
    trader::main(chassis::flag::parse())
}
