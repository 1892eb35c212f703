//! What others may see of a session.

use std::time::Duration;

use chassis::grid::{ClockOffset, Timing};

use super::Session;
use crate::submission::Hold;

impl Session {
    /// What the name is held by, if it is.
    pub fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }

    /// Whether the trader has a session with it.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Interval, grace and skew, as the trader stated them last; none before the first registration.
    pub fn timing(&self) -> Option<Timing> {
        self.terms.map(|(timing, _)| timing)
    }

    /// The trader's clock less this process's; none without a session.
    pub fn offset(&self) -> Option<ClockOffset> {
        self.offset
    }

    /// Largest tolerated difference between two clocks; none before the first registration.
    pub fn skew(&self) -> Option<Duration> {
        self.terms.map(|(timing, _)| timing.skew)
    }
}
