//! What the tests of formats say messages of.

use std::{sync::Arc, time::Duration};

use chassis::grid::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    bar::Bar,
    market::Trade,
    message::{Event, Opening, Say, Second},
};

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A trade at 12:00:01.5, in which the taker buys if `id` is odd.
pub(super) fn trade(id: u64) -> Trade {
    let at = at("2026-11-20T12:00:01.500123Z");
    let (price, size) = (decimal("60000.10"), decimal("0.00512"));
    Trade { id, at, price, size, taker_buys: id % 2 == 1 }
}

/// A bar of 12:00 with the trades 7 and 8, or one without trades.
pub(super) fn bar(length: Duration, traded: bool) -> Bar {
    let mut bar = Bar::containing(at("2026-11-20T12:00:00Z"), length, decimal("60000.00"));
    if traded {
        bar.add(&trade(7));
        bar.add(&Trade { price: decimal("59999.9"), ..trade(8) });
    }
    bar
}

/// A second that ends at 12:00:02.
pub(super) fn second(closed: Vec<Bar>, open: Vec<Bar>) -> Event {
    let at = at("2026-11-20T12:00:02.000456Z");
    let mono = Duration::from_millis(61_500);
    Event::Second(Arc::new(Second { at, count: 3049, mono, closed, open }))
}

/// A connection that opens at noon, when there have been these trades.
pub(super) fn opening(recent: Vec<Trade>) -> Opening {
    Opening { at: at("2026-11-20T12:00:00Z"), recent, bars: Vec::new(), muted: false }
}

/// The texts as JSON.
pub(super) fn texts(said: Vec<Say>) -> Vec<Value> {
    let text = |say| match say {
        Say::Text(text) | Say::Trades(text) => serde_json::from_str(&text).unwrap(),
        other @ (Say::Ping | Say::Close(..)) => panic!("{other:?} is no text"),
    };
    said.into_iter().map(text).collect()
}
