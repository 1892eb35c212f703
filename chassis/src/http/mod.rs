//! HTTP/1.1 beside gRPC: figures and health of a part, and pages to look at (`--http`).
//!
//! A part has a [`Site`] of [`Route`]s, each of which says who may ask for it ([`Whom`]). [`Bound`] has
//! a port, [`Bound::open`] serves the site from a thread of its own: whatever is asked, and however
//! slowly it is read, costs the loop that owns the minutes nothing but the answers it gives itself; and
//! when that loop stands still there is somebody left to say so.

mod address;
mod answer;
mod visitor;
mod site;
mod probes;
mod stalling;
mod server;
mod bound;
#[cfg(test)]
mod tests;

pub use address::{HttpAddress, HttpAddressError};
pub use answer::{Answer, Body, refused, text, with_type};
pub use bound::{Bound, Open, beside};
pub use probes::{Look, Readiness, Snapshot, probes};
pub use server::serve;
pub use site::{Request, Route, Site, read};
pub use visitor::{Visitor, Whom};

/// Connections at a time: a scraper or two, and a few people with a page open. What is beyond makes the
/// oldest idle one go.
pub const CONNECTIONS_MAX: usize = 64;

/// Connections from one address of another machine.
pub const CONNECTIONS_PER_PEER_MAX: usize = 16;

/// Answers without an end that are open at a time, so that half of the connections are left for those
/// who want one figure.
pub const STREAMS_MAX: usize = 32;

/// Longest list of headers with its first line, in bytes: browsers send 1 KiB.
pub const HEADERS_BYTES_MAX: usize = 8 * 1024;

/// Headers that one request has at most.
pub const HEADERS_MAX: usize = 64;
