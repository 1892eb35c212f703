//! The checker: judges what was seen in a run, and shares no code with the trader's core.
//!
//! It keeps a model of its own (who is due when, what was accepted, what generators and strategies
//! came to), reads the journal by SQL of its own after every step of the simulation, and compares:
//! model, journal, log lines, answers to callers, and what readers see.
//!
//! A violation is named after the check that found it, and a check after the invariant that it holds
//! (`i1` to `i23`) or the rule of the contract behind it (`m6`, `r7`, …):
//!
//! | invariant | held by |
//! |---|---|
//! | 1 a median only of one decision each of all who are due, from signals of the minute | `verdicts` (the due set comes from `members`), `accepted`, `decisions` |
//! | 2 its value is the median of exactly those | `verdicts` |
//! | 3 at most one verdict a minute, over all incarnations; acknowledged registrations are kept | `ledger`, `registrations`, `status` |
//! | 4 verdicts in order, without gaps, in their time | `ledger`, `verdicts`, `liveness` |
//! | 5 nothing is accepted for a closed minute, or beyond the skew | `accepted` |
//! | 6 epochs strictly increase, one in force a name, only the current one is heard; ERROR after a failed minute | `ledger`, `registrations`, `accepted`, `status` |
//! | 7 one accepted submission each, which is the one that counts | `accepted` |
//! | 8 in error no median is visible to anyone | `current`, `status` |
//! | 9 causes name exactly who was due and did not decide | `verdicts`, `watch` |
//! | 10 only registrations and deregistrations change who is due | `registrations`, `members` |
//! | 11 after a halt no median until `resume`, across restarts | `halts` |
//! | 12 published implies persisted; what is on disk stays | `shown`, `ledger` |
//! | 13 one value a minute and process; decisions are functions of their signals | `decisions` |
//! | 14 every call ends within its deadline | the world: an operator who is not answered fails the run; calls have deadlines of the shipped clients. Bounds of queues are asserted in the core, with debug assertions on |
//! | 15 identity | not here, the simulation has no certificates: the tests of TLS on real processes |
//! | 16 readers never go back, and miss nothing | `watch`, `current`, `status` |
//! | 17 time is read through the clock only | not here: the linter's `disallowed-methods`. Busy loops: see 23 |
//! | 18 two minutes after the last fault, medians over all, state OK | `liveness`, for every minute that begins and ends while nothing is wrong, not for the last one only |
//! | 19 one strategy gone: errors with its name; medians after its deregistration | `verdicts` for the errors; `liveness` after the world's deregistration at the end |
//! | 20 one generator gone: errors with its dependents, everything stays responsive | `verdicts`, `decisions`; `liveness` for the answers |
//! | 21 a fenced process stops | `liveness`, `exits` |
//! | 22 errors are visible at once | `current` (a tick), `status` |
//! | 23 no more than 150 dials a minute and peer | `dials` |
//!
//! Where timing makes two outcomes right, the condition stands beside the check: what came about
//! within one tick has no order that the records tell, and that is all that is forgiven.

pub mod violation;
mod rows;
mod ledger;
mod members;
mod times;
mod processes;
mod calm;
mod scene;
mod halts;
mod verdicts;
mod accepted;
mod decisions;
mod registrations;
mod shown;
mod watch;
mod current;
mod status;
mod liveness;
mod exits;
mod dials;

#[cfg(test)]
mod tests;

use std::path::Path;

use chassis::grid::Timestamp;

pub use violation::{Checked, Violation};

use crate::record::{Description, Record, What};
use scene::{Scene, TRADER};

/// Watches a run.
#[derive(Debug)]
pub struct Checker {
    scene: Scene,
    halts: halts::Halts,
    accepted: accepted::Accepted,
    decisions: decisions::Decisions,
    registrations: registrations::Registrations,
    watch: watch::Watch,
    current: current::Current,
    status: status::StatusView,
    dials: dials::Dials,
}

impl Checker {
    /// Of a run that has not begun.
    pub fn new(description: Description) -> Self {
        let interval = description.timing.interval.duration();
        Self {
            scene: Scene::new(description),
            halts: halts::Halts::default(),
            accepted: accepted::Accepted::default(),
            decisions: decisions::Decisions::default(),
            registrations: registrations::Registrations::default(),
            watch: watch::Watch::default(),
            current: current::Current::default(),
            status: status::StatusView::default(),
            dials: dials::Dials::new(interval),
        }
    }

    /// The simulation has made one step: what was seen in it, in order, and the journal's file as it
    /// is after it, whether the trader is up or not. To be called after every step, the last one too.
    pub fn step(&mut self, seen: &[Record], journal: &Path) -> Checked {
        let scene = &mut self.scene;
        scene.now += scene.description.tick;
        scene.now = seen.last().map_or(scene.now, |record| scene.now.max(record.at));
        if seen.iter().any(starts_or_ends_the_trader) {
            scene.ledger.close();
        }
        let verdicts = scene.ledger.look(journal, scene.now)?;
        for record in seen {
            self.see(record)?;
        }
        self.registrations.look(&self.scene)?;
        for minute in verdicts {
            self.judge(minute)?;
        }
        liveness::i4_no_minute_is_overdue(&self.scene)?;
        liveness::i21_a_fenced_process_stops(&self.scene)
    }

    fn see(&mut self, record: &Record) -> Checked {
        let ended = self.scene.processes.on(&record.host).cloned();
        self.scene.see(record);
        let scene = &self.scene;
        self.halts.see(record, scene)?;
        self.accepted.see(record, scene)?;
        self.decisions.see(record, scene)?;
        self.registrations.see(record, scene)?;
        self.watch.see(record, scene)?;
        self.current.see(record, scene, &self.halts)?;
        self.status.see(record, scene)?;
        self.dials.see(record)?;
        exits::see(record, ended.as_ref(), scene)?;
        liveness::see(record, scene, &self.halts)
    }

    /// A minute has its verdict.
    fn judge(&mut self, minute: Timestamp) -> Checked {
        let scene = &self.scene;
        let verdict = &scene.ledger.verdicts[&minute];
        verdicts::judge(scene, verdict)?;
        self.halts.judge(scene, verdict)?;
        self.accepted.judge(scene, verdict)?;
        self.decisions.judge(scene, verdict)?;
        self.current.judge(scene, &self.halts, verdict)?;
        liveness::i18_a_whole_minute_has_a_median(scene, &self.halts, verdict)
    }
}

fn starts_or_ends_the_trader(record: &Record) -> bool {
    let process = matches!(
        record.what,
        What::Started { .. } | What::Exited { .. } | What::Killed | What::PowerCut
    );
    process && &*record.host == TRADER
}
