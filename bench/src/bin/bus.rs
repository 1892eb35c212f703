//! A role of the job over a message bus, in a binary that has nothing else in it, since its memory is
//! compared.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::bus()
}
