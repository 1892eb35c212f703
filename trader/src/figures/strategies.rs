//! What each strategy did: of so many, the first by name.

use std::{collections::BTreeMap, time::Duration};

use chassis::{grid::Minute, name::Name};

use super::{Part, STRATEGIES_SHOWN_MAX};

/// Decisions of one strategy whose minutes are still open: one is, and the next may be said ahead; the
/// disk may keep the verdict of the one before waiting.
const OPEN_MAX: usize = 4;

/// What one strategy did since the process started, or since it came into view.
#[derive(Clone, Debug, Default)]
pub(super) struct Deeds {
    pub(super) received: u64,
    pub(super) included: u64,
    pub(super) failed: [u64; Part::ALL.len()],
    /// When the last decision came, by the monotonic clock.
    pub(super) decided_at: Option<Duration>,
    open: Vec<Minute>,
}

/// Those in view.
#[derive(Clone, Debug, Default)]
pub(super) struct Strategies(BTreeMap<Name, Deeds>);

impl Strategies {
    /// A decision came in time.
    pub(super) fn decided(&mut self, name: &Name, minute: Minute, mono: Duration) {
        let Some(deeds) = self.of(name) else { return };
        deeds.received += 1;
        deeds.decided_at = Some(mono);
        if deeds.open.len() == OPEN_MAX {
            deeds.open.remove(0);
        }
        deeds.open.push(minute);
    }

    /// A minute has a median: the decisions for it are in it.
    pub(super) fn included(&mut self, minute: Minute) {
        for deeds in self.0.values_mut() {
            deeds.included += u64::from(deeds.open.contains(&minute));
            deeds.open.retain(|open| *open > minute);
        }
    }

    /// It kept a minute from its median.
    pub(super) fn failed(&mut self, name: &Name, part: Part) {
        if let Some(deeds) = self.of(name) {
            deeds.failed[part as usize] += 1;
        }
    }

    /// These are shown: the others go out of view, and begin at nothing if they come back.
    pub(super) fn keep<'a>(&mut self, names: impl Iterator<Item = &'a Name>) {
        let mut before = std::mem::take(&mut self.0);
        for name in names {
            let deeds = before.remove(name).unwrap_or_default();
            self.0.insert(name.clone(), deeds);
        }
    }

    /// Those in view, by name.
    pub(super) fn get(&self, name: &Name) -> Option<&Deeds> {
        self.0.get(name)
    }

    /// The one of this name, if it is in view, or comes into it before another.
    fn of(&mut self, name: &Name) -> Option<&mut Deeds> {
        if !self.0.contains_key(name) && self.0.len() >= STRATEGIES_SHOWN_MAX {
            let (last, _) = self.0.last_key_value()?;
            if last < name {
                return None;
            }
            self.0.pop_last();
        }
        Some(self.0.entry(name.clone()).or_default())
    }
}
