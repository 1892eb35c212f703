//! Live market data: what an exchange says becomes bars, and bars become signals.
//!
//! Everything that happens is an [`event::Event`]: a connection is made or lost, the exchange says
//! something, a signal is asked for. What comes of them is pure ([`feed::Feed`], [`signals::Signals`]), so
//! that a recording of the events ([`recorder::Recorder`]) gives the same signals again, bit by bit. Only
//! what makes connections, with the feature `live`, knows of sockets and clocks.

pub mod source;
pub mod message;
pub mod event;
pub mod settled;
mod binance;
mod coinbase;
mod trades;
mod klines;
pub mod feed;
pub mod signals;
pub mod recording;
pub mod recorder;
pub mod replay;
#[cfg(feature = "live")]
pub mod endpoint;
#[cfg(feature = "live")]
mod link;
#[cfg(feature = "live")]
pub mod asking;
#[cfg(feature = "live")]
mod opening;
#[cfg(feature = "live")]
pub mod live;

#[cfg(test)]
mod tests;
