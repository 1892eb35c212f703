//! Coinbase Advanced Trade's market data ("WebSocket Channels" of its documentation, 2025): `market_trades`,
//! `candles` of five minutes, and `heartbeats`.
//!
//! Each message has a number on its connection. Heartbeats come once a second, trades in batches of a
//! quarter of one, so that a heartbeat vouches for what is a second old.

use std::time::Duration;

use chassis::grid::{Interval, Minute, Timestamp};
use market::{bar::Bar, convention::Unit, number::Number, stamp};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    message::{Message, Says, Trade, Unreadable},
    source::{Of, Source},
};

/// How long the bars are that it makes.
pub(crate) const CANDLE: Duration = Duration::from_mins(5);

/// How much later than a heartbeat trades of before it may come.
const BATCH: Duration = Duration::from_secs(1);

/// What is to be said to it once it is connected: one channel at a time.
pub(crate) fn subscriptions(source: &Source) -> Vec<String> {
    let channel = match source.of {
        Of::Trades => "market_trades",
        Of::Klines => "candles",
    };
    let subscription = |channel| {
        let symbol = &source.symbol;
        format!(r#"{{"type":"subscribe","product_ids":["{symbol}"],"channel":"{channel}"}}"#)
    };
    vec![subscription(channel), subscription("heartbeats")]
}

/// A refusal, where it is one: `{"type":"error","message":"…"}`.
#[derive(Deserialize)]
struct Kind {
    channel: Option<IgnoredAny>,
    message: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Envelope {
    channel: Box<str>,
    timestamp: Box<str>,
    sequence_num: u64,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    trades: Vec<Traded>,
    #[serde(default)]
    candles: Vec<Candle>,
}

#[derive(Deserialize)]
struct Traded {
    trade_id: Box<str>,
    product_id: Box<str>,
    price: Box<str>,
    size: Box<str>,
    side: Box<str>,
    time: Box<str>,
}

#[derive(Deserialize)]
struct Candle {
    start: Box<str>,
    product_id: Box<str>,
    open: Box<str>,
    high: Box<str>,
    low: Box<str>,
    close: Box<str>,
    volume: Box<str>,
}

/// Reads one of its messages.
pub(crate) fn read(text: &str, source: &Source, interval: Interval) -> Result<Message, Unreadable> {
    let unreadable = |why: String| Unreadable::new(text, &why);
    let kind: Kind = parse(text).map_err(unreadable)?;
    if let (None, Some(message)) = (kind.channel, kind.message) {
        return Ok(Message { sequence: None, says: Says::Refused(message) });
    }
    let envelope = parse(text).map_err(unreadable)?;
    let says = says(&envelope, source, interval).map_err(unreadable)?;
    Ok(Message { sequence: Some(envelope.sequence_num), says })
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn says(envelope: &Envelope, source: &Source, interval: Interval) -> Result<Says, String> {
    let events = &envelope.events;
    match (&*envelope.channel, source.of) {
        ("subscriptions", _) => Ok(Says::Subscribed),
        ("heartbeats", _) => {
            Ok(Says::Passed { until: time(&envelope.timestamp)?.minus(BATCH), last: None })
        }
        ("market_trades", Of::Trades) => {
            let trades = events.iter().flat_map(|event| &event.trades);
            let trades = trades.map(|traded| trade(traded, source));
            let mut trades = trades.collect::<Result<Vec<_>, _>>()?;
            trades.sort_by_key(|trade| trade.id);
            Ok(Says::Trades(trades))
        }
        ("candles", Of::Klines) => {
            let candles = events.iter().flat_map(|event| &event.candles);
            let bars = candles.map(|candle| bar(candle, source, interval));
            let mut bars = bars.collect::<Result<Vec<_>, _>>()?;
            bars.sort_by_key(|(bar, _)| bar.minute);
            Ok(Says::Bars(bars))
        }
        _ => Ok(Says::Alive),
    }
}

fn trade(traded: &Traded, source: &Source) -> Result<Trade, String> {
    of(&traded.product_id, source)?;
    let id = traded.trade_id.parse();
    Ok(Trade {
        id: id.map_err(|_| format!("`{}` is no number of a trade", traded.trade_id))?,
        at: time(&traded.time)?,
        price: number(&traded.price)?,
        size: number(&traded.size)?,
        taker_buys: taker_buys(&traded.side)?,
    })
}

/// The side is the maker's, as with the matches of Coinbase's other feeds.
fn taker_buys(side: &str) -> Result<bool, String> {
    match side {
        "SELL" => Ok(true),
        "BUY" => Ok(false),
        _ => Err(format!("`{side}` is no side; there are BUY and SELL")),
    }
}

/// It does not say that a candle is complete; a later one does.
fn bar(candle: &Candle, source: &Source, interval: Interval) -> Result<(Bar, bool), String> {
    of(&candle.product_id, source)?;
    let start = stamp::parse(&candle.start, Unit::Seconds);
    let start = start.ok_or_else(|| format!("`{}` is no time in seconds", candle.start))?;
    let bar = Bar {
        minute: Minute::starting(start, interval).map_err(|error| error.to_string())?,
        open: number(&candle.open)?,
        high: number(&candle.high)?,
        low: number(&candle.low)?,
        close: number(&candle.close)?,
        volume: number(&candle.volume)?,
        taker_buy: None,
    };
    Ok((bar, false))
}

fn of(product: &str, source: &Source) -> Result<(), String> {
    if *product == *source.symbol { Ok(()) } else { Err(format!("it is not of {}", source.symbol)) }
}

fn number(text: &str) -> Result<Number, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn time(text: &str) -> Result<Timestamp, String> {
    stamp::parse(text, Unit::Text).ok_or_else(|| format!("`{text}` is no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        text.parse().unwrap()
    }

    fn message(channel: &str, events: &str) -> String {
        format!(
            r#"{{"channel":"{channel}","client_id":"","timestamp":"2026-11-20T12:00:03.123456789Z","sequence_num":7,"events":[{events}]}}"#
        )
    }

    fn says(text: &str, source: &Source) -> Result<Says, String> {
        let read = read(text, source, "5m".parse().unwrap());
        read.map(|message| message.says).map_err(|error| error.why.into())
    }

    const TRADES: &str = r#"{"type":"update","trades":[{"trade_id":"12","product_id":"BTC-USD","price":"46319.02","size":"0.3","side":"SELL","time":"2026-11-20T12:00:02.5Z"},{"trade_id":"11","product_id":"BTC-USD","price":"46319.01","size":"0.1","side":"BUY","time":"2026-11-20T12:00:02.265123Z"}]}"#;

    #[test]
    fn it_is_asked_for_a_channel_at_a_time() {
        assert_eq!(
            subscriptions(&source("coinbase:BTC-USD")),
            [
                r#"{"type":"subscribe","product_ids":["BTC-USD"],"channel":"market_trades"}"#,
                r#"{"type":"subscribe","product_ids":["BTC-USD"],"channel":"heartbeats"}"#
            ]
        );
    }

    #[test]
    fn trades_come_newest_first_and_are_read_oldest_first() {
        let read = read(
            &message("market_trades", TRADES),
            &source("coinbase:BTC-USD"),
            Interval::default(),
        );
        let Message { sequence, says: Says::Trades(trades) } = read.unwrap() else {
            panic!("no trades")
        };
        assert_eq!(sequence, Some(7));
        assert_eq!(trades.iter().map(|trade| trade.id).collect::<Vec<_>>(), [11, 12]);
        assert_eq!(trades.iter().map(|trade| trade.taker_buys).collect::<Vec<_>>(), [false, true]);
        assert_eq!(trades[0].at, Timestamp::parse("2026-11-20T12:00:02.265123Z").unwrap());
        for (what, instead) in
            [("BTC-USD", "ETH-USD"), ("\"11\"", "\"x\""), ("BUY", "HOLD"), ("46319.01", "-")]
        {
            let wrong = message("market_trades", &TRADES.replace(what, instead));
            assert!(says(&wrong, &source("coinbase:BTC-USD")).is_err(), "{what}");
        }
    }

    #[test]
    fn a_heartbeat_vouches_for_what_is_a_second_old() {
        let beat = r#"{"current_time":"2026-11-20 12:00:03.1 +0000 UTC m=+9.5","heartbeat_counter":"3049"}"#;
        let until = Timestamp::parse("2026-11-20T12:00:02.123456Z").unwrap();
        let said = says(&message("heartbeats", beat), &source("coinbase:BTC-USD"));
        assert_eq!(said, Ok(Says::Passed { until, last: None }));
    }

    #[test]
    fn candles_are_bars_that_are_not_known_to_be_complete() {
        let candle = |start| {
            format!(
                r#"{{"start":"{start}","high":"12","low":"9","open":"10","close":"11","volume":"0.2","product_id":"BTC-USD"}}"#
            )
        };
        let events = format!(
            r#"{{"type":"snapshot","candles":[{},{}]}}"#,
            candle(1_795_176_300),
            candle(1_795_176_000)
        );
        let Says::Bars(bars) =
            says(&message("candles", &events), &source("coinbase:BTC-USD/klines")).unwrap()
        else {
            panic!("no bars")
        };
        assert!(bars[0].0.minute < bars[1].0.minute);
        assert!(bars.iter().all(|(_, complete)| !complete));
        let off = events.replace("1795176000", "1795176001");
        assert!(says(&message("candles", &off), &source("coinbase:BTC-USD/klines")).is_err());
    }

    #[test]
    fn answers_refusals_and_other_channels_are_told_apart() {
        let source = source("coinbase:BTC-USD");
        let events = r#"{"subscriptions":{"heartbeats":["heartbeats"]}}"#;
        assert_eq!(says(&message("subscriptions", events), &source), Ok(Says::Subscribed));
        let refused = r#"{"type":"error","message":"authentication failure"}"#;
        assert_eq!(says(refused, &source), Ok(Says::Refused("authentication failure".into())));
        assert_eq!(says(&message("status", "{}"), &source), Ok(Says::Alive));
        for text in ["", "null", "{}", "[1]", r#"{"channel":"market_trades"}"#] {
            assert!(says(text, &source).is_err(), "{text}");
        }
    }
}
