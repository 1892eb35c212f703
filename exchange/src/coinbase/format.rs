//! Messages of Coinbase's Advanced Trade, as its documentation of WebSocket channels has them.

use std::collections::BTreeMap;

use chassis::grid::Timestamp;
use serde_json::{Value, json};

use crate::{
    bar::Bar,
    market::Trade,
    message::Second,
    stamp::{go, rfc3339_micros, rfc3339_nanos, seconds},
};

/// A message of a channel, the `sequence`th of its connection.
pub(super) fn message(channel: &str, at: Timestamp, sequence: u64, event: &Value) -> Value {
    json!({
        "channel": channel,
        "client_id": "",
        "timestamp": rfc3339_nanos(at),
        "sequence_num": sequence,
        "events": [event],
    })
}

/// What a client is subscribed to: products by channel.
pub(super) fn subscriptions(products: &BTreeMap<&str, Vec<&str>>) -> Value {
    json!({ "subscriptions": products })
}

/// Trades, in the order in which they are given: the venue sends the newest first.
pub(super) fn trades<'a>(
    kind: &str,
    product: &str,
    trades: impl Iterator<Item = &'a Trade>,
) -> Value {
    let trades: Vec<Value> = trades.map(|one| trade(product, one)).collect();
    json!({ "type": kind, "trades": trades })
}

fn trade(product: &str, trade: &Trade) -> Value {
    json!({
        "trade_id": trade.id.to_string(),
        "product_id": product,
        "price": trade.price.to_string(),
        "size": trade.size.to_string(),
        "side": maker_side(trade),
        "time": rfc3339_micros(trade.at),
    })
}

/// What the venue calls the side of a trade: that of the maker, whose order was on the book, as in
/// the `match` message of Coinbase's Exchange. A taker that buys makes a trade of side `SELL`.
fn maker_side(trade: &Trade) -> &'static str {
    if trade.taker_buys { "SELL" } else { "BUY" }
}

/// Bars of five minutes.
pub(super) fn candles<'a>(kind: &str, product: &str, bars: impl Iterator<Item = &'a Bar>) -> Value {
    let candle = |bar: &Bar| {
        json!({
            "start": seconds(bar.start).to_string(),
            "high": bar.high.to_string(),
            "low": bar.low.to_string(),
            "open": bar.open.to_string(),
            "close": bar.close.to_string(),
            "volume": bar.volume.to_string(),
            "product_id": product,
        })
    };
    json!({ "type": kind, "candles": bars.map(candle).collect::<Vec<_>>() })
}

/// A heartbeat.
pub(super) fn heartbeat(second: &Second) -> Value {
    json!({
        "current_time": go(second.at, second.mono),
        "heartbeat_counter": second.count.to_string(),
    })
}

/// The answer to a request that is refused.
pub(super) fn refusal(message: &str) -> Value {
    json!({ "type": "error", "message": message })
}
