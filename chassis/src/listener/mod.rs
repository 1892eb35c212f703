//! Listening: where a server is reached, and which connections it keeps.
//!
//! tonic 0.14 keeps a socket that never speaks for ever, and spins when there are no file
//! descriptors left. So each server takes its connections from [`Guarded`], an accept stream that
//! bounds their number, their silence and the pace of errors, and talks over [`Policed`] ones.

mod bind;
mod frames;
mod complaints;
mod connections;
mod transport;
mod stream;
mod guarded;
mod policed;
#[cfg(test)]
mod tests;

pub use bind::{BindError, Protection, bind, incoming};
pub(crate) use complaints::Complaint;
pub use connections::{Busy, Connections, Peer};
pub use guarded::Guarded;
pub use policed::Policed;
pub use stream::GuardedStream;
