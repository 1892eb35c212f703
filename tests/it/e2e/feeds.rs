//! Signals of what an exchange says, live, and again from its recording.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use exchange::{Config, Local, Mischief, Venue};
use rusqlite::Connection;
use tempfile::TempDir;

use super::system::median_of;
use crate::harness::{INTERVAL, Part, run};

/// Fifty trades a second, so that each minute has some.
async fn exchange_of(venue: Venue) -> Local {
    Local::start(Config { rate: 50, ..Config::of(venue) }).await.unwrap()
}

/// What was said for a minute and what came of it, by name of a strategy or `median`, bit by bit.
type Minutes = BTreeMap<String, BTreeMap<String, u64>>;

/// What the trader's journal has of minutes that have a median.
fn journalled(journal: &Path) -> Minutes {
    let journal = Connection::open(journal).unwrap();
    let mut minutes = Minutes::new();
    for sql in [
        "SELECT minute, 'median', median FROM verdicts WHERE kind = 'median'",
        "SELECT minute, strategy, decision FROM submissions WHERE decision IS NOT NULL",
    ] {
        let mut rows = journal.prepare(sql).unwrap();
        let mut rows = rows.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let minute = chassis::grid::Timestamp::from_micros(row.get(0).unwrap()).to_string();
            let number: f64 = row.get(2).unwrap();
            minutes.entry(minute).or_default().insert(row.get(1).unwrap(), number.to_bits());
        }
    }
    minutes
}

/// What a backtest has of them.
fn computed(table: &Path) -> Minutes {
    let text = fs::read_to_string(table).unwrap();
    let mut lines = text.lines();
    let heads: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut minutes = Minutes::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        for (head, cell) in heads.iter().zip(&cells).skip(1) {
            let name = head.strip_prefix("decision:").unwrap_or(head);
            if !name.starts_with("equity") && !cell.is_empty() {
                let number: f64 = cell.parse().unwrap();
                minutes
                    .entry(cells[0].to_owned())
                    .or_default()
                    .insert(name.to_owned(), number.to_bits());
            }
        }
    }
    minutes
}

/// A plan that listens to both exchanges and records what they say.
fn plan(binance: &Local, coinbase: &Local) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let plan = directory.path().join("live.toml");
    let (a, b) = (&binance.endpoint, &coinbase.endpoint);
    let text = format!(
        r#"
        interval = "{INTERVAL}"
        [trader]
        journal = "trader.sqlite"
        [[generator]]
        name = "a"
        source = "binance:BTCUSDT"
        signal = "ema(close, 2) - open"
        endpoint = "{a}"
        record = "a.feed"
        [[generator]]
        name = "b"
        source = "coinbase:BTC-USD"
        signal = "imbalance(2) * volume"
        endpoint = "{b}"
        record = "b.feed"
        [[strategy]]
        name = "X"
        signals = ["a"]
        [[strategy]]
        name = "Y"
        signals = ["a", "b"]
        decide = "max"
        [[strategy]]
        name = "Z"
        signals = ["b"]
        "#
    );
    fs::write(&plan, text).unwrap();
    (directory, plan)
}

#[tokio::test]
async fn m1_a_live_run_and_the_backtest_of_its_recording_are_the_same_bit_by_bit() {
    let (binance, coinbase) =
        (exchange_of(Venue::Binance).await, exchange_of(Venue::Coinbase).await);
    let (directory, plan) = plan(&binance, &coinbase);
    let mut system = Part::spawn("up", "minutehand", &["up", plan.to_str().unwrap()]);
    median_of(&mut system, 3).await;
    // A minute that fails, and a connection that is made again.
    binance.order(Mischief::Skip(1)).await;
    system.line("was not received").await;
    median_of(&mut system, 3).await;
    coinbase.order(Mischief::Drop).await;
    system.line("listening to coinbase:BTC-USD").await;
    median_of(&mut system, 3).await;
    system.stop().await;

    let tables = directory.path().join("tables");
    let args = ["backtest", plan.to_str().unwrap(), "--once", "--csv", tables.to_str().unwrap()];
    let backtest = run("minutehand", &args).await;
    assert_eq!(backtest.code, 0, "{}", backtest.err);
    let live = journalled(&directory.path().join("trader.sqlite"));
    let again = computed(&tables.join("minutes.csv"));
    let medians = |of: &Minutes| -> BTreeSet<String> {
        of.iter()
            .filter(|(_, said)| said.contains_key("median"))
            .map(|(minute, _)| minute.clone())
            .collect()
    };
    assert!(medians(&live).len() >= 3, "{live:?}");
    assert_eq!(medians(&live), medians(&again));
    // What was decided in minutes that failed is the same, too, where the backtest has them.
    let those: Minutes =
        live.into_iter().filter(|(minute, _)| again.contains_key(minute)).collect();
    assert_eq!(those, again);
}

#[tokio::test]
async fn g3_what_a_feed_lacks_is_a_cause_at_the_trader_and_mended_by_itself() {
    let exchange = exchange_of(Venue::Binance).await;
    let flags =
        ["--source", "binance:BTCUSDT", "--signal", "close", "--endpoint", &exchange.endpoint];
    let mut generator = Part::generator("a", &flags).await;
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let mut x = Part::strategy("X", &trader, &[&generator], &[]);
    median_of(&mut trader, 1).await;
    exchange.order(Mischief::Mute).await;
    trader.line("state ERROR").await;
    let line = generator.line("binance:BTCUSDT: it was mute for 5 s; retrying").await;
    assert!(line.contains("WARN"), "{line}");
    // It is connected again, and as mute as before: that is said once.
    for _ in 0..3 {
        x.line(": it was mute for 5 s").await;
    }
    generator.look();
    assert_eq!(generator.said("it was mute"), 1, "{:?}", generator.seen);
    exchange.order(Mischief::Speak).await;
    trader.line("state OK (was ERROR)").await;
}

#[tokio::test]
async fn g4_a_generator_that_records_goes_on_after_a_kill_without_warming_up() {
    let exchange = exchange_of(Venue::Coinbase).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("btc.feed");
    let flags = [
        "--source",
        "coinbase:BTC-USD",
        "--signal",
        "sma(close, 3)",
        "--endpoint",
        &exchange.endpoint,
        "--record",
        file.to_str().unwrap(),
    ];
    let mut generator = Part::generator("a", &flags).await;
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let mut x = Part::strategy("X", &trader, &[&generator], &[]);
    x.line("warming up: 1 of 3 bars").await;
    median_of(&mut trader, 1).await;
    generator.kill().await;
    x.look();
    let warmed_up = x.said("warming up");
    generator.start_again().await;
    median_of(&mut trader, 1).await;
    x.look();
    assert_eq!(x.said("warming up"), warmed_up, "{:?}", x.seen);

    let second =
        run("generator", &[&["-p", "0", "--interval", INTERVAL], &flags[..]].concat()).await;
    assert_eq!(second.code, 1, "{}", second.err);
    assert!(second.err.contains("another process records into it"), "{}", second.err);
}

#[tokio::test]
async fn c3_a_source_that_cannot_be_listened_to_is_refused_at_once() {
    for (flags, expected) in [
        (&["--source", "coinbase:BTC-USD/klines"][..], "gives no bars of 2s: expected 5m"),
        (&["--source", "binance:BTCUSDT", "--endpoint", "h:1"], "is no address of a WebSocket"),
        (&["--source", "binance:BTCUSDT", "--speed", "2"], "is an exchange: it takes no --speed"),
        (&["--source", "btc.csv", "--record", "f"], "is a file: it takes no --record"),
    ] {
        let rest = ["-p", "0", "--interval", INTERVAL, "--signal", "close"];
        let refused = run("generator", &[&rest, flags].concat()).await;
        assert_eq!(refused.code, 2, "{}", refused.err);
        assert!(refused.err.contains(expected), "{}", refused.err);
    }
}
