//! When nothing is wrong: what must then work is the other half of the contract.

use std::{collections::BTreeMap, time::Duration};

use crate::record::{Record, What};

/// What is broken, and when anything was last done to the system.
#[derive(Debug, Default)]
pub(super) struct Calm {
    /// By their ids: their kinds.
    faults: BTreeMap<u64, &'static str>,
    /// When a fault began or was healed last, a process started or ended, or somebody called by hand.
    disturbed: Duration,
    /// When the disk was last slow or failing.
    disk: Option<Duration>,
}

/// A commit that is under way when the disk is mended takes as long as it would have taken.
const LAST_COMMIT: Duration = Duration::from_secs(20);

/// Faults that are nothing but calls by hand, each of which is on the record, and that never heal.
const IS_ONLY_CALLS: [&str; 3] = ["contradictory strategy", "zombie", "intruder"];

impl Calm {
    pub(super) fn see(&mut self, record: &Record) {
        match &record.what {
            What::Fault { id, kind, .. } => {
                if !IS_ONLY_CALLS.contains(kind) {
                    self.faults.insert(*id, kind);
                }
            }
            What::Healed { id } => {
                if self.faults.remove(id).is_some_and(is_of_the_disk) {
                    self.disk = Some(record.at + LAST_COMMIT);
                    self.disturbed = record.at + LAST_COMMIT;
                }
            }
            What::Started { .. }
            | What::Exited { .. }
            | What::Killed
            | What::PowerCut
            | What::Asked { .. }
            | What::Answered { .. } => {}
            _ => return,
        }
        self.disturbed = self.disturbed.max(record.at);
    }

    /// Since when nothing has been wrong and nobody has done anything; none while something is wrong.
    pub(super) fn since(&self) -> Option<Duration> {
        self.faults.is_empty().then_some(self.disturbed)
    }

    /// Whether the trader's disk was in order from `at` on.
    pub(super) fn disk_since(&self, at: Duration) -> bool {
        let broken = self.faults.values().any(|kind| is_of_the_disk(kind));
        !broken && self.disk.is_none_or(|healed| healed < at)
    }
}

fn is_of_the_disk(kind: &str) -> bool {
    kind.contains("disk")
}
