//! What came of a sweep, as a table: a combination a row.

use std::fmt::Write as _;

use backtest::statistics::Statistics;

use super::Sweep;

/// Names and values of the figures; empty where there is none.
type Figure = (&'static str, fn(&Statistics) -> Option<f64>);

/// The figures of the whole period.
const WHOLE: [Figure; 10] = [
    ("return", |statistics| Some(statistics.total_return)),
    ("cagr", |statistics| statistics.cagr),
    ("sharpe", |statistics| statistics.sharpe),
    ("sortino", |statistics| statistics.sortino),
    ("calmar", |statistics| statistics.calmar),
    ("max_drawdown", |statistics| Some(statistics.max_drawdown)),
    ("win_rate", |statistics| statistics.win_rate),
    ("profit_factor", |statistics| statistics.profit_factor),
    ("turnover", |statistics| Some(statistics.turnover)),
    ("exposure", |statistics| Some(statistics.exposure)),
];

/// The table: values, figures of the whole period, those by which each fold compares and what they come to in its
/// test, and why one could not be run.
pub(super) fn csv(sweep: &Sweep<'_>) -> String {
    let (grid, folds) = (sweep.shared.grid, sweep.shared.folds);
    let names = grid.names.iter().map(|name| name.name.clone());
    let figures = WHOLE.iter().map(|(name, _)| (*name).to_owned());
    let by = sweep.shared.by.name().to_lowercase();
    let in_sample = (1..=folds).map(|fold| format!("{by}_before_test_{fold}"));
    let out_of_sample = (1..=folds).map(|fold| format!("{by}_in_test_{fold}"));
    let of_folds = in_sample.chain(out_of_sample);
    let heads = names.chain(figures).chain(of_folds).chain(["error".to_owned()]);
    let mut csv = heads.collect::<Vec<_>>().join(",") + "\n";
    for (n, figures) in sweep.figures.iter().enumerate() {
        csv.push_str(&grid.values(n).join(","));
        match figures {
            Ok(figures) => {
                let of_folds = figures.in_sample.iter().chain(&figures.out_of_sample).copied();
                let whole = self::figures(&figures.whole);
                whole.chain(of_folds).for_each(|one| cell(&mut csv, one));
                csv.push(',');
            }
            Err(why) => {
                (0..WHOLE.len() + 2 * folds).for_each(|_| csv.push(','));
                let why = why.replace('"', "\"\"");
                write!(csv, ",\"{why}\"").expect("a string takes everything");
            }
        }
        csv.push('\n');
    }
    csv
}

/// Those of [`WHOLE`].
pub(super) fn figures(statistics: &Statistics) -> impl Iterator<Item = Option<f64>> {
    WHOLE.iter().map(|(_, figure)| figure(statistics))
}

fn cell(csv: &mut String, number: Option<f64>) {
    csv.push(',');
    if let Some(number) = number {
        write!(csv, "{number}").expect("a string takes everything");
    }
}
