//! The trader: keeps the list of strategies that should speak each minute, and takes the median of
//! what they decide, or says by name and cause why there is none.
//!
//! ```text
//! gRPC ─► service ─► wire ─► handle ─► driver (owns the engine) ─► store ─► journal
//!   ▲                                    │
//!   └──────── answers, sessions, watches ┘
//! ```

pub mod args;
pub mod engine;
pub mod figures;
pub mod journal;
pub mod handle;
pub mod store;
pub mod wire;
mod spans;
pub mod driver;
pub mod service;
mod page;
pub mod site;
mod opening;
pub mod server;
#[cfg(test)]
mod tests;

pub use args::Args;
pub use server::main;
