//! Binance's WebSocket streams (Binance Spot API, "WebSocket Streams", 2024-12): raw streams at `/ws`,
//! with SUBSCRIBE.
//!
//! Beside the trades it is asked for the bars of a second: the last one of these says up to which trade
//! everything has happened, also when nothing did.

use std::time::Duration;

use chassis::grid::{Interval, Minute, Timestamp};
use market::{bar::Bar, convention::Unit, number::Number, stamp};
use serde::Deserialize;

use crate::{
    message::{Message, Says, Trade, Unreadable},
    source::{Of, Source},
};

/// The intervals of bars that it makes, and how it writes them.
const INTERVALS: [(u64, &str); 13] = [
    (1, "1s"),
    (60, "1m"),
    (180, "3m"),
    (300, "5m"),
    (900, "15m"),
    (1_800, "30m"),
    (3_600, "1h"),
    (7_200, "2h"),
    (14_400, "4h"),
    (21_600, "6h"),
    (28_800, "8h"),
    (43_200, "12h"),
    (86_400, "1d"),
];

/// How it writes an interval, if it makes bars of it.
pub(crate) fn word(interval: Interval) -> Option<&'static str> {
    let length = interval.duration();
    let found = INTERVALS.iter().find(|(seconds, _)| Duration::from_secs(*seconds) == length);
    found.map(|(_, word)| *word)
}

/// What is to be said to it once it is connected.
pub(crate) fn subscriptions(source: &Source, interval: Interval) -> Vec<String> {
    let symbol = source.symbol.to_ascii_lowercase();
    let stream = match source.of {
        Of::Trades => format!("{symbol}@trade"),
        Of::Klines => format!("{symbol}@kline_{}", word(interval).expect("it was checked")),
    };
    let mut streams = vec![stream, format!("{symbol}@kline_1s")];
    streams.dedup();
    let params: Vec<String> = streams.iter().map(|stream| format!("\"{stream}\"")).collect();
    vec![format!(r#"{{"method":"SUBSCRIBE","params":[{}],"id":1}}"#, params.join(","))]
}

/// What every message is looked at for.
#[derive(Deserialize)]
struct Kind {
    e: Option<Box<str>>,
    error: Option<Refusal>,
    id: Option<u64>,
}

#[derive(Deserialize)]
struct Refusal {
    msg: Box<str>,
}

#[derive(Deserialize)]
struct Traded {
    #[serde(rename = "s")]
    symbol: Box<str>,
    #[serde(rename = "t")]
    id: u64,
    #[serde(rename = "p")]
    price: Box<str>,
    #[serde(rename = "q")]
    quantity: Box<str>,
    #[serde(rename = "T")]
    at: i64,
    #[serde(rename = "m")]
    buyer_is_maker: bool,
}

#[derive(Deserialize)]
struct OfKline {
    #[serde(rename = "s")]
    symbol: Box<str>,
    k: Kline,
}

#[derive(Deserialize)]
struct Kline {
    #[serde(rename = "t")]
    start: i64,
    /// Its last millisecond.
    #[serde(rename = "T")]
    end: i64,
    #[serde(rename = "i")]
    interval: Box<str>,
    /// Number of its last trade; -1 where it has none.
    #[serde(rename = "L")]
    last: i64,
    #[serde(rename = "o")]
    open: Box<str>,
    #[serde(rename = "h")]
    high: Box<str>,
    #[serde(rename = "l")]
    low: Box<str>,
    #[serde(rename = "c")]
    close: Box<str>,
    #[serde(rename = "v")]
    volume: Box<str>,
    #[serde(rename = "n")]
    trades: u64,
    #[serde(rename = "x")]
    complete: bool,
    #[serde(rename = "V")]
    bought: Box<str>,
}

/// Reads one of its messages.
pub(crate) fn read(text: &str, source: &Source, interval: Interval) -> Result<Message, Unreadable> {
    let says = says(text, source, interval).map_err(|why| Unreadable::new(text, &why))?;
    Ok(Message { sequence: None, says })
}

fn says(text: &str, source: &Source, interval: Interval) -> Result<Says, String> {
    let kind: Kind = parse(text)?;
    match (kind.e.as_deref(), kind.error) {
        (Some("trade"), _) => {
            let traded: Traded = parse(text)?;
            of(&traded.symbol, source)?;
            Ok(Says::Trades(vec![trade(&traded)?]))
        }
        (Some("kline"), _) => {
            let OfKline { symbol, k } = parse(text)?;
            of(&symbol, source)?;
            kline(&k, source.of, interval)
        }
        (Some(_), _) => Ok(Says::Alive),
        (None, Some(refusal)) => Ok(Says::Refused(refusal.msg)),
        (None, None) if kind.id.is_some() => Ok(Says::Subscribed),
        (None, None) => Err("it is no event, and answers nothing".to_owned()),
    }
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn of(symbol: &str, source: &Source) -> Result<(), String> {
    if *symbol == *source.symbol { Ok(()) } else { Err(format!("it is not of {}", source.symbol)) }
}

fn trade(traded: &Traded) -> Result<Trade, String> {
    Ok(Trade {
        id: traded.id,
        at: time(traded.at)?,
        price: number(&traded.price)?,
        size: number(&traded.quantity)?,
        taker_buys: !traded.buyer_is_maker,
    })
}

fn kline(kline: &Kline, of: Of, interval: Interval) -> Result<Says, String> {
    if of == Of::Klines && Some(&*kline.interval) == word(interval) {
        // Where nothing is traded it repeats the last price, which is no bar.
        if kline.trades == 0 {
            return Ok(Says::Alive);
        }
        return Ok(Says::Bars(vec![(bar(kline, interval)?, kline.complete)]));
    }
    if &*kline.interval != "1s" || !kline.complete {
        return Ok(Says::Alive);
    }
    let until = time(kline.end.saturating_add(1))?;
    Ok(Says::Passed { until, last: u64::try_from(kline.last).ok() })
}

fn bar(kline: &Kline, interval: Interval) -> Result<Bar, String> {
    let minute = Minute::starting(time(kline.start)?, interval);
    Ok(Bar {
        minute: minute.map_err(|error| error.to_string())?,
        open: number(&kline.open)?,
        high: number(&kline.high)?,
        low: number(&kline.low)?,
        close: number(&kline.close)?,
        volume: number(&kline.volume)?,
        taker_buy: Some(number(&kline.bought)?),
    })
}

fn number(text: &str) -> Result<Number, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn time(milliseconds: i64) -> Result<Timestamp, String> {
    let read = stamp::numeric(milliseconds, Unit::Milliseconds);
    read.ok_or_else(|| format!("{milliseconds} is no time in milliseconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADE: &str = r#"{"e":"trade","E":1795176001005,"s":"BTCUSDT","t":12345,"p":"46319.01000000","q":"0.00500000","T":1795176001004,"m":true,"M":true}"#;

    fn source(text: &str) -> Source {
        text.parse().unwrap()
    }

    fn kline(i: &str, n: u64, last: i64, x: bool) -> String {
        format!(
            r#"{{"e":"kline","E":1795176060001,"s":"BTCUSDT","k":{{"t":1795176000000,"T":1795176059999,"s":"BTCUSDT","i":"{i}","f":100,"L":{last},"o":"10","c":"11","h":"12","l":"9","v":"1000","n":{n},"x":{x},"q":"1","V":"500","Q":"0.5","B":"0"}}}}"#
        )
    }

    fn says(text: &str, source: &Source) -> Result<Says, String> {
        let read = read(text, source, Interval::default());
        read.map(|message| message.says).map_err(|error| error.why.into())
    }

    #[test]
    fn it_is_asked_for_trades_and_for_the_bars_of_a_second() {
        assert_eq!(
            subscriptions(&source("binance:BTCUSDT"), Interval::default()),
            [r#"{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@kline_1s"],"id":1}"#]
        );
        assert_eq!(
            subscriptions(&source("binance:BTCUSDT/klines"), Interval::default()),
            [r#"{"method":"SUBSCRIBE","params":["btcusdt@kline_1m","btcusdt@kline_1s"],"id":1}"#]
        );
    }

    #[test]
    fn a_trade_is_read_as_it_is_written() {
        let source = source("binance:BTCUSDT");
        let Says::Trades(trades) = says(TRADE, &source).unwrap() else { panic!("no trades") };
        let [trade] = trades[..] else { panic!("not one") };
        assert_eq!((trade.id, trade.at.as_micros()), (12_345, 1_795_176_001_004_000));
        assert_eq!(
            (trade.price.to_string().as_str(), trade.size.to_string().as_str()),
            ("46319.01000000", "0.00500000")
        );
        assert!(!trade.taker_buys);
        let other = says(&TRADE.replace("BTCUSDT", "ETHUSDT"), &source).unwrap_err();
        assert_eq!(other, "it is not of BTCUSDT");
        assert!(says(&TRADE.replace("46319.01000000", "NaN"), &source).is_err());
        assert!(says(&TRADE.replace("1795176001004", "1795176001004000"), &source).is_err());
    }

    #[test]
    fn klines_are_bars_where_bars_are_asked_for_and_else_say_what_has_passed() {
        let (trades, klines) = (source("binance:BTCUSDT"), source("binance:BTCUSDT/klines"));
        let Says::Bars(bars) = says(&kline("1m", 3, 7, true), &klines).unwrap() else {
            panic!("no bars")
        };
        assert_eq!(bars.len(), 1);
        assert!(bars[0].1);
        assert_eq!(bars[0].0.close.to_string(), "11");
        assert_eq!(says(&kline("1m", 0, -1, true), &klines), Ok(Says::Alive));
        let until = Timestamp::from_micros(1_795_176_060_000_000);
        let passed = |last| Ok(Says::Passed { until, last });
        assert_eq!(says(&kline("1s", 3, 7, true), &trades), passed(Some(7)));
        assert_eq!(says(&kline("1s", 0, -1, true), &trades), passed(None));
        assert_eq!(says(&kline("1s", 3, 7, false), &trades), Ok(Says::Alive));
    }

    #[test]
    fn answers_refusals_and_what_is_new_are_told_apart() {
        let source = source("binance:BTCUSDT");
        assert_eq!(says(r#"{"result":null,"id":1}"#, &source), Ok(Says::Subscribed));
        assert_eq!(
            says(r#"{"error":{"code":2,"msg":"Invalid request"},"id":1}"#, &source),
            Ok(Says::Refused("Invalid request".into()))
        );
        assert_eq!(says(r#"{"e":"serverShutdown","E":1}"#, &source), Ok(Says::Alive));
        for text in ["", "null", "[]", "{}", r#"{"e":"trade"}"#, r#"{"result":null}"#] {
            assert!(says(text, &source).is_err(), "{text}");
        }
    }
}
