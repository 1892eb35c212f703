//! What decisions earn.

use chassis::grid::Interval;

use super::{history, minute, study};
use crate::{
    contribution::contributions,
    course::{Column, Course},
    equity::{Costs, Equity, equity},
    run::run,
    statistics::Statistics,
};

fn course(decisions: &[Option<f64>]) -> (Course, Column) {
    let closes: Vec<_> = decisions.iter().map(|_| Some(1.0)).chain([Some(1.0)]).collect();
    let mut course = run(study(&closes, &["close"])).unwrap();
    course.first = minute(1);
    (course, decisions.iter().copied().collect())
}

fn near(found: &[f64], expected: &[f64]) {
    let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(same && found.len() == expected.len(), "{found:?}, not {expected:?}");
}

#[test]
fn a_decision_is_traded_at_the_open_of_the_bar_that_begins_with_its_minute() {
    // Opens: 100, 100, 110, 99; closes: 100, 110, 99, 99.
    let history = history(&[Some(100.0), Some(110.0), Some(99.0), Some(99.0)]);
    let (course, decisions) = course(&[Some(1.0), Some(-0.5), Some(7.0)]);
    let found = equity(&course, &decisions, &history, Costs::default());
    near(&found.values, &[1.1, 1.155, 1.155]);
    near(&found.traded, &[1.0, 1.5, 1.0 + 0.495 / 1.155]);
    near(&found.returns().collect::<Vec<_>>(), &[0.1, 0.05, 0.0]);
    near(&found.held[..1], &[1.0]);
}

#[test]
fn costs_are_parts_of_what_is_traded() {
    let history = history(&[Some(100.0), Some(100.0), Some(100.0), Some(100.0)]);
    let (course, decisions) = course(&[Some(0.5), Some(0.5), Some(0.0)]);
    let costs = Costs { fee: 0.01, slippage: 0.01 };
    let found = equity(&course, &decisions, &history, costs);
    let after_first = 1.0 - 0.5 * 0.02;
    let second = (0.5 * after_first - 0.5_f64).abs();
    let after_second = after_first - second * 0.02;
    let held = 0.5 * after_first;
    near(&found.values, &[after_first, after_second, after_second - held * 0.02]);
}

#[test]
fn without_a_decision_or_a_bar_nothing_is_traded() {
    let history = history(&[Some(100.0), Some(110.0), None, Some(121.0), Some(121.0)]);
    let (course, decisions) = course(&[Some(1.0), Some(0.0), None, Some(0.0)]);
    let found = equity(&course, &decisions, &history, Costs::default());
    near(&found.traded, &[1.0, 0.0, 0.0, 1.0]);
    near(&found.values, &[1.1, 1.1, 1.21, 1.21]);
}

#[test]
fn lost_equity_stays_lost() {
    let history = history(&[Some(100.0), Some(100.0), Some(210.0), Some(100.0), Some(50.0)]);
    let (course, decisions) = course(&[Some(-1.0), None, Some(1.0), Some(-1.0)]);
    let found = equity(&course, &decisions, &history, Costs::default());
    near(&found.values, &[1.0, 0.0, 0.0, 0.0]);
    near(&found.held, &[-1.0, 0.0, 0.0, 0.0]);
    near(&found.traded, &[1.0, 0.0, 0.0, 0.0]);
    near(&found.returns().collect::<Vec<_>>(), &[0.0, -1.0, 0.0, 0.0]);
}

#[test]
fn statistics_of_a_few_minutes_by_hand() {
    let found = Equity {
        values: vec![1.1, 1.1, 0.99, 1.089],
        traded: vec![1.0, 0.0, 0.5, 0.25],
        held: vec![1.0, 0.0, -0.5, 0.5],
    };
    near(&found.drawdowns().collect::<Vec<_>>(), &[0.0, 0.0, -0.1, 0.99 * 1.1 / 1.1 - 1.0]);
    let found = Statistics::of(&found, Interval::default());
    let (year, mean) = (525_600.0_f64, 0.025);
    near(&[found.total_return, found.max_drawdown, found.turnover], &[0.089, -0.1, 1.75]);
    assert_eq!((found.drawdown_minutes, found.exposure), (2, 0.75));
    let deviation =
        ((0.075_f64.powi(2) * 2.0 + 0.025_f64.powi(2) + 0.125_f64.powi(2)) / 3.0).sqrt();
    let expected = [mean / deviation * year.sqrt(), mean / 0.05 * year.sqrt(), 2.0 / 3.0, 2.0];
    let ratios = [found.sharpe, found.sortino, found.win_rate, found.profit_factor];
    let same = ratios.iter().zip(expected).all(|(a, b)| (a.unwrap() / b - 1.0).abs() < 1e-12);
    assert!(same, "{ratios:?}, not {expected:?}");
    let cagr = 1.089_f64.powf(year / 4.0) - 1.0;
    assert!(cagr.is_infinite() || found.cagr == Some(cagr));

    let nothing = Statistics::of(&Equity::default(), Interval::default());
    assert_eq!(nothing, Statistics::default());
    let flat = Equity { values: vec![1.0; 3], traded: vec![0.0; 3], held: vec![0.0; 3] };
    let flat = Statistics::of(&flat, Interval::default());
    assert_eq!((flat.sharpe, flat.sortino, flat.calmar, flat.cagr), (None, None, None, Some(0.0)));
}

#[test]
fn a_strategy_adds_what_the_median_would_lack() {
    // The price doubles; `up` is long, `down` short, `flat` out of it.
    let closes = [Some(1.0), Some(1.0), Some(2.0)];
    let course =
        run(study(&closes, &["close / close", "0 - close / close", "close - close"])).unwrap();
    let found = contributions(&course, &history(&closes), Costs::default());
    // All: 0. Without `up` it is -0.5, without `down` 0.5, without `flat` 0.
    let found: Vec<f64> = found.into_iter().flatten().collect();
    near(&found, &[0.5, -0.5, 0.0]);
    let alone = run(study(&closes, &["close"])).unwrap();
    assert_eq!(contributions(&alone, &history(&closes), Costs::default()), [None]);
}
