//! `bench`: see the library.

use std::process::ExitCode;

/// The trader's, so that the bare server and the load cost what they would cost it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bench::main()
}
