//! A journal as plain as can be: the list of records that reached the disk.

use std::collections::{BTreeMap, BTreeSet};

use chassis::grid::Minute;

use crate::engine::{
    Recovered,
    ledger::{By, Record},
    verdict::Judgement,
};

/// What is on disk.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    pub(super) first_minute: Minute,
    pub(super) records: Vec<Record>,
}

impl Journal {
    pub(super) fn judgements(&self) -> impl DoubleEndedIterator<Item = &Judgement> {
        self.records.iter().filter_map(|record| match record {
            Record::Judged(judgement) => Some(judgement),
            Record::Registered { .. }
            | Record::Deregistered { .. }
            | Record::Halted(_)
            | Record::Resumed { .. }
            | Record::Changed(_) => None,
        })
    }

    /// What a trader that starts now finds.
    pub(super) fn recovered(&self) -> Recovered {
        let mut found = Recovered {
            first_minute: self.first_minute,
            last_epoch: 0,
            registrations: Vec::new(),
            excused: BTreeSet::new(),
            halt: None,
            resumed_at: None,
            last_verdict: self.judgements().next_back().map(|last| (*last.verdict).clone()),
        };
        let mut registrations = BTreeMap::new();
        for record in &self.records {
            match record {
                Record::Registered { registration, .. } => {
                    found.last_epoch = found.last_epoch.max(registration.epoch);
                    found.excused.remove(&registration.name);
                    registrations.insert(&registration.name, registration);
                }
                Record::Deregistered { name, by, .. } => {
                    registrations.remove(name);
                    let excused = matches!(by, By::Operator(_)).then(|| name.clone());
                    found.excused.extend(excused);
                }
                Record::Halted(halt) => found.halt = Some(halt.clone()),
                Record::Resumed { at, .. } => (found.halt, found.resumed_at) = (None, Some(*at)),
                Record::Judged(_) | Record::Changed(_) => {}
            }
        }
        found.registrations = registrations.into_values().cloned().collect();
        found
    }
}
