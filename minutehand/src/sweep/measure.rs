//! What a combination comes to, and by what combinations are compared. Pure.

use std::ops::Range;

use backtest::{equity::Equity, forward::Folds, statistics::Statistics};
use chassis::grid::Interval;
use clap::ValueEnum;

use crate::backtest::text::{percent, ratio};

/// By what combinations are compared: the more, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// What was earned in all.
    Return,
    /// Mean of the returns by their deviation.
    Sharpe,
    /// Mean of the returns by the deviation of the losses.
    Sortino,
    /// Rate a year by the largest drawdown.
    Calmar,
}

/// What a combination comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    /// In the whole period.
    pub(super) whole: Statistics,
    /// The figure by which it is compared, in what each fold may learn from.
    pub(super) in_sample: Vec<Option<f64>>,
    /// The same figure in the test of each fold.
    pub(super) out_of_sample: Vec<Option<f64>>,
    /// How many minutes there were.
    pub(super) minutes: usize,
}

impl By {
    /// Its name in a heading.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Sharpe => "Sharpe",
            Self::Sortino => "Sortino",
            Self::Calmar => "Calmar",
        }
    }

    /// The figure, if there is one.
    pub(super) const fn of(self, statistics: &Statistics) -> Option<f64> {
        match self {
            Self::Return => Some(statistics.total_return),
            Self::Sharpe => statistics.sharpe,
            Self::Sortino => statistics.sortino,
            Self::Calmar => statistics.calmar,
        }
    }

    /// How a figure is written.
    pub(super) fn shown(self) -> fn(f64) -> String {
        match self {
            Self::Return => percent,
            Self::Sharpe | Self::Sortino | Self::Calmar => ratio,
        }
    }
}

impl Figures {
    /// Of an equity; with so few minutes that there are no folds there are no figures of theirs.
    pub(super) fn of(equity: &Equity, interval: Interval, folds: Option<&Folds>, by: By) -> Self {
        let figure = |part| by.of(&Statistics::of(&equity.part(part), interval));
        let each = |part: fn(&Folds, usize) -> Range<usize>| {
            let folds = folds.into_iter();
            folds.flat_map(|folds| (0..folds.count()).map(|n| figure(part(folds, n)))).collect()
        };
        Self {
            whole: Statistics::of(equity, interval),
            in_sample: each(Folds::in_sample),
            out_of_sample: each(Folds::out_of_sample),
            minutes: equity.values.len(),
        }
    }
}

/// The places of the best, the best first; of equals the earlier one. What has no figure comes last.
pub(super) fn ranked(figures: impl Iterator<Item = (usize, Option<f64>)>) -> Vec<usize> {
    let mut ranked: Vec<(usize, Option<f64>)> = figures.collect();
    let number = |figure: Option<f64>| figure.unwrap_or(f64::NEG_INFINITY);
    // Equals stay in their order.
    ranked.sort_by(|a, b| number(b.1).total_cmp(&number(a.1)));
    ranked.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_of_equals_the_earlier() {
        let figures = [None, Some(1.0), Some(-3.0), Some(2.0), Some(1.0), None];
        assert_eq!(ranked(figures.into_iter().enumerate()), [3, 1, 4, 2, 0, 5]);
        assert_eq!(ranked([].into_iter()), Vec::<usize>::new());
    }

    #[test]
    fn figures_in_sample_are_of_what_was_before_the_test_and_those_out_of_it_of_the_test() {
        let values = vec![1.0, 1.5, 3.0, 3.0, 0.3, 6.0];
        let (traded, held) = (vec![0.0; 6], vec![0.0; 6]);
        let equity = Equity { values, traded, held };
        let folds = Folds::of(6, 2).unwrap();
        let found = Figures::of(&equity, Interval::default(), Some(&folds), By::Return);
        assert_eq!((found.in_sample, found.whole.total_return), (vec![Some(0.5), Some(2.0)], 5.0));
        assert_eq!(found.out_of_sample, [Some(1.0), Some(1.0)]);
    }
}
