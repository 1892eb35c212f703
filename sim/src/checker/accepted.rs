//! What the trader says that it has accepted, against what it then writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chassis::grid::Timestamp;

use super::{
    ledger::Known,
    rows::{Submission, Verdict},
    scene::{Scene, TRADER},
    violation::{Checked, ensure},
};
use crate::record::{Answer, Call, Record, What};

/// Every submission that counted, as the trader's log has it.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    /// By minute: who, when, and the decision, unless it was an abstention.
    lines: BTreeMap<Timestamp, Vec<Line>>,
}

#[derive(Clone, Debug)]
struct Line {
    at: Duration,
    name: String,
    decision: Option<f64>,
}

/// `X submitted 0.5` or `X abstained`.
fn said(message: &str) -> Option<(&str, Option<f64>)> {
    if let Some((name, decision)) = message.split_once(" submitted ") {
        return Some((name, Some(decision.parse().ok()?)));
    }
    message.strip_suffix(" abstained").map(|name| (name, None))
}

impl Accepted {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene) -> Checked {
        match &record.what {
            What::Line { message, fields, .. } if &*record.host == TRADER => {
                let Some((name, decision)) = said(message) else { return Ok(()) };
                let Some(minute) = fields.get("minute").and_then(|at| Timestamp::parse(at)) else {
                    return Ok(());
                };
                i5_only_for_the_open_minute(record, minute, scene)?;
                let line = Line { at: record.at, name: name.to_owned(), decision };
                self.i7_one_accepted_each(minute, line, scene)
            }
            What::Answered { id, outcome: Ok(Answer::Received { duplicate }) } => {
                i6_fenced_processes_are_not_heard(record, *id, *duplicate, scene)
            }
            _ => Ok(()),
        }
    }

    /// A strategy has one submission a minute; after a restart of the trader, it may repeat it.
    fn i7_one_accepted_each(&mut self, minute: Timestamp, line: Line, scene: &Scene) -> Checked {
        let start = scene.processes.trader_start(line.at).unwrap_or_default();
        let lines = self.lines.entry(minute).or_default();
        let twice = lines.iter().any(|other| other.at >= start && other.name == line.name);
        ensure("i7_one_accepted_each", !twice, || {
            format!("{line:?} for {minute} after {lines:?}")
        })?;
        lines.push(line);
        Ok(())
    }

    /// What is behind a verdict is what was accepted from those who were due, and nothing else.
    pub(super) fn judge(&mut self, scene: &Scene, verdict: &Known<Verdict>) -> Checked {
        let row = &verdict.row;
        let closed = scene.closed(verdict);
        let start = scene.processes.trader_start(closed + scene.tick()).unwrap_or_default();
        let mut lines = self.lines.remove(&row.minute).unwrap_or_default();
        lines.retain(|line| line.at >= start);
        self.lines.retain(|minute, _| *minute > row.last);
        let late = lines.iter().find(|line| line.at > closed + scene.tick());
        ensure("i5_nothing_for_a_closed_minute", late.is_none(), || {
            format!("{late:?}, closed at {closed:?}: {row:?}")
        })?;
        if row.minute != row.last && row.kind != "not running" {
            return Ok(());
        }
        let due = scene.due(verdict);
        for said in &row.submissions {
            let line = lines.iter().find(|line| line.name == said.name);
            let same = line.is_some_and(|line| {
                line.decision.map(f64::to_bits) == said.decision.map(f64::to_bits)
            });
            ensure("i7_what_was_accepted_is_what_counts", same, || format!("{line:?}: {said:?}"))?;
            let at = line.map_or(closed, |line| line.at);
            i6_of_the_epoch_then_in_force(scene, said, at)?;
            i5_stamped_in_the_minute(scene, row, said)?;
        }
        let heard: BTreeSet<&str> = row.submissions.iter().map(|said| &*said.name).collect();
        let lost = lines
            .iter()
            .find(|line| due.surely.contains(&line.name) && !heard.contains(&*line.name));
        ensure("i7_what_was_accepted_counts", lost.is_none(), || format!("{lost:?}: {row:?}"))
    }
}

/// Nothing is accepted for a minute that has its verdict, whatever the clock does, and nothing for
/// one that begins later than the skew.
fn i5_only_for_the_open_minute(record: &Record, minute: Timestamp, scene: &Scene) -> Checked {
    // A verdict that came to the disk in this very step may have followed from this submission.
    let closed = scene.ledger.verdict(minute).filter(|verdict| verdict.seen < scene.now);
    ensure("i5_nothing_for_a_closed_minute", closed.is_none(), || {
        format!("{record:?} after {:?}", closed.map(|verdict| &verdict.row))
    })?;
    let opens = minute.minus(scene.timing().skew + scene.tick());
    ensure("i5_nothing_beyond_the_skew", record.wall >= opens, || format!("{record:?}"))
}

/// Stamps of a submission and its signals are of the minute, and not ahead of the trader's clock.
fn i5_stamped_in_the_minute(scene: &Scene, row: &Verdict, said: &Submission) -> Checked {
    let latest = said.received_at.plus(scene.timing().skew);
    let fits = |stamp: Timestamp| stamp >= row.minute && stamp <= latest;
    let signals = said.signals.iter().all(|signal| fits(signal.produced_at));
    let early = said.received_at < row.minute.minus(scene.timing().skew);
    let late = said.received_at >= scene.timing().deadline(scene.minute(row.minute));
    let in_time = !early && !late;
    ensure("i5_stamped_in_the_minute", fits(said.decided_at) && signals && in_time, || {
        format!("{}: {said:?}", row.minute)
    })
}

/// The epoch of an accepted submission was the name's current one at that moment.
fn i6_of_the_epoch_then_in_force(scene: &Scene, said: &Submission, at: Duration) -> Checked {
    let hold = scene.ledger.holds.get(&said.epoch);
    let in_force = hold.is_some_and(|hold| {
        let own = hold.row.name == said.name && hold.row.instance == said.instance;
        let ended = hold.ended_seen.is_some_and(|ended| ended + scene.tick() < at);
        own && hold.seen <= at + scene.tick() && !ended
    });
    ensure("i6_of_the_epoch_then_in_force", in_force, || {
        format!("{said:?}, accepted at {at:?}, under {hold:?}")
    })
}

/// A submission by hand is received only from the process that holds the name.
fn i6_fenced_processes_are_not_heard(
    record: &Record,
    id: u64,
    duplicate: bool,
    scene: &Scene,
) -> Checked {
    let Some((asked, Call::Submit(call))) = scene.call(id) else { return Ok(()) };
    let hold = scene.ledger.holds.get(&call.epoch);
    let in_force = hold.is_some_and(|hold| {
        let own = hold.row.name == call.name && hold.row.instance == call.instance;
        own && hold.ended_seen.is_none_or(|ended| ended + scene.tick() >= *asked)
    });
    ensure("i6_fenced_processes_are_not_heard", in_force, || {
        format!("{record:?} to {call:?}, with {hold:?}")
    })?;
    let minute = call.minute.and_then(|minute| chassis::wire::read_timestamp(minute).ok());
    let closed = minute.and_then(|minute| scene.ledger.verdict(minute));
    let before = closed.filter(|verdict| !duplicate && verdict.seen + scene.tick() < *asked);
    ensure("i5_nothing_for_a_closed_minute", before.is_none(), || {
        format!("{record:?} to {call:?}, after {before:?}")
    })
}
