//! What an exchange says, in words that are the same for all of them.

use chassis::grid::Timestamp;
use market::{bar::Bar, number::Number, tick::Tick};

/// Somebody bought from somebody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trade {
    /// The exchange counts the trades of an instrument: the next one has the next number.
    pub id: u64,
    /// When, by the exchange's clock.
    pub at: Timestamp,
    /// For how much.
    pub price: Number,
    /// How much of it.
    pub size: Number,
    /// Whether the buyer took what the seller had offered.
    pub taker_buys: bool,
}

impl Trade {
    /// What was traded.
    pub fn tick(&self) -> Tick {
        let Self { at, price, size, taker_buys, .. } = *self;
        Tick { at, price, size, taker_buys: Some(taker_buys) }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its number on its connection, where the exchange counts.
    pub sequence: Option<u64>,
    /// What it says.
    pub says: Says,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// Trades, the oldest first.
    Trades(Vec<Trade>),
    /// Bars, the oldest first, and whether each is complete, where the exchange says so.
    Bars(Vec<(Bar, bool)>),
    /// Whatever was traded before `until` has been said, or has a number of at most `last`.
    Passed {
        /// By the exchange's clock.
        until: Timestamp,
        /// Number of the last trade before it, where the exchange says so.
        last: Option<u64>,
    },
    /// A subscription is accepted.
    Subscribed,
    /// A subscription is refused, with the exchange's reason.
    Refused(Box<str>),
    /// It is there, and has nothing to say of what was asked for.
    Alive,
}

/// Why a message cannot be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the exchange sent `{}`, which cannot be read: {why}", shown(.text))]
pub struct Unreadable {
    /// The message.
    pub text: Box<str>,
    /// What is wrong with it.
    pub why: Box<str>,
}

impl Unreadable {
    pub(crate) fn new(text: &str, why: &impl ToString) -> Self {
        Self { text: text.into(), why: why.to_string().into() }
    }
}

/// So much of a message is shown.
const SHOWN_CHARS_MAX: usize = 120;

/// Its beginning, without what would steer a terminal.
fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
