//! Holds strategies in any language to the contract's rules S1 to S6.
//!
//! A scripted trader and scripted generators play the other side, the client under test runs as a process;
//! a check is a short story with an end that a rule demands. The scripted servers also play in the tests of
//! `strategy`.

pub mod script;
pub mod trader;
pub mod generator;
pub mod wrong;
mod served;
pub mod client;
mod stage;
pub mod checks;
pub mod suite;
mod args;

pub use args::{Args, main, timing};
