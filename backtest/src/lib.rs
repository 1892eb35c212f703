//! A system over history: what was tested is what runs.
//!
//! The expressions of the generators, the decisions of the strategies and the trader's core are those of the
//! live system; only the clock is another, and there are no sockets. [`study::Study`] says what is
//! run, [`run::run`] runs it, [`course::Course`] is what came of it.

pub mod study;
pub mod course;
mod source;
mod core;
pub mod run;
pub mod equity;
pub mod statistics;
pub mod contribution;
pub mod forward;

#[cfg(test)]
mod tests;
