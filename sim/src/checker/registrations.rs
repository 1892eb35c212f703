//! Who holds a name, against what processes were told and what operators asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chassis::grid::Timestamp;

use super::{
    ledger::KnownHold,
    scene::{Scene, TRADER},
    violation::{Checked, Violation, ensure},
};
use crate::record::{Answer, Call, Record, What};

/// What is known of sessions and of those who leave.
#[derive(Debug, Default)]
pub(super) struct Registrations {
    /// Names with a session, as the trader's log has it.
    connected: BTreeSet<String>,
    /// Names of which somebody asked that they be taken off, and when first.
    asked_off: BTreeMap<String, Duration>,
    /// Epochs whose ends were judged.
    ended: BTreeSet<u64>,
    /// Epochs that their holders heard of.
    told: BTreeSet<u64>,
    /// Instances that were told to stop for good, and when.
    known: BTreeSet<u64>,
}

impl Registrations {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene) -> Checked {
        match &record.what {
            What::Started { part, .. } if part == "trader" => self.connected.clear(),
            What::Line { message, fields, .. } => {
                let Some(name) = message.strip_prefix("registered ") else {
                    self.note(record, message);
                    return Ok(());
                };
                if &*record.host != TRADER {
                    self.told
                        .extend(fields.get("epoch").and_then(|epoch| epoch.parse::<u64>().ok()));
                    return i3_what_was_acknowledged_is_on_disk(record, name, fields, scene);
                }
                let alone = self.connected.insert(name.to_owned());
                let taken_over = fields.get("taken_over").is_some_and(|taken| taken == "true");
                return ensure("i6_nobody_takes_a_living_name", alone || !taken_over, || {
                    format!("{name} has a session: {record:?}")
                });
            }
            What::Asked { call: Call::Deregister { name } | Call::Leave { name, .. }, .. } => {
                self.asked_off.entry(name.clone()).or_insert(record.at);
            }
            What::Answered { id, outcome: Ok(answer) } => {
                return answered(*id, answer, record, scene);
            }
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, record: &Record, message: &str) {
        if &*record.host == TRADER {
            let gone = message.strip_prefix("lost the connection to ");
            if let Some(name) = gone.or_else(|| message.strip_prefix("deregistered ")) {
                self.connected.remove(name);
            }
        }
    }

    /// Every hold has come about, and ended, as holds may.
    pub(super) fn look(&mut self, scene: &Scene) -> Checked {
        for (epoch, hold) in &scene.ledger.holds {
            if self.known.insert(*epoch) {
                self.i6_an_instance_holds_a_name_once(scene, hold)?;
                i6_one_living_epoch_a_name(scene, hold)?;
                i10_first_minutes_are_to_come(scene, hold)?;
            }
            let ended = hold.row.ended.as_ref().map(|(_, by)| by.as_str());
            if let Some(by) = ended
                && self.ended.insert(*epoch)
            {
                self.i10_holds_end_only_when_they_may(scene, hold, by)?;
            }
        }
        Ok(())
    }

    /// A process that has lost its name never gets it again. One that never heard that it had it (its
    /// answers were lost on their way) comes as for the first time: it has no epoch to show (rule R3).
    fn i6_an_instance_holds_a_name_once(&self, scene: &Scene, hold: &KnownHold) -> Checked {
        let earlier = scene.ledger.holds.range(..hold.row.epoch);
        let before = earlier
            .filter(|(epoch, _)| self.told.contains(epoch))
            .find(|(_, other)| other.row.instance == hold.row.instance);
        ensure("i6_an_instance_holds_a_name_once", before.is_none(), || {
            format!("{hold:?}, but before {before:?}")
        })
    }

    /// Silence, a lost session or a restart never takes a name off the list.
    fn i10_holds_end_only_when_they_may(
        &self,
        scene: &Scene,
        hold: &KnownHold,
        by: &str,
    ) -> Checked {
        let KnownHold { row, .. } = hold;
        let holds = match by {
            "takeover" => {
                let mut later = scene.ledger.holds.range(row.epoch + 1..).map(|(_, hold)| hold);
                later.any(|later| later.row.name == row.name && later.row.taken_over)
            }
            "operator" => self.asked_off.contains_key(&row.name),
            "itself" => {
                // Asked to stop, or told by the trader something that it cannot live with.
                let by_hand = self.asked_off.contains_key(&row.name);
                by_hand || scene.description.strategies.contains_key(&row.name)
            }
            _ => false,
        };
        ensure("i10_holds_end_only_when_they_may", holds, || format!("{hold:?}"))
    }
}

/// What a strategy was told is in the journal, and stays so until it is taken over or taken off.
fn i3_what_was_acknowledged_is_on_disk(
    record: &Record,
    name: &str,
    fields: &BTreeMap<&'static str, String>,
    scene: &Scene,
) -> Checked {
    let epoch = fields.get("epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or_default();
    let first = fields.get("first_minute").and_then(|at| Timestamp::parse(at));
    let Some(hold) = scene.ledger.holds.get(&epoch) else {
        let what = format!("{name} was told of epoch {epoch}, which is not there: {record:?}");
        return Err(Violation::new("i3_what_was_acknowledged_is_on_disk", what));
    };
    let process = scene.processes.on(&record.host);
    let instance = process.and_then(|process| process.instance.as_ref());
    let same = hold.row.name == name
        && Some(hold.row.first_minute) == first
        && instance.is_none_or(|instance| *instance == hold.row.instance);
    ensure("i3_what_was_acknowledged_is_on_disk", same, || format!("{record:?}, but {hold:?}"))
}

/// Answers to calls by hand.
fn answered(id: u64, answer: &Answer, record: &Record, scene: &Scene) -> Checked {
    let Some((asked, call)) = scene.call(id) else { return Ok(()) };
    match (call, answer) {
        (Call::Deregister { name } | Call::Leave { name, .. }, Answer::Done) => {
            let hold = scene.ledger.hold(name);
            let off = hold.is_none_or(|hold| hold.seen >= *asked);
            ensure("i10_an_answered_deregistration_is_on_disk", off, || {
                format!("{record:?} to {call:?}, but {hold:?}")
            })?;
            i6_only_the_holder_leaves(record, call, scene)
        }
        (Call::Register { name, instance, epoch: held, .. }, Answer::Registered { epoch, .. }) => {
            let hold = scene.ledger.holds.get(epoch);
            let theirs =
                hold.is_some_and(|hold| hold.row.name == *name && hold.row.instance == *instance);
            ensure("i3_what_was_acknowledged_is_on_disk", theirs, || {
                format!("{record:?} to {call:?}, but {hold:?}")
            })?;
            let own = *held == 0 || held == epoch || !scene.ledger.holds.contains_key(held);
            ensure("i6_fenced_processes_stay_out", own, || format!("{record:?} to {call:?}"))
        }
        _ => Ok(()),
    }
}

/// Whoever leaves by itself was the holder.
fn i6_only_the_holder_leaves(record: &Record, call: &Call, scene: &Scene) -> Checked {
    let Call::Leave { name, instance, epoch } = call else { return Ok(()) };
    let hold = scene.ledger.holds.get(epoch);
    let theirs = hold.is_some_and(|hold| {
        let by = hold.row.ended.as_ref().map(|(_, by)| by.as_str());
        hold.row.name == *name && hold.row.instance == *instance && by != Some("takeover")
    });
    ensure("i6_only_the_holder_leaves", theirs, || format!("{record:?} to {call:?}, but {hold:?}"))
}

/// One name never has two holds in force.
fn i6_one_living_epoch_a_name(scene: &Scene, hold: &KnownHold) -> Checked {
    let mut earlier = scene.ledger.holds.range(..hold.row.epoch).map(|(_, other)| other);
    let other = earlier.find(|other| other.row.name == hold.row.name && other.row.ended.is_none());
    ensure("i6_one_living_epoch_a_name", other.is_none(), || format!("{hold:?} and {other:?}"))
}

/// A new name is due from a minute that had not begun when it came to the disk; a name taken over,
/// since when it was due before.
fn i10_first_minutes_are_to_come(scene: &Scene, hold: &KnownHold) -> Checked {
    let KnownHold { row, .. } = hold;
    if row.taken_over {
        let mut earlier = scene.ledger.holds.range(..row.epoch).rev().map(|(_, other)| other);
        let former = earlier.find(|other| other.row.name == row.name);
        let same = former.is_some_and(|former| former.row.first_minute == row.first_minute);
        return ensure("i10_a_takeover_changes_no_minute", same, || {
            format!("{hold:?}, after {former:?}")
        });
    }
    // While a registration is on its way to the disk a boundary may pass; then it is written again.
    let after = row.first_minute > row.registered_at.minus(scene.timing().interval.duration());
    let behind = scene.ledger.last().is_some_and(|last| row.first_minute <= last.row.last);
    ensure("i10_first_minutes_are_to_come", after && !behind, || format!("{hold:?}"))
}
