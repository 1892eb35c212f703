//! Strategies: ask every generator for the minute's signal, decide, and tell the trader.
//!
//! [`run::run`] is what ships and what is simulated; a strategy of one's own is a [`decide::Decide`]
//! put into its [`run::Config`].

pub mod signal;
pub mod decide;
pub mod submission;
pub mod refusal;
pub mod schedule;
pub mod note;
pub mod session;
mod client;
mod driver;
pub mod run;
pub mod args;

pub use args::{Args, main};

#[cfg(test)]
mod tests;
