//! The formats of both venues, the floor, and the exchange over real sockets.

mod samples;
mod world;
mod binance;
mod coinbase;
mod floor;
mod conversations;
mod mischief;
