//! What came of a sweep, in lines.

use std::time::Duration;

use backtest::statistics::Statistics;
use html::{Heat, picked};

use super::{Sweep, grid::Name};
use crate::{
    backtest::text::{HEADS, a_second, cells, grouped, maybe, percent, ratio},
    report::printable,
};

/// Combinations that are shown with all their figures.
const BEST_SHOWN_MAX: usize = 10;

/// Combinations that could not be run are named so often.
const FAILED_SHOWN_MAX: usize = 5;

/// Rows of the grid of figures on a terminal.
const ROWS_SHOWN_MAX: usize = 30;

/// Above the best: their name, and the columns of [`cells`].
pub(super) fn heads() -> Vec<&'static str> {
    [&["combination"], &HEADS[..]].concat()
}

/// What the best in the whole period are worth.
pub(super) const HINDSIGHT: &str = "these were chosen with hindsight, from the same minutes that they are \
    shown for: what they earned is in-sample, and no estimate of what they will earn";

/// Above the folds.
pub(super) const CHOICES: [&str; 5] =
    ["tested from", "chosen", "in sample", "out of sample", "return"];

/// The report, for a terminal of so many columns.
pub(super) fn report(sweep: &Sweep<'_>, width: usize) -> String {
    let mut lines = of_what(sweep);
    let by = sweep.shared.by.name();
    lines.push(format!("walk-forward by {by}: each part but the first, by the best before it"));
    lines.extend(aligned(&CHOICES, &choices(sweep)));
    lines.push(stitched(sweep));
    let best = best(sweep);
    lines.push(format!("the best {} by {by} in the whole period: {HINDSIGHT}", best.len()));
    lines.extend(aligned(&heads(), &best));
    lines.extend(heat(sweep).map(|heat| grid_of_figures(&heat, by, width)).unwrap_or_default());
    lines.push(sweep.fingerprint.to_string());
    lines.iter().map(|line| printable(line) + "\n").collect()
}

/// Data, combinations and minutes, in lines.
pub(super) fn of_what(sweep: &Sweep<'_>) -> Vec<String> {
    let mut lines = sweep.shared.data.told();
    lines.extend(sweep.notes.iter().cloned());
    let grid = sweep.shared.grid;
    let of = |Name { name, values }: &Name| match &values[..] {
        [one] => format!("{name} {one}"),
        all => format!("{name} {} … {} ({})", all[0], all[all.len() - 1], grouped(all.len())),
    };
    let names: Vec<String> = grid.names.iter().map(of).collect();
    lines.push(format!("combinations {}: {}", grouped(grid.combinations()), names.join(", ")));
    lines.extend(failed(sweep));
    lines.push(sweep.period.clone());
    lines
}

/// Which combinations could not be run, and why.
fn failed(sweep: &Sweep<'_>) -> Vec<String> {
    let failed = sweep.figures.iter().enumerate();
    let failed = failed.filter_map(|(n, figures)| Some((n, figures.as_ref().err()?)));
    let count = failed.clone().count();
    if count == 0 {
        return Vec::new();
    }
    let all = grouped(sweep.figures.len());
    let mut lines = vec![format!("{} of {all} cannot be run:", grouped(count))];
    let named = failed.take(FAILED_SHOWN_MAX);
    lines.extend(named.map(|(n, why)| {
        format!("  {}: {}", sweep.shared.grid.label(n), why.lines().collect::<Vec<_>>().join(" "))
    }));
    if count > FAILED_SHOWN_MAX {
        lines.push(format!(
            "  … and {} more; --csv has them all",
            grouped(count - FAILED_SHOWN_MAX)
        ));
    }
    lines
}

/// A fold a row.
pub(super) fn choices(sweep: &Sweep<'_>) -> Vec<Vec<String>> {
    let shown = sweep.shared.by.shown();
    let choices = sweep.forward.choices.iter();
    let row = choices.map(|choice| {
        vec![
            choice.tested_from.to_string(),
            sweep.shared.grid.label(choice.chosen),
            maybe(choice.in_sample, shown),
            maybe(choice.out_of_sample, shown),
            percent(choice.earned),
        ]
    });
    row.collect()
}

/// What all tests come to as one.
pub(super) fn stitched(sweep: &Sweep<'_>) -> String {
    let statistics = Statistics::of(&sweep.forward.equity, sweep.forward.course.interval);
    format!(
        "stitched out of sample: return {}, Sharpe {}, drawdown {}, in {} minutes from {}, changes of \
         combination traded and paid",
        percent(statistics.total_return),
        maybe(statistics.sharpe, ratio),
        percent(statistics.max_drawdown),
        grouped(sweep.forward.equity.values.len()),
        sweep.forward.course.first
    )
}

/// The best in the whole period, a row each.
pub(super) fn best(sweep: &Sweep<'_>) -> Vec<Vec<String>> {
    let row = |n: &usize| {
        let figures = sweep.figures[*n].as_ref().ok()?;
        let label = std::iter::once(sweep.shared.grid.label(*n));
        Some(label.chain(cells(&figures.whole)).collect())
    };
    sweep.ranked.iter().take(BEST_SHOWN_MAX).filter_map(row).collect()
}

/// The figures of all pairs, if there are two names.
pub(super) fn heat<'a>(sweep: &'a Sweep<'_>) -> Option<Heat<'a>> {
    let [rows, columns] = &sweep.shared.grid.names[..] else { return None };
    Some(Heat {
        rows: (&rows.name, &rows.values),
        columns: (&columns.name, &columns.values),
        figures: &sweep.heat,
        shown: sweep.shared.by.shown(),
    })
}

/// A row of figures for each value of the first name, as many columns as there is room for.
fn grid_of_figures(heat: &Heat<'_>, by: &str, width: usize) -> Vec<String> {
    let cell = |row: usize, column: usize| maybe(heat.figure(row, column), heat.shown);
    let (rows, columns) = (heat.rows.1, heat.columns.1);
    let all = (0..rows.len()).flat_map(|row| (0..columns.len()).map(move |column| (row, column)));
    let figures = all.map(|(row, column)| cell(row, column).chars().count());
    let texts = columns.iter().map(|text| text.chars().count());
    let wide = figures.chain(texts).max().unwrap_or_default() + 2;
    let left = rows.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    let left = left.max(heat.rows.0.chars().count());
    let columns_shown = picked(columns.len(), (width.saturating_sub(left) / wide).max(2));
    let rows_shown = picked(rows.len(), ROWS_SHOWN_MAX);
    let thinned = columns_shown.len() < columns.len() || rows_shown.len() < rows.len();
    let note = if thinned { ", not all of them; --csv has them" } else { "" };
    let (down, across) = (heat.rows.0, heat.columns.0);
    let title = format!("{by} by {down} (downwards) and {across} (across){note}");
    let heads: Vec<&str> = columns_shown.iter().map(|n| columns[*n].as_str()).collect();
    let heads = [&[down], &heads[..]].concat();
    let row = |n: &usize| {
        let cells = columns_shown.iter().map(|column| cell(*n, *column));
        std::iter::once(rows[*n].clone()).chain(cells).collect()
    };
    let cells: Vec<Vec<String>> = rows_shown.iter().map(row).collect();
    std::iter::once(title).chain(aligned(&heads, &cells)).collect()
}

/// Columns as wide as their widest cell, the first to the left, the others to the right.
fn aligned(heads: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let all = || std::iter::once(&heads).chain(rows);
    let width = |n: usize| all().map(|row| row[n].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(n, (cell, width))| match n {
            0 => format!("{cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>()
    };
    all().map(line).collect()
}

/// How fast it went; the last line.
pub(super) fn speed(
    combinations: usize,
    minutes: usize,
    threads: usize,
    taken: Duration,
) -> String {
    let all = combinations as u128 * minutes as u128;
    format!(
        "{} combinations of {} minutes in {:.2} s on {threads} threads: {} minutes/s\n",
        grouped(combinations),
        grouped(minutes),
        taken.as_secs_f64(),
        a_second(all, taken)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(figure: f64) -> String {
        format!("{figure:.1}")
    }

    #[test]
    fn a_grid_of_figures_is_as_wide_as_the_terminal() {
        let texts = |count: u32| (1..=count).map(|n| n.to_string()).collect::<Vec<_>>();
        let figures: Vec<Option<f64>> =
            (0..60).map(|n| (n != 1).then(|| f64::from(n) / 10.0 - 1.0)).collect();
        let (rows, columns) = (texts(2), texts(30));
        let heat = Heat { rows: ("n", &rows), columns: ("m", &columns), figures: &figures, shown };
        let narrow = grid_of_figures(&heat, "Sharpe", 26);
        let title = "Sharpe by n (downwards) and m (across), not all of them; --csv has them";
        assert_eq!(narrow[0], title);
        assert!(narrow.iter().skip(1).all(|line| line.chars().count() <= 26), "{narrow:#?}");
        assert_eq!(narrow[1].split_whitespace().count(), 5, "{narrow:#?}");
        let wide = grid_of_figures(&heat, "Sharpe", 400);
        assert_eq!(wide[0], "Sharpe by n (downwards) and m (across)");
        assert!(wide[2].starts_with("1  -1.0    -  -0.8"), "{wide:#?}");
    }
}
