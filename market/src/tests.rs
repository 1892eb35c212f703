//! Whole sources, read; and what other tests build bars with.

use std::fmt::Write as _;

use chassis::grid::{Interval, Minute, Timestamp};
use proptest::prelude::*;

use crate::{
    bar::Bar,
    convention::Declared,
    history::{History, NoBar},
    number::Number,
    quality::Kind,
    reading::{ReadError, read},
};

mod trades;

/// The minute so many minutes after noon of a day.
pub(crate) fn minute(n: i64) -> Minute {
    let noon = Timestamp::parse("2026-11-20T12:00:00Z").unwrap().as_micros();
    Minute::containing(Timestamp::from_micros(noon + n * 60_000_000), Interval::default())
}

/// A bar of these numbers: open, high, low, close, volume and perhaps what takers bought.
pub(crate) fn bar(n: i64, numbers: &str) -> Bar {
    let numbers: Vec<Number> = numbers.split(' ').map(|text| text.parse().unwrap()).collect();
    Bar {
        minute: minute(n),
        open: numbers[0],
        high: numbers[1],
        low: numbers[2],
        close: numbers[3],
        volume: numbers[4],
        taker_buy: numbers.get(5).copied(),
    }
}

fn now() -> Timestamp {
    minute(10_000).start()
}

fn known(text: &str) -> Result<History, ReadError> {
    read(text.as_bytes().to_vec(), Declared::default(), now())
}

/// A file of bars at these minutes.
fn file(minutes: &[i64]) -> String {
    let mut file = "timestamp,open,high,low,close,volume\n".to_owned();
    for n in minutes {
        writeln!(file, "{},100,101,99,100.5,{}", millis(*n), n + 1).unwrap();
    }
    file
}

fn millis(n: i64) -> i64 {
    minute(n).start().as_micros() / 1_000
}

fn minutes(history: &History) -> Vec<Minute> {
    history.closed(now()).map(|closed| closed.bar().minute).collect()
}

#[test]
fn a_clean_file_has_nothing_wrong_with_it() {
    let history = known(&file(&[0, 1, 2, 3])).unwrap();
    assert_eq!(minutes(&history), [0, 1, 2, 3].map(minute));
    assert_eq!(history.quality.findings().count(), 0);
    assert_eq!(
        history.conventions.to_string(),
        "bars of 1m (detected), stamped at their open (assumed), in milliseconds (detected)"
    );
    let last = history.bar(minute(3), now()).unwrap().bar();
    assert_eq!(last, &bar(3, "100 101 99 100.5 4"));
}

#[test]
fn the_same_bars_in_other_formats_are_the_same() {
    let csv = known(&file(&[0, 1, 2])).unwrap();
    let ccxt = [0, 1, 2_i64].map(|n| format!("[{}, 100, 101, 99, 100.5, {}]", millis(n), n + 1));
    let ccxt = known(&format!("[{}]", ccxt.join(","))).unwrap();
    let kline = |n: i64| {
        let (open, close) = (millis(n), millis(n + 1) - 1);
        format!(
            "[{open},\"100\",\"101\",\"99\",\"100.5\",\"{}\",{close},\"0\",3,\"0.5\",\"0\",\"0\"]",
            n + 1
        )
    };
    let klines = known(&format!("[{}]", [0, 1, 2].map(kline).join(","))).unwrap();
    let closes = |n: i64| format!("100,101,99,100.5,{},{}\n", n + 1, millis(n + 1) - 1);
    let closes = known(&format!(
        "open,high,low,close,volume,close_time\n{}",
        [0, 1, 2].map(closes).concat()
    ));
    let closes = closes.unwrap();
    let bars = |history: &History| -> Vec<Bar> {
        let plain = |bar: Bar| Bar { taker_buy: None, ..bar };
        history.closed(now()).map(|closed| plain(*closed.bar())).collect()
    };
    for other in [&ccxt, &klines, &closes] {
        assert_eq!(bars(other), bars(&csv));
    }
    let bought = klines.bar(minute(1), now()).unwrap().bar().taker_buy.unwrap();
    assert_eq!(bought.nearest().to_bits(), 0.5_f64.to_bits());
    assert!(klines.conventions.to_string().contains("open (detected)"));
    assert!(closes.conventions.to_string().contains("close (detected)"));
}

#[test]
fn nothing_is_handed_out_before_its_minute_is_over() {
    let history = known(&file(&[0, 1, 2])).unwrap();
    let at = |now| history.closed(now).map(|closed| closed.bar().minute).last();
    assert_eq!(at(minute(0).start()), None);
    assert_eq!(at(minute(1).start()), Some(minute(0)));
    assert_eq!(at(minute(2).start()), Some(minute(1)));
    assert_eq!(history.bar(minute(2), minute(2).start()), Err(NoBar::NotOver(minute(2))));
}

#[test]
fn what_is_wrong_is_told_and_not_mended() {
    let mut text = file(&[0, 2, 1, 1, 5, 6, 8]);
    for row in [
        format!("{},100,101,99,100.5,77", millis(8)),
        format!("{},100,101,99,0,1", millis(7)),
        format!("{},100,101,99,100,1", millis(9) + 1),
        format!("{},100,101,99,100,1", millis(20_000)),
        format!("{},200,201,199,200,1", millis(9)),
    ] {
        writeln!(text, "{row}").unwrap();
    }
    let history = known(&text).unwrap();
    assert_eq!(minutes(&history), [0, 1, 2, 5, 6, 9].map(minute));
    assert_eq!(
        history.quality.to_string(),
        "12 rows, 6 bars from 2026-11-20T12:00:00Z to 2026-11-20T12:09:00Z, 4 minutes without one\n\
         1 gaps (no signal in their minutes): 2 from 2026-11-20T12:03:00Z on\n\
         1 duplicates (used once): 2026-11-20T12:01:00Z\n\
         1 different bars of one minute (none is used): 2026-11-20T12:08:00Z\n\
         4 out of order (used in their minutes): 2026-11-20T12:01:00Z behind 2026-11-20T12:02:00Z; \
         2026-11-20T12:01:00Z behind 2026-11-20T12:02:00Z; 2026-11-20T12:07:00Z behind 2026-11-20T12:08:00Z; \
         2026-11-20T12:09:00Z behind 2026-12-04T09:20:00Z\n\
         1 impossible (not used): 2026-11-20T12:07:00Z: its close, 0, is not positive\n\
         1 off the grid (not used): row 11, 2026-11-20T12:09:00.001Z\n\
         1 not over when read (not used): 2026-12-04T09:20:00Z"
    );
    let said = |n| history.bar(minute(n), now()).unwrap_err().to_string();
    assert_eq!(said(3), "no bar for 2026-11-20T12:03:00Z");
    assert_eq!(said(7), "no bar for 2026-11-20T12:07:00Z: its close, 0, is not positive");
    assert_eq!(said(8), "no bar for 2026-11-20T12:08:00Z: the source has different ones");
    assert_eq!(
        said(-1),
        "no bar for 2026-11-20T11:59:00Z: the data begin with 2026-11-20T12:00:00Z"
    );
    assert_eq!(said(10), "no bar for 2026-11-20T12:10:00Z: the data end with 2026-11-20T12:09:00Z");
}

#[test]
fn a_leap_among_small_moves_is_an_outlier() {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for n in 0..50 {
        let price = if n == 30 { 150.0 } else { 100.0 + f64::from(n % 3) / 10.0 };
        let at = millis(n.into());
        writeln!(text, "{at},{price},{price},{price},{price},1").unwrap();
    }
    let quality = known(&text).unwrap().quality;
    assert_eq!((quality.count(Kind::Outlier), quality.bars), (2, 50));
    assert!(quality.to_string().ends_with(
        "2 outliers (used): 2026-11-20T12:30:00Z: 150 after 100.2; 2026-11-20T12:31:00Z: 100.1 after 150"
    ));
}

#[test]
fn what_is_no_source_of_bars_says_why() {
    let good = file(&[0, 1]);
    for (text, said) in [
        (String::new(), "it has no bars"),
        ("timestamp,open,high,low,close,volume\n".to_owned(), "it has no bars"),
        (
            good.clone() + "x,1,1,1,1,1\n",
            "row 4: `x` is no time between 1990 and 2100: expected milliseconds since 1970, or a date",
        ),
        (good.clone() + "1640991660,1,1,1,1,1\n", "row 4: `1640991660` is no time between"),
        (good.clone() + "1640991660000,1,1\n", "row 4: it has no low: 3 fields"),
        (good.clone() + "1640991660000,1,1,1,,1\n", "row 4: its close, `` is not a decimal"),
        (file(&[0]), "it has no two bars from which their interval could be told: declare it"),
        (file(&[20_000, 20_001]), "none of its bars can be used: 2 rows, 0 bars\n2 not over"),
    ] {
        let error = known(&text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_how_to_get_one() {
    let error = known("PAR1").unwrap_err().to_string();
    assert!(error.starts_with("it is a Parquet file, which this build does not read"), "{error}");
    assert!(error.ends_with("`cargo install --locked --path minutehand --features parquet`"));
}

#[test]
fn what_is_declared_is_believed() {
    let declared = Declared {
        unit: Some("milliseconds".parse().unwrap()),
        stamped: Some("close".parse().unwrap()),
        interval: Some("2m".parse().unwrap()),
    };
    let text = file(&[2, 4, 5]).into_bytes();
    let history = read(text, declared, now()).unwrap();
    assert_eq!(minutes(&history), [0, 2].map(minute));
    assert_eq!(history.quality.count(Kind::OffGrid), 1);
    assert_eq!(
        history.conventions.to_string(),
        "bars of 2m (declared), stamped at their close (declared), in milliseconds (declared)"
    );
    assert_eq!(
        "hours".parse::<crate::convention::Unit>(),
        Err("`hours` is no unit of times; there are seconds, milliseconds, microseconds, nanoseconds, text".to_owned())
    );
}

proptest! {
    /// Whatever the bytes are, they are read or refused.
    #[test]
    fn rubbish_is_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(bytes, Declared::default(), now()));
    }

    /// Every minute has a bar or a reason, whatever the order and however often they come.
    #[test]
    fn every_minute_has_a_bar_or_a_reason(order in prop::collection::vec(0..20_i64, 2..40)) {
        let Ok(history) = known(&file(&order)) else { return Ok(()) };
        for n in 0..20 {
            let found = history.bar(minute(n), now()).map(|closed| closed.bar().minute);
            if order.contains(&n) && history.interval() == Interval::default() {
                prop_assert_eq!(found, Ok(minute(n)));
            }
        }
        let missing = history.last().count_from(history.first(), history.interval());
        prop_assert_eq!(history.quality.bars + history.quality.missing, missing);
    }
}
