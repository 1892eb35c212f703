//! What quantstats says of an equity, and the equity that pandas makes of bars and decisions, to within
//! 1e-9: `quantstats.csv` and `pandas.csv` are what the programs beside them printed, and `.ci/deep parity`
//! compares.

use std::{collections::BTreeMap, fmt::Write as _};

use backtest::{
    course::{Column, Course},
    equity::{Costs, Equity, equity},
    statistics::Statistics,
};
use chassis::grid::{Interval, Timestamp};
use market::{convention::Declared, reading::read};

const QUANTSTATS: &str = include_str!("quantstats.csv");

const PANDAS: &str = include_str!("pandas.csv");

/// What trading costs there.
const COSTS: Costs = Costs { fee: 0.0005, slippage: 0.0002 };

/// Of the number.
const TOLERANCE: f64 = 1e-9;

#[test]
fn quantstats_has_the_same_numbers() {
    let mut lines = QUANTSTATS.lines();
    let names = lines.next().unwrap().split(';');
    let theirs: Vec<f64> = lines.next().unwrap().split(';').map(|x| x.parse().unwrap()).collect();
    let values: Vec<f64> = lines.map(|value| value.parse().unwrap()).collect();
    let none = vec![0.0; values.len()];
    let equity = Equity { values, traded: none.clone(), held: none };
    let ours = Statistics::of(&equity, Interval::default());
    let mut compared = 0;
    for (name, theirs) in names.zip(theirs) {
        let ours = match name {
            "total_return" => Some(ours.total_return),
            "cagr" => ours.cagr,
            "sharpe" => ours.sharpe,
            "sortino" => ours.sortino,
            "calmar" => ours.calmar,
            "max_drawdown" => Some(ours.max_drawdown),
            "win_rate" => ours.win_rate,
            "profit_factor" => ours.profit_factor,
            other => panic!("there is no `{other}`"),
        };
        let ours = ours.unwrap();
        assert!(
            (ours / theirs - 1.0).abs() <= TOLERANCE,
            "{name}: {ours}, quantstats has {theirs}"
        );
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[test]
fn pandas_has_the_same_equity() {
    let rows: Vec<Vec<&str>> = PANDAS.lines().skip(1).map(|row| row.split(';').collect()).collect();
    let mut bars = "timestamp,open,high,low,close,volume\n".to_owned();
    for (row, minute) in rows.iter().zip(0..) {
        let (open, close): (f64, f64) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        let at = 1_640_995_200 + 60 * minute;
        writeln!(bars, "{at},{open},{},{},{close},1", open.max(close), open.min(close)).unwrap();
    }
    let now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let history = read(bars.into(), Declared::default(), now).unwrap();
    let decisions: Column = rows.iter().map(|row| row[2].parse().ok()).collect();
    let course = Course {
        first: history.first(),
        interval: history.interval(),
        medians: decisions.clone(),
        strategies: Vec::new(),
        changes: Vec::new(),
        shortfalls: BTreeMap::new(),
    };
    let ours = equity(&course, &decisions, &history, COSTS);
    assert_eq!(ours.values.len(), rows.len());
    for (row, ours) in rows.iter().zip(ours.values) {
        let theirs: f64 = row[3].parse().unwrap();
        assert!((ours / theirs - 1.0).abs() <= TOLERANCE, "{row:?}: {ours}");
    }
}
