//! Bars: what was traded in a minute, and the proof that the minute is over.

use std::fmt;

use chassis::grid::{Interval, Minute, Timestamp};

use crate::number::Number;

/// What was traded in one minute. Prices and volumes are in the units of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The minute, which begins at the bar's open time.
    pub minute: Minute,
    /// First price.
    pub open: Number,
    /// Highest price.
    pub high: Number,
    /// Lowest price.
    pub low: Number,
    /// Last price.
    pub close: Number,
    /// How much was traded.
    pub volume: Number,
    /// How much of it takers bought, where the source says so.
    pub taker_buy: Option<Number>,
}

/// Why a bar cannot be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// A price is zero or negative.
    NotPositive(&'static str, Number),
    /// The highest price is below the lowest.
    HighBelowLow(Number, Number),
    /// The first or the last price is not between the lowest and the highest.
    Outside(&'static str, Number),
    /// A volume is negative.
    Negative(&'static str, Number),
    /// Takers bought more than was traded.
    BoughtMore(Number, Number),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPositive(what, price) => write!(f, "its {what}, {price}, is not positive"),
            Self::HighBelowLow(high, low) => write!(f, "its high, {high}, is below its low, {low}"),
            Self::Outside(what, price) => {
                write!(f, "its {what}, {price}, is not between its low and its high")
            }
            Self::Negative(what, volume) => write!(f, "its {what}, {volume}, is negative"),
            Self::BoughtMore(bought, volume) => {
                write!(f, "takers bought {bought} of {volume} that were traded")
            }
        }
    }
}

impl Bar {
    /// What is wrong with it in itself, if anything.
    pub fn fault(&self) -> Option<Fault> {
        let prices =
            [("open", self.open), ("high", self.high), ("low", self.low), ("close", self.close)];
        if let Some((what, price)) = prices.into_iter().find(|(_, price)| !is_positive(*price)) {
            return Some(Fault::NotPositive(what, price));
        }
        let (high, low) = (self.high.exact(), self.low.exact());
        if high < low {
            return Some(Fault::HighBelowLow(self.high, self.low));
        }
        let ends = [("open", self.open), ("close", self.close)];
        let outside = |(_, price): &(_, Number)| !(low..=high).contains(&price.exact());
        if let Some((what, price)) = ends.into_iter().find(outside) {
            return Some(Fault::Outside(what, price));
        }
        self.fault_of_volumes()
    }

    fn fault_of_volumes(&self) -> Option<Fault> {
        let taker_buy = self.taker_buy.map(|volume| ("taker-buy volume", volume));
        let volumes = [Some(("volume", self.volume)), taker_buy];
        let negative = |(_, volume): &(_, Number)| volume.exact().is_sign_negative();
        if let Some((what, volume)) = volumes.into_iter().flatten().find(negative) {
            return Some(Fault::Negative(what, volume));
        }
        let more = self.taker_buy.filter(|bought| bought.exact() > self.volume.exact())?;
        Some(Fault::BoughtMore(more, self.volume))
    }

    /// The bar for use, if its minute of `interval` is over at `now`.
    pub fn closed(&self, interval: Interval, now: Timestamp) -> Option<Closed<'_>> {
        let end = self.minute.next(interval).start();
        (end <= now).then_some(Closed(self))
    }
}

fn is_positive(price: Number) -> bool {
    price.exact().is_sign_positive() && !price.exact().is_zero()
}

/// A bar whose minute is over. Whatever computes takes this, so that nothing can look ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed<'a>(&'a Bar);

impl<'a> Closed<'a> {
    /// The bar.
    pub const fn bar(self) -> &'a Bar {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{bar, minute};

    #[test]
    fn a_bar_is_usable_when_its_minute_is_over_and_not_before() {
        let bar = bar(7, "100 101 99 100.5 3");
        let interval = Interval::default();
        let end = minute(8).start();
        assert!(bar.closed(interval, Timestamp::from_micros(end.as_micros() - 1)).is_none());
        assert_eq!(bar.closed(interval, end).unwrap().bar(), &bar);
    }

    #[test]
    fn what_cannot_have_been_traded_is_a_fault() {
        for (numbers, fault) in [
            ("100 101 99 100 0", None),
            ("100 100 100 100 5 5", None),
            ("0 101 99 100 1", Some("its open, 0, is not positive")),
            ("100 101 -99 100 1", Some("its low, -99, is not positive")),
            ("100 99 101 100 1", Some("its high, 99, is below its low, 101")),
            ("98 101 99 100 1", Some("its open, 98, is not between its low and its high")),
            ("100 101 99 102 1", Some("its close, 102, is not between its low and its high")),
            ("100 101 99 100 -1", Some("its volume, -1, is negative")),
            ("100 101 99 100 1 -1", Some("its taker-buy volume, -1, is negative")),
            ("100 101 99 100 1 2", Some("takers bought 2 of 1 that were traded")),
        ] {
            let found = bar(0, numbers).fault().map(|fault| fault.to_string());
            assert_eq!(found.as_deref(), fault, "{numbers}");
        }
    }
}
