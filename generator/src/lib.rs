//! The generator: computes one signal a minute, and serves it.
//!
//! One task computes, one serves; they share only the outcomes of the last two minutes.

pub mod signal;
mod signals;
mod replay;
#[cfg(feature = "live")]
mod live;
pub mod source;
mod args;
mod outcomes;
mod figures;
mod driver;
mod spans;
mod wire;
mod service;
mod site;
mod server;

pub use args::Args;
pub use figures::FAMILIES;
pub use server::{Config, main, name_of, serve};

#[cfg(test)]
mod tests;
