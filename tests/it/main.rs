//! Everything that is tested from outside a crate: the repository's own rules, real processes, a long
//! run of them, and what fuzzing begins with.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod harness;
mod e2e;
mod soak;
mod tidy;
mod fuzz;
