//! Puts bars into their minutes, and notes what does not fit.

use std::collections::BTreeMap;

use chassis::grid::{Interval, Minute, Timestamp};

use crate::{
    bar::Bar,
    quality::{Kind, Quality},
};

/// A close is an outlier when the logarithm of its ratio to the one before is so many times what
/// it usually is (the median of its size).
const OUTLIER_TIMES: f64 = 50.0;

/// Bars by minute, and why minutes have none that can be used.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) bars: Vec<Bar>,
    pub(crate) unusable: BTreeMap<Minute, Box<str>>,
}

/// Places `bars`, which come in the order of the source, as they are known at `now`; `unusable` are minutes of which
/// it is known that they have none.
pub(crate) fn place(
    bars: Vec<Bar>,
    unusable: BTreeMap<Minute, Box<str>>,
    interval: Interval,
    now: Timestamp,
    quality: &mut Quality,
) -> Placed {
    note_disorder(&bars, quality);
    let mut bars = bars;
    // Stable, so that of the same bars twice the first one stays.
    bars.sort_by_key(|bar| bar.minute);
    let mut placed = Placed { bars: Vec::new(), unusable };
    for bars in bars.chunk_by(|a, b| a.minute == b.minute) {
        let (minute, first) = (bars[0].minute, &bars[0]);
        match why_unusable(bars, interval, now, quality) {
            None => placed.bars.push(*first),
            Some(why) => {
                placed.unusable.insert(minute, why.into_boxed_str());
            }
        }
    }
    for pair in placed.bars.windows(2) {
        note_gap((pair[0].minute, pair[1].minute), &placed.unusable, interval, quality);
    }
    note_outliers(&placed.bars, quality);
    quality.bars = placed.bars.len() as u64;
    if let (Some(first), Some(last)) = (placed.bars.first(), placed.bars.last()) {
        quality.span = Some((first.minute, last.minute));
        quality.missing = last.minute.count_from(first.minute, interval) - quality.bars;
    }
    placed
}

fn note_disorder(bars: &[Bar], quality: &mut Quality) {
    let mut latest: Option<Minute> = None;
    for bar in bars {
        if let Some(latest) = latest.filter(|latest| bar.minute < *latest) {
            quality.found(Kind::Disorder, || format!("{} behind {latest}", bar.minute));
        }
        latest = latest.max(Some(bar.minute));
    }
}

/// Why the bars of one minute cannot be used, if so.
fn why_unusable(
    bars: &[Bar],
    interval: Interval,
    now: Timestamp,
    quality: &mut Quality,
) -> Option<String> {
    let (first, minute) = (&bars[0], bars[0].minute);
    if bars.iter().any(|bar| bar != first) {
        quality.found(Kind::Conflict, || minute.to_string());
        return Some("the source has different ones".to_owned());
    }
    for _ in 1..bars.len() {
        quality.found(Kind::Duplicate, || minute.to_string());
    }
    if first.closed(interval, now).is_none() {
        quality.found(Kind::Future, || minute.to_string());
        return Some(format!("its minute was not over when the source was read, at {now}"));
    }
    let fault = first.fault()?.to_string();
    quality.found(Kind::Faulty, || format!("{minute}: {fault}"));
    Some(fault)
}

/// A gap ends where a bar that cannot be used stands: that one is told by itself.
fn note_gap(
    (from, to): (Minute, Minute),
    unusable: &BTreeMap<Minute, Box<str>>,
    interval: Interval,
    quality: &mut Quality,
) {
    let inside = unusable.range(from..to).map(|(minute, _)| *minute);
    let mut before = from;
    for end in inside.chain([to]) {
        let missing = end.count_from(before, interval).saturating_sub(2);
        if missing > 0 {
            let first = before.next(interval);
            quality.found(Kind::Gap, || format!("{missing} from {first} on"));
        }
        before = end;
    }
}

fn note_outliers(bars: &[Bar], quality: &mut Quality) {
    let moved = |pair: &[Bar]| (pair[1].close.nearest() / pair[0].close.nearest()).ln().abs();
    let mut moves: Vec<f64> = bars.windows(2).map(moved).filter(|moved| *moved > 0.0).collect();
    if moves.is_empty() {
        return;
    }
    let middle = moves.len() / 2;
    let (_, usual, _) = moves.select_nth_unstable_by(middle, f64::total_cmp);
    let limit = OUTLIER_TIMES * *usual;
    for pair in bars.windows(2).filter(|pair| moved(pair) > limit) {
        let (from, to) = (&pair[0], &pair[1]);
        quality
            .found(Kind::Outlier, || format!("{}: {} after {}", to.minute, to.close, from.close));
    }
}
