//! Bars: what the trades of a stretch of time come to. Pure.

use std::time::Duration;

use chassis::grid::Timestamp;
use rust_decimal::Decimal;

use crate::{market::Trade, stamp::grid_start};

/// The trades of one stretch of the UTC grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) length: Duration,
    pub(crate) start: Timestamp,
    pub(crate) open: Decimal,
    pub(crate) high: Decimal,
    pub(crate) low: Decimal,
    pub(crate) close: Decimal,
    /// The ids of the first trade and the last one; none without trades.
    pub(crate) ids: Option<(u64, u64)>,
    pub(crate) trades: u64,
    pub(crate) volume: Decimal,
    /// The volume in the quote currency.
    pub(crate) quote: Decimal,
    /// What takers bought of the volume.
    pub(crate) bought: Decimal,
    /// What takers bought, in the quote currency.
    pub(crate) bought_quote: Decimal,
}

impl Bar {
    /// The bar that `at` falls into, before its first trade: all its prices are the last one.
    pub(crate) fn containing(at: Timestamp, length: Duration, price: Decimal) -> Self {
        Self {
            length,
            start: grid_start(at, length),
            open: price,
            high: price,
            low: price,
            close: price,
            ids: None,
            trades: 0,
            volume: Decimal::ZERO,
            quote: Decimal::ZERO,
            bought: Decimal::ZERO,
            bought_quote: Decimal::ZERO,
        }
    }

    /// The first instant that is not in it.
    pub(crate) fn end(&self) -> Timestamp {
        self.start.plus(self.length)
    }

    /// Takes in a trade of its time.
    pub(crate) fn add(&mut self, trade: &Trade) {
        let first = self.ids.map_or(trade.id, |(first, _)| first);
        if self.ids.is_none() {
            (self.open, self.high, self.low) = (trade.price, trade.price, trade.price);
        }
        self.ids = Some((first, trade.id));
        self.high = self.high.max(trade.price);
        self.low = self.low.min(trade.price);
        self.close = trade.price;
        self.trades += 1;
        self.volume += trade.size;
        self.quote += trade.price * trade.size;
        if trade.taker_buys {
            self.bought += trade.size;
            self.bought_quote += trade.price * trade.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_bar_is_what_its_trades_come_to() {
        let at = Timestamp::parse("2026-11-20T12:03:01Z").unwrap();
        let mut bar = Bar::containing(at, Duration::from_mins(5), decimal("9"));
        assert_eq!(bar.start.to_string(), "2026-11-20T12:00:00Z");
        assert_eq!(bar.end().to_string(), "2026-11-20T12:05:00Z");
        assert_eq!((bar.open, bar.close, bar.ids), (decimal("9"), decimal("9"), None));
        for (id, price, taker_buys) in [(4, "10", true), (5, "12", false), (6, "11", true)] {
            let (price, size) = (decimal(price), decimal("0.5"));
            bar.add(&Trade { id, at, price, size, taker_buys });
        }
        let prices = [bar.open, bar.high, bar.low, bar.close];
        assert_eq!(prices, ["10", "12", "10", "11"].map(decimal));
        assert_eq!((bar.ids, bar.trades), (Some((4, 6)), 3));
        let volumes = [bar.volume, bar.quote, bar.bought, bar.bought_quote];
        assert_eq!(volumes, ["1.5", "16.5", "1", "10.5"].map(decimal));
    }
}
