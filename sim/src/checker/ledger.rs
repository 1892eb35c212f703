//! All that the journal was ever seen to hold. What is on disk stays there, and is only added to:
//! over every crash, every power cut and every incarnation of the trader.

use std::{collections::BTreeMap, fmt::Debug, path::Path, time::Duration};

use chassis::grid::{Interval, Timestamp};
use rusqlite::Connection;

use super::{
    rows::{self, Hold, Off, Order, Verdict},
    violation::{Checked, Violation, ensure},
};

/// A row, and when it was seen first.
#[derive(Clone, Debug)]
pub(super) struct Known<T> {
    pub(super) row: T,
    pub(super) seen: Duration,
}

/// A hold, and when it was seen to have ended.
#[derive(Clone, Debug)]
pub(super) struct KnownHold {
    pub(super) row: Hold,
    pub(super) seen: Duration,
    pub(super) ended_seen: Option<Duration>,
}

impl KnownHold {
    /// A hold may end, and until it is told its first minute may become a later one.
    fn learn(&mut self, hold: Hold, now: Duration) -> Checked {
        let before = &self.row;
        let what = || format!("{before:?}, then {hold:?}");
        let same = (&before.name, &before.instance) == (&hold.name, &hold.instance);
        ensure("i6_an_epoch_is_given_out_once", same, what)?;
        let stays = before.ended.is_none() || before.ended == hold.ended;
        let grows = hold.first_minute >= before.first_minute;
        ensure("i12_what_is_written_stays", stays && grows, what)?;
        if before.ended.is_none() && hold.ended.is_some() {
            self.ended_seen = Some(now);
        }
        self.row = hold;
        Ok(())
    }
}

/// The journal, as far as it is known.
#[derive(Debug)]
pub(super) struct Ledger {
    interval: Interval,
    connection: Option<(Connection, i64)>,
    /// The first minute that has a verdict, or will have one.
    first_minute: Option<Timestamp>,
    /// By epoch.
    pub(super) holds: BTreeMap<u64, KnownHold>,
    pub(super) offs: Vec<Off>,
    pub(super) orders: Vec<Known<Order>>,
    /// By their first minutes.
    pub(super) verdicts: BTreeMap<Timestamp, Known<Verdict>>,
}

impl Ledger {
    /// Of a trader that was never started.
    pub(super) fn new(interval: Interval) -> Self {
        Self {
            interval,
            connection: None,
            first_minute: None,
            holds: BTreeMap::new(),
            offs: Vec::new(),
            orders: Vec::new(),
            verdicts: BTreeMap::new(),
        }
    }

    /// The trader's process has ended: the disk may have lost what was not synced, and what has the
    /// file's name may be another file. The next look reads everything again.
    pub(super) fn close(&mut self) {
        self.connection = None;
    }

    /// Reads what is new at `now`; first minutes of new verdicts, in order.
    pub(super) fn look(&mut self, path: &Path, now: Duration) -> Result<Vec<Timestamp>, Violation> {
        let unreadable = |error: rusqlite::Error| {
            Violation::new("j2_the_journal_is_readable", format!("{}: {error}", path.display()))
        };
        let (connection, whole) = match self.connection.take() {
            Some((connection, version)) => {
                let latest = rows::data_version(&connection).map_err(unreadable)?;
                if latest == version {
                    self.connection = Some((connection, version));
                    return Ok(Vec::new());
                }
                (connection, false)
            }
            None if !path.exists() => return Ok(Vec::new()),
            None => (rows::open(path).map_err(unreadable)?, true),
        };
        let version = rows::data_version(&connection).map_err(unreadable)?;
        let news = self.read(&connection, now, whole).map_err(unreadable)?;
        self.connection = Some((connection, version));
        news
    }

    fn read(
        &mut self,
        connection: &Connection,
        now: Duration,
        whole: bool,
    ) -> rusqlite::Result<Result<Vec<Timestamp>, Violation>> {
        let first = rows::first_minute(connection)?;
        self.first_minute = Some(first);
        let last = self.verdicts.last_key_value().map(|(minute, _)| *minute);
        let from = if whole { first } else { last.unwrap_or(first) };
        let verdicts = rows::verdicts(connection, from)?;
        let (holds, offs) = (rows::holds(connection)?, rows::offs(connection)?);
        let orders = rows::orders(connection)?;
        Ok(self
            .learn_holds(holds, now)
            .and_then(|()| self.learn_offs(offs))
            .and_then(|()| self.learn_orders(&orders, now))
            .and_then(|()| self.learn_verdicts(verdicts, first, from, now)))
    }

    /// Epochs are given out once, and strictly increase, over restarts and deregistrations as well.
    fn learn_holds(&mut self, holds: Vec<Hold>, now: Duration) -> Checked {
        let latest = self.holds.last_key_value().map_or(0, |(epoch, _)| *epoch);
        let mut there = holds.iter().map(|hold| hold.epoch);
        if let Some(lost) = self.holds.keys().find(|epoch| !there.any(|there| there == **epoch)) {
            return Err(lost_row(&self.holds[lost].row));
        }
        for hold in holds {
            if let Some(known) = self.holds.get_mut(&hold.epoch) {
                known.learn(hold, now)?;
                continue;
            }
            let what = || format!("{hold:?} came after epoch {latest}");
            ensure("i6_epochs_strictly_increase", hold.epoch > latest, what)?;
            let ended_seen = hold.ended.as_ref().map(|_| now);
            self.holds.insert(hold.epoch, KnownHold { row: hold, seen: now, ended_seen });
        }
        Ok(())
    }

    fn learn_offs(&mut self, offs: Vec<Off>) -> Checked {
        prefix(&self.offs, &offs)?;
        self.offs = offs;
        Ok(())
    }

    fn learn_orders(&mut self, orders: &[Order], now: Duration) -> Checked {
        let known: Vec<Order> = self.orders.iter().map(|known| known.row).collect();
        prefix(&known, orders)?;
        let new = orders[known.len()..].iter();
        self.orders.extend(new.map(|order| Known { row: *order, seen: now }));
        Ok(())
    }

    /// Every minute has one verdict, which stays; in order, without gaps.
    fn learn_verdicts(
        &mut self,
        verdicts: Vec<Verdict>,
        first: Timestamp,
        from: Timestamp,
        now: Duration,
    ) -> Result<Vec<Timestamp>, Violation> {
        let known = self.verdicts.range(from..).map(|(_, known)| known.row.clone());
        prefix(&known.collect::<Vec<_>>(), &verdicts)?;
        let mut news = Vec::new();
        for verdict in verdicts {
            if self.verdicts.contains_key(&verdict.minute) {
                continue;
            }
            let last = self.verdicts.last_key_value().map(|(_, known)| known.row.last);
            let next = last.map_or(first, |last| last.plus(self.interval.duration()));
            ensure("i4_one_verdict_each_in_order_without_gaps", verdict.minute == next, || {
                format!("{next} comes next, but there is {verdict:?}")
            })?;
            news.push(verdict.minute);
            self.verdicts.insert(verdict.minute, Known { row: verdict, seen: now });
        }
        Ok(news)
    }

    /// The minute that is judged next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let after = |known: &Known<Verdict>| known.row.last.plus(self.interval.duration());
        self.last().map(after).or(self.first_minute)
    }

    /// The last verdict.
    pub(super) fn last(&self) -> Option<&Known<Verdict>> {
        self.verdicts.last_key_value().map(|(_, known)| known)
    }

    /// The verdict of a minute, which may be in a run of minutes.
    pub(super) fn verdict(&self, minute: Timestamp) -> Option<&Known<Verdict>> {
        let (_, known) = self.verdicts.range(..=minute).next_back()?;
        (minute <= known.row.last).then_some(known)
    }

    /// The hold in force on a name.
    pub(super) fn hold(&self, name: &str) -> Option<&KnownHold> {
        let mut holds = self.holds.values().rev();
        holds.find(|hold| hold.row.name == name && hold.row.ended.is_none())
    }

    /// The hold of an instance.
    pub(super) fn hold_of(&self, instance: &str) -> Option<&KnownHold> {
        self.holds.values().rev().find(|hold| hold.row.instance == instance)
    }
}

/// What was known is there still, in its place.
fn prefix<T: Debug + PartialEq>(known: &[T], there: &[T]) -> Checked {
    match known.iter().enumerate().find(|(index, row)| there.get(*index) != Some(*row)) {
        Some((_, row)) => Err(lost_row(row)),
        None => Ok(()),
    }
}

fn lost_row(row: &impl Debug) -> Violation {
    let what = format!("it was on disk, and is not any more, or is another: {row:?}");
    Violation::new("i12_what_is_written_stays", what)
}
