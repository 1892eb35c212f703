//! Everything that is tested from outside a crate: the repository's own rules, and real processes.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod harness;
mod e2e;
mod tidy;
