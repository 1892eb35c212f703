//! What an equity amounts to, in the numbers that people compare.
//!
//! Returns are those of minutes. A year has as many periods as there are minutes in 365 days, and the
//! rate without risk is 0. What divides by zero is none. The definitions are those of `quantstats`
//! (`tests/parity.rs` compares), which takes returns of any period.

use std::time::Duration;

use chassis::grid::Interval;

use crate::equity::Equity;

/// Days of a year, since markets that never close have no others.
const YEAR: Duration = Duration::from_hours(365 * 24);

/// What an equity amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// What was earned, in parts of the equity at the beginning.
    pub total_return: f64,
    /// The same as a rate a year.
    pub cagr: Option<f64>,
    /// Mean of the returns by their standard deviation (of a sample), a year.
    pub sharpe: Option<f64>,
    /// Mean of the returns by the root of the mean square of the losses, a year.
    pub sortino: Option<f64>,
    /// Rate a year by the largest drawdown.
    pub calmar: Option<f64>,
    /// Largest loss from a peak, in parts of it; not positive.
    pub max_drawdown: f64,
    /// Most minutes in a row below an earlier peak.
    pub drawdown_minutes: usize,
    /// Part of the minutes with a return that gained.
    pub win_rate: Option<f64>,
    /// What the gains come to by what the losses come to.
    pub profit_factor: Option<f64>,
    /// What was traded, in parts of the equity.
    pub turnover: f64,
    /// Part of the minutes in which something was held.
    pub exposure: f64,
}

impl Statistics {
    /// Of minutes of `interval`.
    pub fn of(equity: &Equity, interval: Interval) -> Self {
        let returns: Vec<f64> = equity.returns().collect();
        let count = number(returns.len());
        let year = YEAR.as_secs_f64() / interval.duration().as_secs_f64();
        let total_return = equity.total_return();
        let mean = returns.iter().sum::<f64>() / count;
        let squares = |of: &dyn Fn(f64) -> f64| returns.iter().map(|x| of(*x).powi(2)).sum::<f64>();
        let deviation = (squares(&|x| x - mean) / (count - 1.0)).sqrt();
        let downside = (squares(&|x| x.min(0.0)) / count).sqrt();
        let cagr = (count > 0.0).then(|| (total_return + 1.0).powf(year / count) - 1.0);
        let cagr = cagr.filter(|cagr| cagr.is_finite());
        let (max_drawdown, drawdown_minutes) = drawdown(equity);
        let (gained, lost) = (sum(&returns, |x| x > 0.0), sum(&returns, |x| x < 0.0));
        let (wins, moved) = (part(&returns, |x| x > 0.0), part(&returns, |x| x != 0.0));
        Self {
            total_return,
            cagr,
            sharpe: ratio(mean * year.sqrt(), deviation),
            sortino: ratio(mean * year.sqrt(), downside),
            calmar: cagr.and_then(|cagr| ratio(cagr, -max_drawdown)),
            max_drawdown,
            drawdown_minutes,
            win_rate: ratio(wins, moved),
            profit_factor: ratio(gained, -lost),
            turnover: equity.traded.iter().sum(),
            exposure: ratio(part(&equity.held, |held| held != 0.0), count).unwrap_or(0.0),
        }
    }
}

/// Largest loss from a peak, and most minutes in a row below one.
fn drawdown(equity: &Equity) -> (f64, usize) {
    let (mut largest, mut below, mut longest) = (0.0_f64, 0, 0);
    for lost in equity.drawdowns() {
        largest = largest.min(lost);
        below = if lost < 0.0 { below + 1 } else { 0 };
        longest = longest.max(below);
    }
    (largest, longest)
}

fn sum(numbers: &[f64], of: fn(f64) -> bool) -> f64 {
    numbers.iter().copied().filter(|x| of(*x)).sum()
}

/// How many of them.
fn part(numbers: &[f64], of: fn(f64) -> bool) -> f64 {
    number(numbers.iter().filter(|x| of(**x)).count())
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    let ratio = a / b;
    (b != 0.0 && ratio.is_finite()).then_some(ratio)
}

#[expect(clippy::cast_precision_loss, reason = "there are no 2^53 minutes")]
fn number(count: usize) -> f64 {
    count as f64
}
