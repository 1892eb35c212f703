//! What every byte from outside goes through, as functions of bytes that panic when something is
//! wrong: one a file, each called by the fuzz target of its name and, over its seeds, by `cargo test`.

mod history;
mod decision;
mod watch;

pub mod text;
pub mod plan;
pub mod bars;
pub mod answers;
pub mod core;
pub mod requests;
pub mod journal;
