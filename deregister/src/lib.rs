//! `deregister`: the operator's way to let the trader go on without a strategy (rule R5).

pub mod call;
pub mod args;

pub use args::{Args, main};

#[cfg(test)]
mod tests;
