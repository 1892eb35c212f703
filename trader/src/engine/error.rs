//! What the core refuses, and why.

use std::time::Duration;

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::verdict::CauseCode;

/// A request that was refused; nothing has changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The name's session is alive and another instance's.
    #[error(
        "double registration: rejected; strategy `{name}` is running elsewhere: stop that one, or choose another name"
    )]
    Taken {
        /// The name.
        name: Name,
    },
    /// Another instance holds the name by now.
    #[error(
        "fenced: this instance does not hold strategy `{name}` under epoch {held}, another one does under epoch {current}; this one must stop"
    )]
    Fenced {
        /// The name.
        name: Name,
        /// What the caller holds.
        held: u64,
        /// What is in force.
        current: u64,
    },
    /// The name is off the list.
    #[error(
        "deregistered: strategy `{name}` with epoch {held} is off the list; start it anew to register again"
    )]
    Deregistered {
        /// The name.
        name: Name,
        /// What the caller holds.
        held: u64,
    },
    /// No more strategies.
    #[error(
        "full: {max} strategies are registered, which is the limit; deregister one, or raise --strategies-max"
    )]
    Full {
        /// The limit.
        max: usize,
    },
    /// The journal cannot be written.
    #[error("journal: {0}")]
    Journal(String),
    /// Nobody of that name.
    #[error("unknown: no strategy `{name}` is registered; `minutehand status` lists the names")]
    Unknown {
        /// The name.
        name: Name,
    },
    /// The epoch is of another journal.
    #[error(
        "not registered: epoch {held} of strategy `{name}` is not of this journal; register, then repeat"
    )]
    NotRegistered {
        /// The name.
        name: Name,
        /// What the caller holds.
        held: u64,
    },
    /// The minute has its verdict.
    #[error(
        "late: minute {minute} is closed; the trader's clock shows {now}, minute {open} is next"
    )]
    Late {
        /// Of the submission.
        minute: Minute,
        /// Next to be judged.
        open: Minute,
        /// The trader's clock.
        now: Timestamp,
    },
    /// The minute has not opened.
    #[error("future: minute {minute} opens in {:.3} s by the trader's clock, which shows {now}; compare the clocks", opens_in.as_secs_f64())]
    Future {
        /// Of the submission.
        minute: Minute,
        /// Until it is open.
        opens_in: Duration,
        /// The trader's clock.
        now: Timestamp,
    },
    /// A stamp that does not fit the minute.
    #[error("{code}: {what} is stamped {stamp}, {:.3} s {} {limit}, {}", difference.as_secs_f64(),
        if *code == CauseCode::Stale { "before" } else { "after" },
        if *code == CauseCode::Stale { "when the minute began" } else { "the trader's clock and the skew together" })]
    Stamp {
        /// `Stale` or `Future`.
        code: CauseCode,
        /// The submission, or one of its signals.
        what: String,
        /// Its stamp.
        stamp: Timestamp,
        /// What the stamp was compared with.
        limit: Timestamp,
        /// How far apart they are.
        difference: Duration,
    },
    /// A signal of another minute.
    #[error(
        "{code}: the signal of generator `{generator}` is of minute {signal}, the submission for {minute}"
    )]
    SignalMinute {
        /// `Stale` or `Future`.
        code: CauseCode,
        /// Whose signal.
        generator: Name,
        /// Its minute.
        signal: Minute,
        /// The submission's.
        minute: Minute,
    },
    /// Registered too late for it.
    #[error("not expected: strategy `{name}` is expected from minute {first} on, not in {minute}")]
    NotExpected {
        /// The name.
        name: Name,
        /// Of the submission.
        minute: Minute,
        /// Its first.
        first: Minute,
    },
    /// Something else was said before.
    #[error(
        "conflict: strategy `{name}` has submitted something else for minute {minute}; the first submission is final"
    )]
    Conflict {
        /// The name.
        name: Name,
        /// Of the submission.
        minute: Minute,
    },
    /// There is no halt to end.
    #[error("not halted: there is nothing to resume; `minutehand status` shows the state")]
    NotHalted,
}

impl Refusal {
    /// A name is off the list in memory only.
    pub(super) fn unwritten_deregistration(name: &Name, error: &str) -> Self {
        Self::Journal(format!(
            "strategy `{name}` is off the list until a restart, but that could not be written: \
             {error}; it is tried each second, mend the journal's disk"
        ))
    }

    /// The cause to give for the minute when nothing better comes: for stamps out of bounds.
    pub(super) fn cause(&self) -> Option<CauseCode> {
        match self {
            Self::Stamp { code, .. } | Self::SignalMinute { code, .. } => Some(*code),
            Self::Future { .. } => Some(CauseCode::Future),
            Self::Late { .. } => Some(CauseCode::Stale),
            Self::Taken { .. }
            | Self::Fenced { .. }
            | Self::Deregistered { .. }
            | Self::Full { .. }
            | Self::Journal(_)
            | Self::Unknown { .. }
            | Self::NotRegistered { .. }
            | Self::NotExpected { .. }
            | Self::Conflict { .. }
            | Self::NotHalted => None,
        }
    }
}
