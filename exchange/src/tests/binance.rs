//! What is said to clients of Binance's spot market.

use std::time::Duration;

use serde_json::{Value, json};

use super::samples::{bar, second, texts, trade};
use crate::{
    binance::Session,
    message::{Event, Say},
};

const MINUTE: Duration = Duration::from_mins(1);

fn session(streams: &str) -> Session {
    Session::open(&format!("/ws/{streams}"), "BTCUSDT").unwrap()
}

fn answer(session: &mut Session, request: &Value) -> Value {
    texts(session.hear(&request.to_string())).remove(0)
}

#[test]
fn a_trade() {
    let mut session = session("btcusdt@trade");
    let said = session.tell(&Event::Trade(trade(7)));
    assert!(matches!(&said[..], [Say::Trades(_)]), "{said:?}");
    let expected = json!({
        "e": "trade", "E": 1_795_176_001_500_i64, "s": "BTCUSDT", "t": 7, "p": "60000.10000000",
        "q": "0.00512000", "T": 1_795_176_001_500_i64, "m": false, "M": true,
    });
    assert_eq!(texts(said), [expected]);
    let sold = texts(session.tell(&Event::Trade(trade(8))));
    assert_eq!(sold[0]["m"], true, "a taker that sells meets a maker that buys");
}

#[test]
fn a_kline_goes_on_and_is_closed_once() {
    let mut session = session("btcusdt@kline_1m");
    let mut kline = |closed: bool| {
        let bars = vec![bar(MINUTE, true)];
        let next = vec![bar(MINUTE, false)];
        texts(session.tell(&if closed { second(bars, next) } else { second(Vec::new(), bars) }))
    };
    let mut expected = json!({
        "e": "kline", "E": 1_795_176_002_000_i64, "s": "BTCUSDT",
        "k": {
            "t": 1_795_176_000_000_i64, "T": 1_795_176_059_999_i64, "s": "BTCUSDT", "i": "1m",
            "f": 7, "L": 8, "o": "60000.10000000", "c": "59999.90000000", "h": "60000.10000000",
            "l": "59999.90000000", "v": "0.01024000", "n": 2, "x": false, "q": "614.40000000",
            "V": "0.00512000", "Q": "307.20051200", "B": "0",
        },
    });
    assert_eq!(kline(false), [expected.clone()]);
    expected["k"]["x"] = json!(true);
    assert_eq!(kline(true), [expected]);
}

#[test]
fn a_kline_without_trades_has_the_last_price_and_no_ids() {
    let event = second(Vec::new(), vec![bar(MINUTE, false)]);
    let said = texts(session("btcusdt@kline_1m").tell(&event));
    let kline = &said[0]["k"];
    for price in ["o", "h", "l", "c"] {
        assert_eq!(kline[price], "60000.00000000");
    }
    for volume in ["v", "q", "V", "Q"] {
        assert_eq!(kline[volume], "0.00000000");
    }
    assert_eq!([&kline["f"], &kline["L"], &kline["n"]], [-1, -1, 0]);
}

#[test]
fn streams_are_subscribed_to_listed_and_left() {
    let mut session = session("");
    for (method, params, result) in [
        ("SUBSCRIBE", json!(["btcusdt@trade", "ethusdt@trade"]), Value::Null),
        ("LIST_SUBSCRIPTIONS", Value::Null, json!(["btcusdt@trade", "ethusdt@trade"])),
        ("UNSUBSCRIBE", json!(["ethusdt@trade"]), Value::Null),
        ("LIST_SUBSCRIPTIONS", Value::Null, json!(["btcusdt@trade"])),
    ] {
        let request = json!({ "method": method, "params": params, "id": 1 });
        assert_eq!(answer(&mut session, &request), json!({ "result": result, "id": 1 }));
    }
    assert_eq!(session.tell(&Event::Trade(trade(1))).len(), 1);
    let other_kinds = second(Vec::new(), vec![bar(MINUTE, true)]);
    assert_eq!(session.tell(&other_kinds), []);
}

#[test]
fn requests_that_make_no_sense_are_answered() {
    let mut session = session("");
    for (request, message) in [
        (json!({ "method": "SUBSCRIBE", "params": [] }), "request ID must be an unsigned integer"),
        (json!({ "id": 3 }), "missing field `method`"),
        (json!({ "method": 1, "id": 3 }), "method must be a string"),
        (json!({ "method": "SUBSCRIBE", "id": 3 }), "missing field `params`"),
        (json!({ "method": "SUBSCRIBE", "params": "a", "id": 3 }), "params must be an array"),
        (json!({ "method": "SUBSCRIBE", "params": [1], "id": 3 }), "params must be strings"),
        (
            json!({ "method": "SUBSCRIBE", "params": vec!["a"; 1025], "id": 3 }),
            "too many parameters",
        ),
        (
            json!({ "method": "LISTEN", "id": 3 }),
            "unknown variant `LISTEN`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`",
        ),
    ] {
        let error = json!({ "code": 2, "msg": format!("Invalid request: {message}") });
        let expected = json!({ "error": error, "id": request["id"] });
        assert_eq!(answer(&mut session, &request), expected);
    }
    let error = texts(session.hear("SUBSCRIBE")).remove(0);
    assert_eq!(error["error"]["code"], 3);
    assert!(error["error"]["msg"].as_str().unwrap().starts_with("Invalid JSON: expected value"));
}

#[test]
fn the_path_says_streams_and_whether_messages_name_them() {
    for target in ["/", "/ws2", "/stream2?streams=a", ""] {
        assert!(Session::open(target, "BTCUSDT").is_none(), "{target}");
    }
    let target = "/stream?streams=ethusdt@trade/btcusdt@trade";
    let mut session = Session::open(target, "BTCUSDT").unwrap();
    let said = texts(session.tell(&Event::Trade(trade(7))));
    assert_eq!(said[0]["stream"], "btcusdt@trade");
    assert_eq!(said[0]["data"]["t"], 7);
}

#[test]
fn a_ping_comes_every_twenty_seconds() {
    let mut session = session("");
    let mut pings = Vec::new();
    for count in 1..=60 {
        let said = session.tell(&second(Vec::new(), Vec::new()));
        pings.extend((said == [Say::Ping]).then_some(count));
    }
    assert_eq!(pings, [20, 40, 60]);
}
