//! Longer bars, made of shorter ones.

use chassis::grid::{Interval, Minute};

use crate::candle::Candle;

/// Puts the candles of an interval together to those of a longer one, on the grid of that one. The
/// first one is left out unless its beginning was seen. One whose last minute is missing ends with the
/// next candle.
#[derive(Clone, Debug)]
pub struct Resample {
    interval: Interval,
    every: Interval,
    first: Option<Minute>,
    begun: Option<Candle>,
}

/// The longer interval is no multiple of the shorter one.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("bars of {interval} cannot be put together to bars of {every}: it is no multiple")]
pub struct NoMultiple {
    interval: Interval,
    every: Interval,
}

impl Resample {
    /// From candles of `interval` to candles of `every`, and how many of those make one of these.
    pub fn new(interval: Interval, every: Interval) -> Result<(Self, usize), NoMultiple> {
        let (short, long) = (interval.duration().as_millis(), every.duration().as_millis());
        if !long.is_multiple_of(short) {
            return Err(NoMultiple { interval, every });
        }
        let count = usize::try_from(long / short).expect("a day has few half seconds");
        Ok((Self { interval, every, first: None, begun: None }, count))
    }

    /// Takes a candle and gives `take` each one that is over with it: one, or two if the one before
    /// never saw its end.
    pub fn next(&mut self, candle: &Candle, mut take: impl FnMut(&Candle)) {
        let start = candle.minute().start();
        let whole = Minute::containing(start, self.every);
        let first = *self.first.get_or_insert(whole);
        if whole == first && self.begun.is_none() && start != whole.start() {
            return;
        }
        if let Some(ended) = self.begun.take_if(|begun| begun.minute() != whole) {
            take(&ended);
        }
        let merged = match self.begun {
            Some(begun) => begun.merged(candle, whole),
            None => candle.of_minute(whole),
        };
        let is_over = candle.minute().next(self.interval) == whole.next(self.every);
        if is_over {
            self.begun = None;
            take(&merged);
        } else {
            self.begun = Some(merged);
        }
    }
}
