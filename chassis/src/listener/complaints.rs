//! What clients do that they should not: one line in the log, however often they do it.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use tracing::warn;

use crate::seldom::Seldom;

/// HTTP/2's code for a client that asks for too much.
pub(super) const ENHANCE_YOUR_CALM: u32 = 0xb;

/// Something beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// A connection too many.
    Connections,
    /// No preface in time.
    Preface,
    /// Requests or frames that wear a server down.
    Excess,
    /// Anything that HTTP/2 does not allow.
    Protocol,
    /// A request too many.
    Requests,
    /// No answer in time, or a request that never ended.
    Slow,
}

impl Complaint {
    /// What a GOAWAY says about a client, if anything.
    pub(super) fn of_code(code: u32) -> Option<Self> {
        match code {
            0 => None,
            ENHANCE_YOUR_CALM => Some(Self::Excess),
            _ => Some(Self::Protocol),
        }
    }

    /// About gRPC, where each limit is a flag.
    fn text(self) -> &'static str {
        match self {
            Self::Connections => {
                "refused a connection: there are as many as --connections-max or \
                 --connections-per-peer-max allows, and all are busy"
            }
            Self::Preface => {
                "closed a connection: its client did not say within --preface-timeout that it \
                 speaks HTTP/2"
            }
            Self::Excess => "closed a connection: its client flooded it (ENHANCE_YOUR_CALM)",
            Self::Protocol => "closed a connection: its client does not keep to HTTP/2",
            Self::Requests => {
                "refused a request: there are as many as --requests-max allows, and its \
                 connection has more than its share"
            }
            Self::Slow => "gave up a request: it had no answer within --request-timeout",
        }
    }
}

/// About pages, whose limits are no flags.
fn of_pages(complaint: Complaint) -> &'static str {
    match complaint {
        Complaint::Connections => {
            "--http: refused a connection: there are as many as there may be, and all are busy"
        }
        Complaint::Preface => "--http: closed a connection: its client did not ask for anything",
        Complaint::Excess | Complaint::Protocol | Complaint::Requests | Complaint::Slow => {
            "--http: closed a connection: its client went beyond a limit"
        }
    }
}

/// What was complained of, and when it was last said.
#[derive(Debug)]
pub(crate) struct Complaints {
    said: [Mutex<Seldom>; 6],
    text: fn(Complaint) -> &'static str,
}

impl Default for Complaints {
    fn default() -> Self {
        Self { said: Default::default(), text: Complaint::text }
    }
}

impl Complaints {
    /// Of a server of pages.
    pub(super) fn of_pages() -> Self {
        Self { text: of_pages, ..Self::default() }
    }

    /// Says so, unless the same was said a moment ago.
    pub(crate) fn make(&self, complaint: Complaint, peer: SocketAddr) {
        let mut seldom =
            self.said[complaint as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = seldom.happened() {
            warn!(times, %peer, "{}", (self.text)(complaint));
        }
    }
}
