//! What the market tells the connections, and what these say to their clients.

use std::{sync::Arc, time::Duration};

use chassis::grid::Timestamp;

use crate::{bar::Bar, market::Trade, mischief::Mischief};

/// What happens at the exchange, in the order in which it happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A trade that is to be told.
    Trade(Trade),
    /// A quarter of a second is over.
    Quarter(Timestamp),
    /// A second is over.
    Second(Arc<Second>),
    /// Connections are to misbehave.
    Mischief(Mischief),
}

/// What there is to say once a second.
#[derive(Clone, Debug)]
pub(crate) struct Second {
    pub(crate) at: Timestamp,
    /// How many seconds there have been before.
    pub(crate) count: u64,
    /// For how long the exchange has been there.
    pub(crate) mono: Duration,
    /// The bars that ended with this second.
    pub(crate) closed: Vec<Bar>,
    /// The bars that go on.
    pub(crate) open: Vec<Bar>,
}

/// What a connection knows when it begins; events tell it the rest.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) at: Timestamp,
    /// The last trades that were told, oldest first.
    pub(crate) recent: Vec<Trade>,
    /// The bars that go on.
    pub(crate) bars: Vec<Bar>,
    pub(crate) muted: bool,
}

/// What is said to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// A message without trades.
    Text(String),
    /// A message with trades.
    Trades(String),
    /// A WebSocket ping.
    Ping,
    /// The end of the connection, with a code and a reason.
    Close(u16, &'static str),
}
