//! Sources of trades.

use proptest::prelude::*;

use super::*;

const HEAD: &str = "id,price,size,time,is_buyer_maker";

/// A trade in the middle of a minute, as a row under [`HEAD`].
fn row(id: i64, n: i64, price: &str) -> String {
    format!("{id},{price},2,{},false", millis(n) + 30_000)
}

fn source(rows: &[String]) -> String {
    format!("{HEAD}\n{}\n", rows.join("\n"))
}

fn said(history: &History, n: i64) -> String {
    history.bar(minute(n), now()).unwrap_err().to_string()
}

#[test]
fn trades_become_bars_but_for_the_minutes_in_which_they_begin_and_end() {
    let rows = [
        row(7, 0, "100"),
        row(8, 1, "101"),
        row(9, 1, "99.5"),
        row(10, 1, "100.5"),
        row(11, 3, "102"),
        row(12, 4, "103"),
    ];
    let history = known(&source(&rows)).unwrap();
    assert_eq!(minutes(&history), [1, 3].map(minute));
    assert_eq!(history.bar(minute(1), now()).unwrap().bar(), &bar(1, "101 101 99.5 100.5 6 6"));
    assert_eq!(
        history.conventions.to_string(),
        "bars of 1m (assumed), made of numbered trades, in milliseconds (detected)"
    );
    assert_eq!(said(&history, 0), "no bar for 2026-11-20T12:00:00Z: the source begins within it");
    assert_eq!(said(&history, 2), "no bar for 2026-11-20T12:02:00Z");
    assert_eq!(said(&history, 4), "no bar for 2026-11-20T12:04:00Z: the source ends within it");
    assert_eq!(
        history.quality.to_string(),
        "6 rows, 2 bars from 2026-11-20T12:01:00Z to 2026-11-20T12:03:00Z, 1 minutes without one\n\
         1 gaps (no signal in their minutes): 1 from 2026-11-20T12:02:00Z on\n\
         2 not whole (not used): 2026-11-20T12:00:00Z: the source begins within it; \
         2026-11-20T12:04:00Z: the source ends within it"
    );
}

#[test]
fn the_same_trades_in_other_formats_are_the_same_bars() {
    let named = known(&source(&[0, 1, 2, 3].map(|n| row(7 + n, n, "100")))).unwrap();
    let of = |row: fn(i64, i64) -> String, head: &str| {
        let rows = [0, 1, 2, 3].map(|n| row(n, millis(n) + 30_000)).join("\n");
        known(&format!("{head}{rows}\n")).unwrap()
    };
    let all = |history: &History| -> Vec<Bar> {
        history.closed(now()).map(|closed| *closed.bar()).collect()
    };
    for other in [
        of(|n, at| format!("{n},100,2,200,{at},False,True"), ""),
        of(|n, at| format!("{n},100,2,{n},{n},{at},False,True"), ""),
        of(|n, at| format!("{at},buy,2,100,{n}"), "timestamp,side,amount,price,trade_id\n"),
        of(|_, at| format!("{},BUY,2,100", at * 1_000), "ts,taker_side,qty,price\n"),
    ] {
        assert_eq!(all(&other), all(&named));
    }
    let without = of(|_, at| format!("{at},100,2"), "time,price,size\n");
    assert_eq!(without.bar(minute(1), now()).unwrap().bar().taker_buy, None);
    assert!(
        without
            .conventions
            .to_string()
            .contains("made of trades without numbers (missing ones do not show)")
    );
}

#[test]
fn a_minute_of_whose_trades_some_are_missing_has_no_bar() {
    let rows = [
        row(7, 0, "100"),
        row(8, 1, "100"),
        row(9, 2, "100"),
        row(13, 3, "100"),
        row(14, 4, "100"),
        row(16, 4, "100"),
        row(17, 5, "0"),
        row(18, 6, "100"),
        row(18, 6, "100"),
        row(19, 7, "100"),
        row(19, 7, "101"),
        row(20, 8, "100"),
        row(21, 9, "100"),
    ];
    let mut rows = rows;
    rows.swap(1, 2);
    let history = known(&source(&rows)).unwrap();
    assert_eq!(minutes(&history), [1, 6, 8].map(minute));
    let why = |n| said(&history, n).split_once("Z: ").unwrap().1.to_owned();
    assert_eq!(why(2), "trades 10 to 12 are missing");
    assert_eq!(why(3), "trades 10 to 12 are missing");
    assert_eq!(why(4), "trade 15 is missing");
    assert_eq!(why(5), "the trade in row 8: its price, 0, is not positive");
    assert_eq!(why(7), "rows 11 and 12 have different trades of one number");
    let counts = [Kind::Missed, Kind::Faulty, Kind::Duplicate, Kind::Conflict, Kind::Disorder]
        .map(|kind| history.quality.count(kind));
    assert_eq!(counts, [2, 1, 1, 1, 1]);
}

#[test]
fn what_is_no_source_of_trades_says_why() {
    let good = source(&[0, 1, 2].map(|n| row(7 + n, n, "100")));
    for (text, error) in [
        (good.replace("false", "perhaps"), "row 2: its side, `perhaps`, is not `false` or `true`"),
        (good.replace("\n8,", "\neight,"), "row 3: its number, `eight`, is not a whole number"),
        (good.replace("\n8,100", "\n8,"), "row 3: its price, `` is not a decimal"),
        (source(&[row(7, 0, "100")]), "none of its bars can be used: 1 rows, 0 bars\n2 not whole"),
    ] {
        let said = known(&text).unwrap_err().to_string();
        assert!(said.starts_with(error), "{said}");
    }
    let declared = Declared { stamped: Some("close".parse().unwrap()), ..Declared::default() };
    assert_eq!(
        read(good.clone().into_bytes(), declared, now()).unwrap_err().to_string(),
        "it has trades, and bars are declared to be stamped at their close: leave that out"
    );
    let declared = Declared { interval: Some("30s".parse().unwrap()), ..Declared::default() };
    let history = read(good.into_bytes(), declared, now()).unwrap();
    assert!(history.conventions.to_string().starts_with("bars of 30s (declared), made of"));
}

proptest! {
    /// Whatever is missing, and in whatever order they stand: a bar is of all trades of its minute, or there is none.
    #[test]
    fn no_bar_is_of_some_of_its_trades(
        trades in prop::collection::vec((0..8_i64, 1..9_i64), 3..30),
        missing in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        order in any::<prop::sample::Selector>(),
    ) {
        let mut trades = trades;
        trades.sort_by_key(|(n, _)| *n);
        let rows: Vec<(i64, i64, i64)> =
            (7..).zip(&trades).map(|(id, (n, price))| (id, *n, *price)).collect();
        let dropped: Vec<i64> = missing.iter().map(|at| rows[at.index(rows.len())].0).collect();
        let mut kept: Vec<_> = rows.iter().filter(|row| !dropped.contains(&row.0)).collect();
        let first = order.select(0..kept.len().max(1));
        let by = first.min(kept.len());
        kept.rotate_left(by);
        let text: Vec<String> =
            kept.iter().map(|(id, n, price)| row(*id, *n, &price.to_string())).collect();
        let Ok(history) = known(&source(&text)) else { return Ok(()) };
        for closed in history.closed(now()) {
            let bar = closed.bar();
            let of = |row: &&(i64, i64, i64)| minute(row.1) == bar.minute;
            let volume = 2 * rows.iter().filter(of).count();
            prop_assert_eq!(bar.volume.exact().to_string(), volume.to_string());
            prop_assert!(!rows.iter().filter(of).any(|row| dropped.contains(&row.0)));
        }
    }
}
