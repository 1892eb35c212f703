//! What the core wants done or told: values, drained by the driver.

use std::{sync::Arc, time::Duration};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::{
    error::Refusal,
    ledger::{By, StateChange, Ticket},
    registry::{Registration, SessionId},
    verdict::{State, Verdict},
};

/// Something to be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A registration is on disk, or was in force already: open the session.
    Registered {
        /// Who waits for it; nobody any more if none.
        ticket: Ticket,
        /// What is in force.
        registration: Registration,
        /// Whether another instance held the name before.
        taken_over: bool,
    },
    /// A name is off the list, durably.
    Deregistered {
        /// Who waits for it.
        ticket: Option<Ticket>,
        /// The name.
        name: Name,
        /// By whom.
        by: By,
    },
    /// The halt is in force.
    Halted {
        /// Who waits for it.
        ticket: Ticket,
        /// Whether a restart keeps it.
        durable: bool,
    },
    /// The halt is over, durably.
    Resumed {
        /// Who waits for it; nobody any more if none.
        ticket: Option<Ticket>,
        /// Why.
        reason: String,
        /// Who.
        operator: String,
    },
    /// What was asked cannot be made durable.
    Refused {
        /// Who waits for it.
        ticket: Ticket,
        /// Why.
        refusal: Refusal,
    },
    /// Tell the session, and end it.
    SessionOver {
        /// Which.
        session: SessionId,
        /// Why.
        notice: Notice,
    },
    /// A connection broke.
    SessionLost {
        /// Whose.
        name: Name,
    },
    /// A submission counts.
    Accepted {
        /// Whose.
        name: Name,
        /// For which minute.
        minute: Minute,
        /// The decision; none for an abstention.
        decision: Option<f64>,
    },
    /// The minute cannot be judged yet.
    Retrying {
        /// Which.
        minute: Minute,
        /// Some of those who are missing.
        missing: Vec<Name>,
        /// How many are missing in all.
        missing_count: usize,
    },
    /// A minute's verdict is on disk.
    Published(Arc<Verdict>),
    /// The state is another.
    Changed(StateChange),
    /// The state is bad, still.
    Reminder {
        /// Which, and why.
        state: State,
        /// Since when, by the trader's clock.
        since: Timestamp,
        /// In short.
        summary: String,
    },
    /// The wall clock moved by itself.
    ClockStepped {
        /// How far.
        by: Duration,
        /// Forward or back.
        forward: bool,
    },
    /// The journal could not be written.
    WriteFailed {
        /// The journal's words.
        error: String,
    },
    /// The journal can be written again.
    WriteRecovered,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The same instance has a newer session.
    Replaced,
    /// The name is off the list.
    Deregistered,
}
