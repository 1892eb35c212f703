//! What is said to clients of Coinbase's Advanced Trade.

use serde_json::{Value, json};

use super::samples::{at, bar, opening, second, texts, trade};
use crate::{
    bar::Bar,
    coinbase::{CANDLE, Session},
    market::Trade,
    message::{Event, Say},
};

const AT: &str = "2026-11-20T12:00:01Z";

fn session(recent: Vec<Trade>) -> Session {
    Session::open("/", "BTC-USD", &opening(recent)).unwrap()
}

/// What is said to a request about a channel.
fn ask(session: &mut Session, kind: &str, channel: &str) -> Vec<Value> {
    let request = json!({ "type": kind, "product_ids": ["BTC-USD"], "channel": channel });
    texts(session.hear(&request.to_string(), at(AT)))
}

fn message(channel: &str, sequence: u64, event: &Value) -> Value {
    json!({
        "channel": channel, "client_id": "", "timestamp": "2026-11-20T12:00:01.000000000Z",
        "sequence_num": sequence, "events": [event],
    })
}

fn told_trade(id: &str, side: &str) -> Value {
    json!({
        "trade_id": id, "product_id": "BTC-USD", "price": "60000.10", "size": "0.00512",
        "side": side, "time": "2026-11-20T12:00:01.500123Z",
    })
}

fn candle(bar: &Bar) -> Value {
    json!({
        "start": "1795176000", "high": bar.high.to_string(), "low": bar.low.to_string(),
        "open": bar.open.to_string(), "close": bar.close.to_string(),
        "volume": bar.volume.to_string(), "product_id": "BTC-USD",
    })
}

#[test]
fn trades_begin_with_a_snapshot_and_come_in_batches_newest_first() {
    let mut session = session(vec![trade(6), trade(7)]);
    let said = ask(&mut session, "subscribe", "market_trades");
    let subscribed = json!({ "subscriptions": { "market_trades": ["BTC-USD"] } });
    // A taker that buys (odd ids) meets a maker that sells, and the maker's side is told.
    let trades = [told_trade("7", "SELL"), told_trade("6", "BUY")];
    let snapshot = json!({ "type": "snapshot", "trades": trades });
    let expected =
        [message("subscriptions", 0, &subscribed), message("market_trades", 1, &snapshot)];
    assert_eq!(said, expected);

    assert_eq!(session.tell(&Event::Trade(trade(8))), []);
    assert_eq!(session.tell(&Event::Trade(trade(9))), []);
    let said = session.tell(&Event::Quarter(at(AT)));
    assert!(matches!(&said[..], [Say::Trades(_)]), "{said:?}");
    let trades = [told_trade("9", "SELL"), told_trade("8", "BUY")];
    let update = json!({ "type": "update", "trades": trades });
    assert_eq!(texts(said), [message("market_trades", 2, &update)]);
    assert_eq!(session.tell(&Event::Quarter(at(AT))), [], "without trades");
}

#[test]
fn a_snapshot_has_a_hundred_trades_and_no_update_has_one_of_them() {
    let mut session = session((1..=100).map(trade).collect());
    assert_eq!(session.tell(&Event::Trade(trade(101))), []);
    let said = ask(&mut session, "subscribe", "market_trades");
    let trades = said[1]["events"][0]["trades"].as_array().unwrap();
    assert_eq!(trades.len(), 100);
    assert_eq!([&trades[0]["trade_id"], &trades[99]["trade_id"]], ["101", "2"]);
    assert_eq!(session.tell(&Event::Quarter(at(AT))), []);
}

#[test]
fn a_heartbeat() {
    let mut session = session(Vec::new());
    let said = ask(&mut session, "subscribe", "heartbeats");
    let subscribed = json!({ "subscriptions": { "heartbeats": ["heartbeats"] } });
    assert_eq!(said, [message("subscriptions", 0, &subscribed)]);
    let mut expected = message(
        "heartbeats",
        1,
        &json!({
            "current_time": "2026-11-20 12:00:02.000456000 +0000 UTC m=+61.500000000",
            "heartbeat_counter": "3049",
        }),
    );
    expected["timestamp"] = json!("2026-11-20T12:00:02.000456000Z");
    assert_eq!(texts(session.tell(&second(Vec::new(), Vec::new()))), [expected]);
}

#[test]
fn candles_are_told_when_something_was_traded() {
    let mut session = session(Vec::new());
    let said = ask(&mut session, "subscribe", "candles");
    assert_eq!(said[1]["events"][0], json!({ "type": "snapshot", "candles": [] }));
    let mut told = |closed: &[Bar], open: Bar| {
        let said = texts(session.tell(&second(closed.to_vec(), vec![open])));
        said.into_iter().map(|message| message["events"][0].clone()).collect::<Vec<_>>()
    };
    let (quiet, traded) = (bar(CANDLE, false), bar(CANDLE, true));
    assert_eq!(told(&[], quiet), [Value::Null; 0]);
    let update = json!({ "type": "update", "candles": [candle(&traded)] });
    assert_eq!(told(&[], traded), [update]);
    assert_eq!(told(&[], traded), [Value::Null; 0], "as it was told");
    let mut last = traded;
    last.add(&trade(9));
    let update = json!({ "type": "update", "candles": [candle(&last)] });
    assert_eq!(told(&[last], quiet), [update], "what came in its last second");
}

#[test]
fn every_message_of_a_connection_has_the_next_number() {
    let mut session = session(Vec::new());
    let mut said = ask(&mut session, "subscribe", "market_trades");
    said.extend(ask(&mut session, "subscribe", "heartbeats"));
    said.extend(ask(&mut session, "subscribe", "candles"));
    session.tell(&Event::Trade(trade(1)));
    said.extend(texts(session.tell(&Event::Quarter(at(AT)))));
    said.extend(texts(session.tell(&second(Vec::new(), vec![bar(CANDLE, true)]))));
    said.extend(ask(&mut session, "unsubscribe", "candles"));
    let numbers: Vec<u64> =
        said.iter().map(|message| message["sequence_num"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..9).collect::<Vec<u64>>());
    let subscribed = json!({ "heartbeats": ["heartbeats"], "market_trades": ["BTC-USD"] });
    assert_eq!(said[8]["events"][0]["subscriptions"], subscribed);
    assert_eq!(ask(&mut session, "subscribe", "market_trades").len(), 1, "no snapshot again");
}

#[test]
fn requests_that_make_no_sense_are_answered() {
    let mut session = session(Vec::new());
    let all = r#"["candles", "heartbeats", "market_trades"]"#;
    for (request, message) in [
        ("x", "channel is required"),
        (r#"{"type":"subscribe"}"#, "channel is required"),
        (r#"{"channel":"level2"}"#, &*format!("level2 is not one of the channels {all}")),
        (r#"{"channel":"candles"}"#, "type is neither subscribe nor unsubscribe"),
        (r#"{"type":"subscribe","channel":"candles"}"#, "product_ids is required"),
        (
            r#"{"type":"subscribe","channel":"candles","product_ids":["BTC-USD","ETH-USD"]}"#,
            "ETH-USD is not a valid product",
        ),
    ] {
        let expected = json!({ "type": "error", "message": message });
        assert_eq!(texts(session.hear(request, at(AT))), [expected], "{request}");
    }
    assert!(Session::open("/ws", "BTC-USD", &opening(Vec::new())).is_none());
}

#[test]
fn whoever_does_not_subscribe_in_time_is_turned_away() {
    let quarter = |session: &mut Session, text| session.tell(&Event::Quarter(at(text)));
    let mut silent = session(Vec::new());
    assert_eq!(quarter(&mut silent, "2026-11-20T12:00:04.75Z"), []);
    let closed = [Say::Close(1008, "no subscription within 5 seconds")];
    assert_eq!(quarter(&mut silent, "2026-11-20T12:00:05Z"), closed);
    let mut greeted = session(Vec::new());
    ask(&mut greeted, "subscribe", "heartbeats");
    ask(&mut greeted, "unsubscribe", "heartbeats");
    assert_eq!(quarter(&mut greeted, "2026-11-20T12:01:00Z"), []);
}
