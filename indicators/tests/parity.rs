//! What TA-Lib has, it has to within 1e-9: `talib.csv` is what `talib_bars.py` printed, and `.ci/deep parity` compares.

#![expect(clippy::unwrap_used, reason = "a test of its own")]

use chassis::grid::{Interval, Minute, Timestamp};
use indicators::{
    candle::Candle,
    expression::{Expression, Tree},
};
use market::{bar::Bar, number::Number};

const TALIB: &str = include_str!("talib.csv");

/// Of the larger of the number and one.
const TOLERANCE: f64 = 1e-9;

/// The columns that make the bars.
const PRICES: usize = 5;

/// From here on TA-Lib knows every pattern; before, it says 0.
const PATTERNS_FROM: i64 = 12;

fn candle(n: i64, fields: &[&str]) -> Candle {
    let interval = Interval::default();
    let minute = Minute::containing(Timestamp::from_micros(n * 60_000_000), interval);
    let number = |at: usize| fields[at].parse::<Number>().unwrap();
    let bar = Bar {
        minute,
        open: number(0),
        high: number(1),
        low: number(2),
        close: number(3),
        volume: number(4),
        taker_buy: None,
    };
    bar.closed(interval, minute.next(interval).start()).unwrap().into()
}

#[test]
fn talib_has_the_same_numbers() {
    let mut lines = TALIB.lines().map(|line| line.split(';').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    assert!(rows.len() >= 300 && names.len() > 20);
    for (column, name) in names.iter().enumerate().skip(PRICES) {
        let tree: Tree = name.parse().unwrap();
        let mut expression = Expression::new(&tree, Interval::default()).unwrap();
        let (mut compared, mut other_than_zero) = (0, 0);
        for (n, row) in (0..).zip(&rows) {
            let ours = expression.next(&candle(n, row));
            let theirs = row[column];
            if name.ends_with("()") && n < PATTERNS_FROM {
                continue;
            }
            match (ours, theirs) {
                (Ok(ours), theirs) if !theirs.is_empty() => {
                    let theirs: f64 = theirs.parse().unwrap();
                    let wrong = (ours - theirs).abs() / theirs.abs().max(1.0);
                    assert!(wrong <= TOLERANCE, "{name}, bar {n}: {ours}, TA-Lib has {theirs}");
                    compared += 1;
                    other_than_zero += u32::from(theirs != 0.0);
                }
                (Err(_), theirs) => assert!(theirs.is_empty(), "{name}, bar {n}"),
                // TA-Lib gives the average convergence only where it has its signal, too.
                (Ok(_), _) => assert!(*name == "macd(close, 12, 26)", "{name}, bar {n}"),
            }
        }
        assert!(compared >= 300, "{name}");
        assert!(other_than_zero >= 5, "{name} is 0 nearly everywhere: these bars show nothing");
    }
}
