//! Halts: from the operator's answer on, or from what the journal says, until `resume` is on disk.

use std::time::Duration;

use super::{
    ledger::Known,
    rows::{Order, Verdict},
    scene::{Scene, TRADER},
    violation::{Checked, ensure},
};
use crate::record::{Answer, Call, Record, What};

/// What operators were told.
#[derive(Debug, Default)]
pub(super) struct Halts {
    /// From when on an operator knows that the trader is halted.
    told: Option<Told>,
    /// When the trader said that it is not halted any more, or started: a slow disk has the end of a halt
    /// before the trader knows.
    freed: Vec<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: Duration,
    durable: bool,
    /// How many orders were on disk by then.
    orders: usize,
}

impl Halts {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene) -> Checked {
        match &record.what {
            What::Answered { id, outcome: Ok(answer) } => {
                let Some((asked, call)) = scene.call(*id) else { return Ok(()) };
                match (call, answer) {
                    (Call::Halt, Answer::Halted { durable }) => {
                        self.told(record.at, *asked, *durable, scene)
                    }
                    (Call::Resume, Answer::Done) => i11_a_resume_is_on_disk(scene),
                    _ => Ok(()),
                }
            }
            What::Started { part, .. } if part == "trader" => {
                self.freed.push(record.at);
                // What could not be written is forgotten, and the operator was told so.
                self.told = self.told.filter(|told| told.durable);
                Ok(())
            }
            What::Line { .. } if &*record.host != TRADER => Ok(()),
            What::Line { message, .. } if message.contains("(was HALTED)") => {
                self.freed.push(record.at);
                Ok(())
            }
            What::Line { message, .. } if is_median(message) => {
                self.i11_no_median_after_halt(record.at, scene, || format!("{record:?}"))
            }
            _ => Ok(()),
        }
    }

    fn told(&mut self, at: Duration, asked: Duration, durable: bool, scene: &Scene) -> Checked {
        let orders = &scene.ledger.orders;
        let halted = orders.iter().rev().find(|order| order.row.halt);
        ensure("i11_a_durable_halt_is_on_disk", !durable || halted.is_some(), || {
            format!("an operator was told at {at:?}, and there is none")
        })?;
        // A resume that came to the disk between question and answer may have ended this very halt.
        let resumed = orders.iter().any(|order| !order.row.halt && order.seen >= asked);
        if !resumed {
            self.told = Some(Told { at, durable, orders: orders.len() });
        }
        Ok(())
    }

    /// Whether an operator knows that the trader is halted, since before `at`.
    pub(super) fn known(&self, at: Duration, scene: &Scene) -> bool {
        self.told.is_some_and(|told| {
            let since = scene.ledger.orders.iter().skip(told.orders);
            told.at < at && !since.clone().any(|order| !order.row.halt)
        })
    }

    /// After a halt was answered, no median is seen by anyone until `resume`.
    pub(super) fn i11_no_median_after_halt(
        &self,
        at: Duration,
        scene: &Scene,
        what: impl FnOnce() -> String,
    ) -> Checked {
        ensure("i11_no_median_after_halt", !self.known(at, scene), what)
    }

    /// A minute during any instant of which the trader was halted ends `halted`; no other does.
    pub(super) fn judge(&self, scene: &Scene, verdict: &Known<Verdict>) -> Checked {
        let row = &verdict.row;
        let closed = scene.closed(verdict);
        if row.kind == "median" {
            self.i11_no_median_after_halt(closed, scene, || format!("{row:?}"))?;
        }
        let opens = row.minute.minus(scene.timing().skew);
        let (first, opens) = (scene.times.first(opens), scene.times.truly(opens, closed));
        let perhaps = self.perhaps_halted(scene, first.unwrap_or_default(), verdict.seen);
        let surely = opens.is_some_and(|opens| surely_halted(scene, opens, closed));
        let tick = scene.tick();
        let holds = match row.kind.as_str() {
            "halted" => perhaps || self.told.is_some_and(|told| !told.durable),
            "median" | "failed" | "no strategies" => !surely,
            _ => true,
        };
        ensure("e4_a_minute_of_a_halt_ends_halted", holds, || {
            format!("open from {opens:?}, closed at {closed:?} (± {tick:?}): {row:?}")
        })
    }

    /// Whether a halt on disk may have been in force at some instant from `opens` to `seen`.
    fn perhaps_halted(&self, scene: &Scene, opens: Duration, seen: Duration) -> bool {
        self.lasting_until(scene, opens).any(|halt| began(scene, halt) <= seen)
    }

    /// When the first halt that made a minute end `halted` was in force; none if it is not on disk.
    pub(super) fn in_force(&self, scene: &Scene, verdict: &Known<Verdict>) -> Option<Duration> {
        let opens = scene.times.first(verdict.row.minute.minus(scene.timing().skew));
        let first = self.lasting_until(scene, opens.unwrap_or_default()).next()?;
        Some(began(scene, first))
    }

    /// Halts that may have been in force at `opens` or later.
    fn lasting_until<'s>(
        &'s self,
        scene: &'s Scene,
        opens: Duration,
    ) -> impl Iterator<Item = &'s Known<Order>> {
        let margin = scene.tick() * 2;
        let lasts = move |resume: Option<&Known<Order>>| {
            let known =
                |resume: &Known<Order>| self.freed.iter().find(|at| **at + margin >= resume.seen);
            resume.and_then(known).is_none_or(|freed| *freed + margin >= opens)
        };
        halts(scene).filter(move |(_, resume)| lasts(*resume)).map(|(halt, _)| halt)
    }
}

/// Whether a halt on disk was surely in force at some instant from `opens` to `closed`.
fn surely_halted(scene: &Scene, opens: Duration, closed: Duration) -> bool {
    let margin = scene.tick() * 2;
    halts(scene).any(|(halt, resume)| {
        let from = began(scene, halt);
        // From question to disk the halt is still in force, but the stamp may be of before.
        let until = resume.map_or(Duration::MAX, |resume| {
            scene.times.truly(resume.row.at, resume.seen).unwrap_or(resume.seen)
        });
        from + margin < closed && until > opens + margin
    })
}

/// Halts on disk, and what ended each.
fn halts(scene: &Scene) -> impl Iterator<Item = (&Known<Order>, Option<&Known<Order>>)> {
    let orders = &scene.ledger.orders;
    let halts = orders.iter().enumerate().filter(|(_, order)| order.row.halt);
    halts.map(|(index, halt)| (halt, orders[index..].iter().find(|order| !order.row.halt)))
}

fn began(scene: &Scene, halt: &Known<Order>) -> Duration {
    scene.times.truly(halt.row.at, halt.seen).unwrap_or(halt.seen)
}

fn i11_a_resume_is_on_disk(scene: &Scene) -> Checked {
    let there = scene.ledger.orders.iter().any(|order| !order.row.halt);
    ensure("i11_a_resume_is_on_disk", there, || "an operator was told that it is".to_owned())
}

/// `median: 0.5`, and not `median: retrying to compute`.
fn is_median(message: &str) -> bool {
    message.strip_prefix("median: ").is_some_and(|number| number.parse::<f64>().is_ok())
}
