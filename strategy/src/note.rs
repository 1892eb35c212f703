//! What a strategy says in its log.

use std::time::Duration;

use chassis::{
    channel::Address,
    grid::{ClockOffset, Minute, Timestamp},
    name::Name,
};
use tracing::{info, warn};

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The trader has the strategy on its list.
    Registered {
        /// Fencing number.
        epoch: u64,
        /// First minute that the strategy is expected in.
        first_minute: Minute,
        /// The name was held by an instance that is gone.
        taken_over: bool,
    },
    /// There is no session; it is tried again.
    NoSession(String),
    /// A decision was received by the trader.
    Submitted(Minute, f64),
    /// There is no decision for a minute.
    Abstained(Minute, String),
    /// A submission was refused.
    Refused(Minute, String),
    /// A submission was not answered before the grace was over.
    Unanswered(Minute, String),
    /// Minutes went by while this process, or its clock, did not: so many before this one.
    Skipped(u64, Minute),
    /// A minute was reached only after its grace.
    Missed(Minute, Timestamp),
    /// The clocks differ by more than this.
    ClocksApart(ClockOffset, Duration),
    /// They did, and do not any more.
    ClocksAgree(ClockOffset),
}

impl Note {
    /// Writes it: said by strategy `name` about `trader`.
    pub fn log(&self, name: &Name, trader: &Address) {
        let text = self.text(name, trader);
        match self {
            Self::Registered { epoch, first_minute, taken_over } => {
                info!(epoch, %first_minute, taken_over, "{text}");
            }
            Self::Submitted(..) | Self::ClocksAgree(_) => info!("{text}"),
            Self::NoSession(_)
            | Self::Abstained(..)
            | Self::Refused(..)
            | Self::Unanswered(..)
            | Self::Skipped(..)
            | Self::Missed(..)
            | Self::ClocksApart(..) => warn!("{text}"),
        }
    }

    /// Its words.
    pub fn text(&self, name: &Name, trader: &Address) -> String {
        match self {
            Self::Registered { .. } => format!("registered {name}"),
            Self::NoSession(cause) => format!("trader {trader}: {cause}; retrying"),
            Self::Submitted(minute, decision) => format!("submitted {decision} for {minute}"),
            Self::Abstained(minute, cause) => format!("no decision for {minute}: {cause}"),
            Self::Refused(minute, message) => {
                format!("trader {trader} refused the submission for {minute}: {message}")
            }
            Self::Unanswered(minute, cause) => {
                format!("trader {trader} did not answer the submission for {minute}: {cause}")
            }
            Self::Skipped(count, minute) => format!(
                "{count} minutes before {minute} went by unattended: the process was stopped or the clock stepped"
            ),
            Self::Missed(minute, now) => format!("too late for {minute}: it is {now}"),
            Self::ClocksApart(offset, skew) => clocks_apart(offset, *skew),
            Self::ClocksAgree(offset) => format!("the clocks agree again: {offset}"),
        }
    }
}

/// Why a strategy abstains whose clock is not the trader's.
pub fn clocks_apart(offset: &ClockOffset, skew: Duration) -> String {
    format!(
        "the trader's clock less this machine's is {offset}, more than the skew of {:.3} s: set the clock that is wrong; there are no decisions until they agree",
        skew.as_secs_f64()
    )
}
