//! Everything that is tested from outside a crate: the repository's own rules, real processes, and a long run of
//! them.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod harness;
mod e2e;
mod soak;
mod tidy;
