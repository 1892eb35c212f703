//! A local exchange, which speaks over WebSocket as Binance's spot market and Coinbase's Advanced
//! Trade do, and misbehaves on demand.
//!
//! The other side of the live feed, for its tests and for trying it without the internet; it shares
//! no code with the feed, and nothing that ships depends on it.

mod stamp;
mod market;
mod bar;
mod mischief;
mod message;
mod distortion;
mod binance;
mod coinbase;
mod venue;
mod floor;
mod connection;
mod server;
mod local;
mod args;
mod command;

pub use args::Args;
pub use command::main;
pub use floor::{Config, RATE_MAX};
pub use local::Local;
pub use market::{Market, Trade};
pub use mischief::{Mischief, MischiefError};
pub use server::{ORDERS_MAX, Order, serve};
pub use venue::Venue;

#[cfg(test)]
mod tests;
