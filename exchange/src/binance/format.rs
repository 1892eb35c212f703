//! Messages of Binance's spot market, as its documentation of WebSocket streams has them.

use std::time::Duration;

use chassis::grid::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{bar::Bar, market::Trade, stamp::millis};

/// The intervals of klines.
pub(crate) const INTERVALS: [(&str, Duration); 13] = [
    ("1s", Duration::from_secs(1)),
    ("1m", Duration::from_mins(1)),
    ("3m", Duration::from_mins(3)),
    ("5m", Duration::from_mins(5)),
    ("15m", Duration::from_mins(15)),
    ("30m", Duration::from_mins(30)),
    ("1h", Duration::from_hours(1)),
    ("2h", Duration::from_hours(2)),
    ("4h", Duration::from_hours(4)),
    ("6h", Duration::from_hours(6)),
    ("8h", Duration::from_hours(8)),
    ("12h", Duration::from_hours(12)),
    ("1d", Duration::from_hours(24)),
];

/// A trade, told at once.
pub(super) fn trade(symbol: &str, trade: &Trade) -> Value {
    json!({
        "e": "trade",
        "E": millis(trade.at),
        "s": symbol,
        "t": trade.id,
        "p": number(trade.price),
        "q": number(trade.size),
        "T": millis(trade.at),
        "m": buyer_is_maker(trade),
        "M": true,
    })
}

/// A bar of `interval`, told at `at`; its ids are -1 when it has no trades.
pub(super) fn kline(symbol: &str, interval: &str, bar: &Bar, at: Timestamp, closed: bool) -> Value {
    let id = |id: Option<u64>| id.map_or_else(|| json!(-1), |id| json!(id));
    json!({
        "e": "kline",
        "E": millis(at),
        "s": symbol,
        "k": {
            "t": millis(bar.start),
            "T": millis(bar.end()) - 1,
            "s": symbol,
            "i": interval,
            "f": id(bar.ids.map(|(first, _)| first)),
            "L": id(bar.ids.map(|(_, last)| last)),
            "o": number(bar.open),
            "c": number(bar.close),
            "h": number(bar.high),
            "l": number(bar.low),
            "v": number(bar.volume),
            "n": bar.trades,
            "x": closed,
            "q": number(bar.quote),
            "V": number(bar.bought),
            "Q": number(bar.bought_quote),
            "B": "0",
        },
    })
}

/// A message of a combined stream.
pub(super) fn combined(stream: &str, data: &Value) -> Value {
    json!({ "stream": stream, "data": data })
}

/// The answer to a request: null for one that is done, a list for one that asks for it.
pub(super) fn answer(result: &Value, id: &Value) -> Value {
    json!({ "result": result, "id": id })
}

/// The answer to a request that is refused.
pub(super) fn refusal(code: u8, message: &str, id: &Value) -> Value {
    json!({ "error": { "code": code, "msg": message }, "id": id })
}

/// Eight places, as the venue writes prices and quantities.
fn number(number: Decimal) -> String {
    format!("{number:.8}")
}

fn buyer_is_maker(trade: &Trade) -> bool {
    !trade.taker_buys
}
