//! What every check may look at: the run so far.

use std::{collections::BTreeMap, time::Duration};

use chassis::grid::{Minute, Timestamp, Timing};

use super::{
    calm::Calm,
    ledger::{Known, Ledger},
    members::{self, Due},
    processes::Processes,
    rows::Verdict,
    times::Times,
};
use crate::record::{Call, Description, Record, What};

/// The trader's host.
pub(super) const TRADER: &str = "trader";

/// The run so far.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) description: Description,
    /// True time at the end of the step.
    pub(super) now: Duration,
    pub(super) ledger: Ledger,
    pub(super) times: Times,
    pub(super) processes: Processes,
    pub(super) calm: Calm,
    /// Calls by hand, and when they were asked.
    calls: BTreeMap<u64, (Duration, Call)>,
}

impl Scene {
    pub(super) fn new(description: Description) -> Self {
        Self {
            now: Duration::ZERO,
            ledger: Ledger::new(description.timing.interval),
            times: Times::new(TRADER, description.tick),
            processes: Processes::default(),
            calm: Calm::default(),
            calls: BTreeMap::new(),
            description,
        }
    }

    pub(super) fn see(&mut self, record: &Record) {
        self.times.see(record);
        self.processes.see(record);
        self.calm.see(record);
        if let What::Asked { id, call } = &record.what {
            self.calls.insert(*id, (record.at, call.clone()));
        }
    }

    pub(super) fn timing(&self) -> &Timing {
        &self.description.timing
    }

    /// So much is within what one step can hide.
    pub(super) fn tick(&self) -> Duration {
        self.description.tick
    }

    /// When a call by hand was asked, and which.
    pub(super) fn call(&self, id: u64) -> Option<&(Duration, Call)> {
        self.calls.get(&id)
    }

    /// All calls by hand so far.
    pub(super) fn calls(&self) -> impl Iterator<Item = &(Duration, Call)> {
        self.calls.values()
    }

    /// The minute that starts at `start`.
    pub(super) fn minute(&self, start: Timestamp) -> Minute {
        Minute::containing(start, self.timing().interval)
    }

    /// When a verdict was closed, in true time.
    pub(super) fn closed(&self, verdict: &Known<Verdict>) -> Duration {
        self.times.truly(verdict.row.closed_at, verdict.seen).unwrap_or(verdict.seen)
    }

    /// Whether the trader's clock was stepped shortly before the verdict was seen.
    pub(super) fn stepped_before(&self, verdict: &Known<Verdict>) -> bool {
        let closed = self.closed(verdict);
        let from = closed.saturating_sub(Duration::from_secs(2));
        self.times.trader_stepped().is_some_and(|stepped| stepped >= from)
    }

    /// Who was due in the minute of a verdict.
    pub(super) fn due(&self, verdict: &Known<Verdict>) -> Due {
        members::due(&self.ledger, verdict, self.stepped_before(verdict))
    }
}
