//! What quantstats says of an equity, to within 1e-9: `quantstats.csv` is what `quantstats_equity.py` printed,
//! and `.ci/deep parity` compares.

use backtest::{equity::Equity, statistics::Statistics};
use chassis::grid::Interval;

const QUANTSTATS: &str = include_str!("quantstats.csv");

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
