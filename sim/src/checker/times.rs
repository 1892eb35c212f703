//! The clocks of the hosts, and what a stamp of the trader's means in true time.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use chassis::grid::Timestamp;

use crate::record::{Record, What};

/// What is known of the clocks.
#[derive(Debug)]
pub(super) struct Times {
    tick: Duration,
    trader: Rc<str>,
    /// How far each host's clock is from true time, in microseconds of the epoch.
    offsets: BTreeMap<Rc<str>, i64>,
    /// When each host's clock was stepped last.
    stepped: BTreeMap<Rc<str>, Duration>,
    /// The latest time that each host's clock showed before a step.
    shown: BTreeMap<Rc<str>, Timestamp>,
    /// From when on the trader's clock was off by how much.
    segments: Vec<(Duration, i64)>,
}

impl Times {
    pub(super) fn new(trader: &str, tick: Duration) -> Self {
        Self {
            tick,
            trader: trader.into(),
            offsets: BTreeMap::new(),
            stepped: BTreeMap::new(),
            shown: BTreeMap::new(),
            segments: Vec::new(),
        }
    }

    pub(super) fn see(&mut self, record: &Record) {
        let stepped = matches!(record.what, What::Stepped { .. });
        let offset = record.wall.as_micros() - micros(record.at);
        let before = self.offsets.insert(Rc::clone(&record.host), offset);
        if stepped {
            self.stepped.insert(Rc::clone(&record.host), record.at);
            let wall = Timestamp::from_micros(micros(record.at) + before.unwrap_or(offset));
            let shown = self.shown.entry(Rc::clone(&record.host)).or_insert(wall);
            *shown = wall.max(*shown);
        }
        if record.host != self.trader {
            return;
        }
        match self.segments.last_mut() {
            // A clock that is not stepped drifts, a little.
            Some((_, latest)) if !stepped => *latest = offset,
            _ => self.segments.push((record.at, offset)),
        }
    }

    /// When the trader's clock showed `stamp`, the last time up to `now`; none if it never did.
    pub(super) fn truly(&self, stamp: Timestamp, now: Duration) -> Option<Duration> {
        let mut until = now + self.tick;
        for (from, offset) in self.segments.iter().rev() {
            let at = stamp.as_micros() - offset;
            let at = Duration::from_micros(u64::try_from(at).ok()?);
            if at + self.tick >= *from && at <= until {
                return Some(at);
            }
            until = *from + self.tick;
        }
        None
    }

    /// When the trader's clock first showed `stamp` or more; none if it never did. A clock that is set
    /// back shows it again.
    pub(super) fn first(&self, stamp: Timestamp) -> Option<Duration> {
        let ends = self.segments.iter().skip(1).map(|(from, _)| *from).chain([Duration::MAX]);
        self.segments.iter().zip(ends).find_map(|((from, offset), until)| {
            let at = u64::try_from(stamp.as_micros() - offset).unwrap_or_default();
            let at = Duration::from_micros(at).max(*from);
            (at <= until).then_some(at)
        })
    }

    /// What the trader's clock shows at `now`.
    pub(super) fn trader_wall(&self, now: Duration) -> Option<Timestamp> {
        let (_, offset) = self.segments.last()?;
        Some(Timestamp::from_micros(micros(now) + offset))
    }

    /// When the host's clock was stepped last.
    pub(super) fn stepped(&self, host: &str) -> Option<Duration> {
        self.stepped.get(host).copied()
    }

    /// When the trader's clock was stepped last.
    pub(super) fn trader_stepped(&self) -> Option<Duration> {
        self.stepped(&self.trader)
    }

    /// When any clock was stepped last.
    pub(super) fn any_stepped(&self) -> Option<Duration> {
        self.stepped.values().max().copied()
    }

    /// Whether the host's clock, which was not stepped since, showed at `at` what it had shown before it
    /// was set back, or less than `margin` more.
    pub(super) fn repeats(&self, host: &str, at: Duration, margin: Duration) -> bool {
        let known = self.offsets.get(host).zip(self.shown.get(host));
        known.is_some_and(|(offset, shown)| {
            Timestamp::from_micros(micros(at) + offset) < shown.plus(margin)
        })
    }

    /// How far the clocks of these hosts are apart.
    pub(super) fn apart<'h>(&self, hosts: impl Iterator<Item = &'h str>) -> Duration {
        let offsets: Vec<i64> = hosts.filter_map(|host| self.offsets.get(host).copied()).collect();
        let (low, high) = (offsets.iter().min(), offsets.iter().max());
        let apart = low.zip(high).map_or(0, |(low, high)| high.abs_diff(*low));
        Duration::from_micros(apart)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).expect("runs are shorter than that")
}
