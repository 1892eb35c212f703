//! Signals from the bars of a file, which pass on the wall clock.

use std::{fmt::Write as _, fs};

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
};

use super::system::median_of;
use crate::harness::{INTERVAL, Part, run};

/// The bars that are missing in the middle.
const GAP: std::ops::RangeInclusive<u32> = 10..=11;

const LAST: u32 = 15;

/// Bars of a minute from the beginning of 2022 on, which close at their number.
fn bars() -> String {
    let mut bars = "timestamp,open,high,low,close,volume\n".to_owned();
    for n in (1..=LAST).filter(|n| !GAP.contains(n)) {
        let at = 1_640_995_200 + 60 * u64::from(n);
        writeln!(bars, "{at},{n},{n},{n},{n},1").unwrap();
    }
    bars
}

#[tokio::test]
async fn g4_bars_of_a_file_pass_on_the_clock_and_missing_ones_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bars.csv");
    fs::write(&file, bars()).unwrap();
    let interval: Interval = INTERVAL.parse().unwrap();
    let soon = Clock::system().wall().plus(interval.duration() * 2);
    let start = Minute::first_after(soon, interval);
    let flags = ["--source", file.to_str().unwrap(), "--signal", "close", "--speed", "30"];
    let starts_at = start.to_string();
    let flags = [&flags[..], &["--starts-at", &starts_at]].concat();

    let mut a = Part::generator("a", &flags).await;
    a.line(&format!("replay: the bar of 2022-01-01T00:01:00Z is over at {start}")).await;
    let mut b = Part::generator("b", &flags).await;
    let mut trader = Part::trader(&["--ephemeral"]).await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    let _y = Part::strategy("Y", &trader, &[&b], &["--decide", "max"]);

    let first = median_of(&mut trader, 2).await;
    b.kill().await;
    b.start_again().await;
    let second = median_of(&mut trader, 2).await;
    trader.line("no bar for 2022-01-01T00:10:00Z").await;
    let third = median_of(&mut trader, 2).await;
    for median in [&first, &second, &third] {
        let minute = Timestamp::parse(&median.minute).unwrap();
        let bar =
            minute.since(start.start()).as_secs_f64() / interval.duration().as_secs_f64() + 1.0;
        assert_eq!(median.value.to_bits(), bar.to_bits(), "{median:?}");
    }
    assert!(third.value > f64::from(*GAP.end()), "{third:?}");
    trader.line("the data end with 2022-01-01T00:15:00Z").await;
}

#[tokio::test]
async fn c1_what_signals_may_be_made_of_is_listed() {
    let listed = run("generator", &["--list-signals"]).await;
    assert_eq!((listed.code, &*listed.err), (0, ""));
    for line in ["  close ", "  zscore(x, n) ", "  resample(every, x) "] {
        assert!(listed.out.contains(line), "{}", listed.out);
    }
}

#[tokio::test]
async fn c3_a_source_that_cannot_be_read_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bars.csv");
    let file = file.to_str().unwrap();
    let tried = async |signal: &str| {
        run("generator", &["-p", "0", "--source", file, "--signal", signal]).await
    };
    let missing = tried("close").await;
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("bars.csv: it cannot be read: No such file"), "{}", missing.err);
    fs::write(
        file,
        "timestamp,open,high,low,close,volume\n1640995200,1,2,0.5,x,1\n1640995260,1,2,0.5,1,1\n",
    )
    .unwrap();
    let broken = tried("close").await;
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("row 2: its close, `x` is not a decimal number"), "{}", broken.err);
    fs::write(file, bars()).unwrap();
    let wrong = tried("resample(90s, close)").await;
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("signal `resample(1m30s, close)`: bars of 1m cannot"),
        "{}",
        wrong.err
    );
}
