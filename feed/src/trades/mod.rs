//! Trades gathered into bars. A bar is of all trades of its minute, or there is none: trades are counted by
//! the exchange, so that none can be missing unnoticed, whatever became of the connection in between.

use std::collections::BTreeMap;

use chassis::grid::{Interval, Minute, Timestamp};
use market::bar::Bar;

use crate::{
    message::Trade,
    settled::{GONE_THROUGH_MAX, Settled},
};

/// Where the gathering stands.
#[derive(Debug)]
pub(crate) struct Trades {
    interval: Interval,
    /// Number of the last trade, and its minute.
    last: Option<(u64, Minute)>,
    /// The first minute that is not settled.
    next: Option<Minute>,
    forming: BTreeMap<Minute, Bar>,
    broken: BTreeMap<Minute, Box<str>>,
    /// Whether a trade was heard on this connection, which shows if others were missed before.
    joined: bool,
    /// Number of the last trade that the exchange has spoken of.
    owed: u64,
    /// Trades of minutes that were settled.
    pub(crate) late: u64,
}

impl Trades {
    pub(crate) fn new(interval: Interval) -> Self {
        Self {
            interval,
            last: None,
            next: None,
            forming: BTreeMap::new(),
            broken: BTreeMap::new(),
            joined: false,
            owed: 0,
            late: 0,
        }
    }

    /// What was traded before the next message may not be heard of.
    pub(crate) fn connected(&mut self) {
        self.joined = false;
    }

    /// One more trade; minutes before it are settled.
    pub(crate) fn trade(&mut self, trade: &Trade, settled: &mut Vec<Settled>) {
        self.joined = true;
        let minute = Minute::containing(trade.at, self.interval);
        // A later trade with a number that was had already is no repetition: a testnet was reset, say.
        if self.last.is_some_and(|(id, last)| trade.id <= id && minute <= last) {
            return;
        }
        self.follow(trade.id, minute);
        if self.next.is_some_and(|next| minute < next) {
            self.late += 1;
            return;
        }
        self.settle(minute, settled);
        match self.forming.get_mut(&minute) {
            Some(bar) => bar.add(&trade.tick()),
            None => {
                self.forming.insert(minute, Bar::beginning(minute, &trade.tick()));
            }
        }
    }

    /// Up to `until` everything was said that has a number of at most `last`.
    pub(crate) fn passed(
        &mut self,
        until: Timestamp,
        last: Option<u64>,
        settled: &mut Vec<Settled>,
    ) {
        self.owed = self.owed.max(last.unwrap_or_default());
        let heard = self.last.map_or(0, |(id, _)| id);
        // Nothing was traded since the last trade that was heard.
        self.joined |= heard > 0 && last == Some(heard);
        if self.joined && self.owed <= heard {
            self.settle(Minute::containing(until, self.interval), settled);
        }
    }

    /// Why there is nothing to say of a minute yet.
    pub(crate) fn waits(&self) -> String {
        match self.last {
            None => "nothing was traded since".to_owned(),
            Some((id, _)) if self.owed > id => {
                format!("trade {} is the last one, {id} the last that was received", self.owed)
            }
            Some((id, _)) if !self.joined => {
                format!("nothing was heard of trades since {id}, before the connection was made")
            }
            Some((id, minute)) => format!("the last trade is {id}, of {minute}"),
        }
    }

    /// Notes what is missing between the last trade and number `id`.
    fn follow(&mut self, id: u64, minute: Minute) {
        let next = self.next.get_or_insert(minute);
        let Some((before, from)) = self.last.replace((id, minute)) else {
            let why = format!("the first trade that was received, {id}, came in its midst");
            self.broken.insert(minute, why.into());
            return;
        };
        if minute > *next && minute.count_from(*next, self.interval) > GONE_THROUGH_MAX {
            let why = format!("trades were received until {from}, and then from {id} on");
            (self.forming, self.broken) = (BTreeMap::new(), BTreeMap::from([(minute, why.into())]));
            (*next, self.owed) = (minute, id);
            return;
        }
        if id <= before {
            self.owed = id;
        }
        let Some(why) = missing(before, id) else { return };
        let mut broken = from.min(minute).max(*next);
        while broken <= from.max(minute) {
            self.broken.entry(broken).or_insert_with(|| why.clone());
            broken = broken.next(self.interval);
        }
    }

    /// Settles the minutes before `end`.
    fn settle(&mut self, end: Minute, settled: &mut Vec<Settled>) {
        let Some(mut minute) = self.next else { return };
        if minute < end && end.count_from(minute, self.interval) > GONE_THROUGH_MAX {
            return;
        }
        while minute < end {
            let bar = self.forming.remove(&minute);
            let bar = match self.broken.remove(&minute) {
                Some(why) => Err(why),
                None => bar.ok_or_else(|| "nothing was traded".into()),
            };
            settled.push(Settled { minute, bar: bar.and_then(possible) });
            minute = minute.next(self.interval);
        }
        self.next = Some(minute);
    }
}

/// What is missing between two trades, if anything.
fn missing(before: u64, id: u64) -> Option<Box<str>> {
    let why = match id.checked_sub(before) {
        Some(1) => return None,
        Some(2) => format!("trade {} was not received", before + 1),
        Some(3..) => format!("trades {} to {} were not received", before + 1, id - 1),
        Some(0) | None => {
            format!("the exchange counts its trades anew: {id} came after {before}")
        }
    };
    Some(why.into())
}

fn possible(bar: Bar) -> Result<Bar, Box<str>> {
    bar.fault().map_or(Ok(bar), |fault| Err(fault.to_string().into()))
}

#[cfg(test)]
mod tests;
