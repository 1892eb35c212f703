//! What goes into a session and what comes out of it.

use std::time::Duration;

use chassis::{
    channel::Address,
    exit::Exit,
    grid::{ClockOffset, Interval, Minute, Timestamp},
    name::Name,
};

use crate::{
    note::Note,
    refusal::Refusal,
    submission::{Hold, Submission},
};

/// What stays the same while the process lives.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Name of the strategy.
    pub name: Name,
    /// Where its trader is, for messages.
    pub trader: Address,
    /// Length of a minute.
    pub interval: Interval,
    /// How long it tries before it abstains; 0.8 × the trader's grace if not given.
    pub patience: Option<Duration>,
}

impl Identity {
    /// How an operator takes the strategy off its trader's list.
    pub fn way_out(&self) -> String {
        let Self { name, trader, .. } = self;
        if *trader == Address::local(1010) {
            format!("deregister -n {name}")
        } else {
            format!("deregister -n {name} --trader {trader}")
        }
    }
}

/// The first message of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// What the name is held by.
    pub hold: Hold,
    /// The name was held by an instance that is gone.
    pub taken_over: bool,
    /// First minute that the strategy is expected in, by its start.
    pub first_minute: Timestamp,
    /// The trader's clock, as it said.
    pub trader_time: Timestamp,
    /// The trader's clock less this process's.
    pub offset: ClockOffset,
    /// The trader's length of a minute.
    pub interval: Duration,
    /// How long the trader waits.
    pub grace: Duration,
    /// Largest tolerated difference between two clocks.
    pub skew: Duration,
}

/// A later message of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Another instance has the name.
    Fenced,
    /// The name was taken off the list.
    Deregistered,
    /// The trader is stopping.
    Stopping,
}

/// How a submission ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Received, with the trader's clock less this process's.
    Received(Option<ClockOffset>),
    /// Not received.
    Refused(Refusal),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open a session, in place of any there is; the hold is empty at first contact.
    Register(Option<Hold>),
    /// Ask every generator for the minute's signal until the instant.
    Ask(Minute, Timestamp),
    /// Hand in, until the instant.
    Submit(Box<Submission>, Hold, Option<ClockOffset>, Timestamp),
    /// Say it.
    Note(Note),
    /// End the process.
    End(Exit, String),
}
