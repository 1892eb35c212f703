//! Strategies: ask every generator for the minute's signal, decide, and tell the trader.
//!
//! [`run::run`] is what ships and what is simulated. A strategy of one's own is a type that is
//! [`Decide`], and a `main` that hands it to [`main_of`]; the programs in `examples/` are such
//! strategies.

pub mod signal;
pub mod decide;
pub mod submission;
pub mod refusal;
pub mod schedule;
pub mod note;
pub mod figures;
pub mod session;
mod spans;
mod client;
mod driver;
pub mod run;
mod site;
pub mod args;

pub use args::{Args, main, main_of};
pub use chassis::grid::Minute;
pub use decide::Decide;
pub use signal::Signal;

#[cfg(test)]
mod tests;
