//! What came of a backtest, in lines.

use std::time::Duration;

use backtest::{course::Course, statistics::Statistics};
use trader::engine::verdict::State;

use super::Backtest;

/// Changes of state that are shown; the table has them all.
const CHANGES_SHOWN_MAX: usize = 10;

/// The whole report.
pub(super) fn report(backtest: &Backtest) -> String {
    let mut text = String::new();
    for (file, history) in &backtest.prepared.files {
        line(&mut text, &format!("data {}: {}", file.display(), history.conventions));
        line(&mut text, &format!("data {}: {}", file.display(), history.quality));
    }
    for note in &backtest.prepared.notes {
        line(&mut text, note);
    }
    let course = &backtest.course;
    let (minutes, medians) = (course.medians.len(), course.medians.iter().flatten().count());
    let last = course.minutes().last().unwrap_or(course.first);
    line(&mut text, &format!("minutes {} from {} to {last}", grouped(minutes), course.first));
    line(&mut text, &format!("medians {} ({})", grouped(medians), share(medians, minutes)));
    changes(&mut text, course);
    earned(&mut text, backtest);
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// When the trader was not OK, and why.
fn changes(text: &mut String, course: &Course) {
    let bad = || course.changes.iter().filter(|change| change.to != State::Ok);
    for change in bad().take(CHANGES_SHOWN_MAX) {
        let first = change.causes.first().map(ToString::to_string).unwrap_or_default();
        let others = match change.causes.len().saturating_sub(1) {
            0 => String::new(),
            others => format!("; and {others} more"),
        };
        line(text, &format!("{} {}: {first}{others}", change.at, change.to));
    }
    let more = bad().count().saturating_sub(CHANGES_SHOWN_MAX);
    if more > 0 {
        line(text, &format!("… and {more} more; --csv writes them all"));
    }
}

/// What the median and each strategy earned, a row each.
fn earned(text: &mut String, backtest: &Backtest) {
    let heads = ["return", "CAGR", "Sharpe", "Sortino", "Calmar", "drawdown", "its length", "wins"];
    let heads = [&heads[..], &["profit", "traded", "held", "added"]].concat();
    line(text, &row("", heads.iter().map(|head| (*head).to_owned())));
    let added = std::iter::once(None).chain(backtest.contributions.iter().copied());
    for ((name, equity), added) in backtest.equities.iter().zip(added) {
        let statistics = Statistics::of(equity, backtest.course.interval);
        line(text, &row(name, cells(&statistics, added).into_iter()));
    }
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> String {
    cells.fold(format!("{name:<16}"), |row, cell| format!("{row} {cell:>11}"))
}

fn cells(statistics: &Statistics, added: Option<f64>) -> [String; 12] {
    let part = |part: f64| format!("{:.2} %", part * 100.0);
    let ratio =
        |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    let maybe = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), part);
    [
        part(statistics.total_return),
        maybe(statistics.cagr),
        ratio(statistics.sharpe),
        ratio(statistics.sortino),
        ratio(statistics.calmar),
        part(statistics.max_drawdown),
        grouped(statistics.drawdown_minutes),
        maybe(statistics.win_rate),
        ratio(statistics.profit_factor),
        format!("{:.1}", statistics.turnover),
        part(statistics.exposure),
        maybe(added),
    ]
}

fn share(part: usize, all: usize) -> String {
    let hundredths = (part * 10_000).checked_div(all).unwrap_or_default();
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// What had to be done before and after.
pub(super) fn times(loading: Duration, reporting: Duration) -> String {
    let milliseconds = |duration: Duration| format!("{:.0} ms", duration.as_secs_f64() * 1_000.0);
    format!("loading {}, report {}\n", milliseconds(loading), milliseconds(reporting))
}

/// How fast minutes went by; the last line.
pub(super) fn speed(minutes: usize, passes: u32, taken: Duration) -> String {
    let all = minutes as u128 * u128::from(passes);
    let a_second = all * 1_000_000_000 / taken.as_nanos().max(1);
    let a_second = usize::try_from(a_second).unwrap_or(usize::MAX);
    format!(
        "{} minutes, {passes} times in {:.2} s: {} minutes/s\n",
        grouped(minutes),
        taken.as_secs_f64(),
        grouped(a_second)
    )
}

/// `3,100,000`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (45_031, "45,031"), (3_100_000, "3,100,000")]
        {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(share(1, 3), "33.33 %");
        assert_eq!(share(0, 0), "0.00 %");
    }

    #[test]
    fn the_last_line_ends_with_the_speed() {
        let line = speed(45_031, 3, Duration::from_millis(45));
        assert_eq!(line, "45,031 minutes, 3 times in 0.04 s: 3,002,066 minutes/s\n");
    }
}
