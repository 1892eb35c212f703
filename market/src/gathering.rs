//! The trades of a source as bars. A bar is of all trades of its minute, or there is none.

use std::collections::BTreeMap;

use chassis::grid::{Interval, Minute, Timestamp};

use crate::{
    bar::Bar,
    quality::{Kind, Quality},
    tick::Tick,
};

/// A trade where its source has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placed {
    /// Line or row, from 1.
    pub(crate) place: u64,
    /// The exchange counts the trades of an instrument: the next one has the next number.
    pub(crate) id: Option<u64>,
    pub(crate) tick: Tick,
}

/// Bars as far as they have come, and why minutes have none.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) bars: BTreeMap<Minute, Bar>,
    pub(crate) broken: BTreeMap<Minute, Box<str>>,
}

/// Gathers trades, which come in the order of the source: all of them with numbers, or none.
pub(crate) fn gather(
    mut trades: Vec<Placed>,
    interval: Interval,
    quality: &mut Quality,
) -> Gathered {
    note_disorder(&trades, quality);
    // Stable, so that of the same trades twice the first one stays.
    trades.sort_by_key(|trade| (trade.id, trade.tick.at));
    let mut gathered = Gathered::default();
    let mut before: Option<Placed> = None;
    for trade in trades {
        let again = before.is_some_and(|before| before.id == trade.id && trade.id.is_some());
        match before {
            Some(before) if again => gathered.again(&before, &trade, interval, quality),
            Some(_) | None => gathered.add(&trade, interval, quality),
        }
        if let Some(before) = before {
            gathered.note_missing(&before, &trade, interval, quality);
        }
        before = Some(trade);
    }
    gathered.note_ends(quality);
    gathered
}

fn note_disorder(trades: &[Placed], quality: &mut Quality) {
    let mut latest: Option<Timestamp> = None;
    for Placed { place, tick: Tick { at, .. }, .. } in trades {
        if let Some(latest) = latest.filter(|latest| at < latest) {
            quality.found(Kind::Disorder, || format!("row {place}, {at} behind {latest}"));
        }
        latest = latest.max(Some(*at));
    }
}

impl Gathered {
    fn add(&mut self, trade: &Placed, interval: Interval, quality: &mut Quality) {
        let tick = &trade.tick;
        let minute = Minute::containing(tick.at, interval);
        if let Some(fault) = tick.fault() {
            let why = format!("the trade in row {}: {fault}", trade.place);
            quality.found(Kind::Faulty, || format!("{minute}: {why}"));
            self.broken.entry(minute).or_insert_with(|| why.into());
        }
        match self.bars.get_mut(&minute) {
            Some(bar) => bar.add(tick),
            None => {
                self.bars.insert(minute, Bar::beginning(minute, tick));
            }
        }
    }

    /// A number that was had before.
    fn again(
        &mut self,
        first: &Placed,
        second: &Placed,
        interval: Interval,
        quality: &mut Quality,
    ) {
        let minute = Minute::containing(second.tick.at, interval);
        if first.tick == second.tick {
            quality.found(Kind::Duplicate, || format!("row {}", second.place));
            return;
        }
        let why = format!(
            "rows {} and {} have different trades of one number",
            first.place, second.place
        );
        quality.found(Kind::Conflict, || format!("{minute}: {why}"));
        for minute in [Minute::containing(first.tick.at, interval), minute] {
            self.broken.insert(minute, why.as_str().into());
        }
    }

    /// Nobody knows in which of the minutes between two trades those were that are missing.
    fn note_missing(
        &mut self,
        before: &Placed,
        trade: &Placed,
        interval: Interval,
        quality: &mut Quality,
    ) {
        let Some((last, next)) = before.id.zip(trade.id).filter(|(last, next)| next - last > 1)
        else {
            return;
        };
        let why = match next - last {
            2 => format!("trade {} is missing", last + 1),
            _ => format!("trades {} to {} are missing", last + 1, next - 1),
        };
        quality.found(Kind::Missed, || format!("{why} at {}", trade.tick.at));
        let [one, other] = [before, trade].map(|trade| Minute::containing(trade.tick.at, interval));
        for minute in [one, other] {
            self.broken.entry(minute).or_insert_with(|| why.as_str().into());
        }
    }

    /// What was traded before the first trade of a source and after its last one is not known.
    fn note_ends(&mut self, quality: &mut Quality) {
        let ends = [
            (self.bars.first_key_value(), "the source begins within it"),
            (self.bars.last_key_value(), "the source ends within it"),
        ];
        for (bar, why) in ends {
            let Some((minute, _)) = bar else { continue };
            quality.found(Kind::Partial, || format!("{minute}: {why}"));
            self.broken.entry(*minute).or_insert_with(|| why.into());
        }
    }
}
