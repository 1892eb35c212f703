//! What came of a backtest, in lines.

use std::time::Duration;

use backtest::{course::Course, equity::Equity, statistics::Statistics};
use trader::engine::verdict::State;

use super::Backtest;
use crate::report::printable;

/// Changes of state that are shown; the table has them all.
const CHANGES_SHOWN_MAX: usize = 10;

/// Above the columns of figures.
pub(crate) const HEADS: [&str; 11] = [
    "return",
    "CAGR",
    "Sharpe",
    "Sortino",
    "Calmar",
    "drawdown",
    "its length",
    "wins",
    "profit",
    "traded",
    "held",
];

/// Above what a strategy adds to the median.
pub(super) const ADDED: &str = "added";

/// The whole report.
pub(super) fn report(backtest: &Backtest<'_>) -> String {
    let mut text = String::new();
    for one in of_what(backtest) {
        line(&mut text, &one);
    }
    changes(&mut text, &backtest.course);
    earned(&mut text, backtest);
    line(&mut text, &backtest.fingerprint.to_string());
    text
}

/// Data, minutes and medians, in lines.
pub(super) fn of_what(backtest: &Backtest<'_>) -> Vec<String> {
    let course = &backtest.course;
    let mut lines = backtest.data.told();
    lines.extend(backtest.prepared.notes.iter().cloned());
    lines.push(period(course));
    lines.push(uptime(course));
    lines
}

/// How many minutes there are, and which.
pub(crate) fn period(course: &Course) -> String {
    let minutes = grouped(course.medians.len());
    let last = course.minutes().last().unwrap_or(course.first);
    format!("minutes {minutes} from {} to {last}", course.first)
}

/// What files and plans have in them cannot steer a terminal.
fn line(text: &mut String, line: &str) {
    text.push_str(&printable(line));
    text.push('\n');
}

/// In what part of the minutes there was a median, and what was wrong in the others.
fn uptime(course: &Course) -> String {
    let (minutes, medians) = (course.medians.len(), course.medians.iter().flatten().count());
    let share = share(medians, minutes);
    let without = minutes - medians;
    if without == 0 {
        return format!("uptime {share}: every minute has a median");
    }
    let codes = course.shortfalls.iter().map(|(code, n)| format!("{code} {}", grouped(*n)));
    let codes = codes.collect::<Vec<_>>().join(", ");
    let several = if course.shortfalls.values().sum::<usize>() > without {
        "; a minute with several causes counts for each"
    } else {
        ""
    };
    format!("uptime {share}: {} minutes without a median ({codes}{several})", grouped(without))
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
fn earned(text: &mut String, backtest: &Backtest<'_>) {
    line(text, &row("", HEADS.into_iter().chain([ADDED])));
    for cells in rows(backtest) {
        line(text, &row(&cells[0], cells[1..].iter().map(String::as_str)));
    }
}

/// A name and its figures a row.
pub(super) fn rows(backtest: &Backtest<'_>) -> Vec<Vec<String>> {
    let added = std::iter::once(None).chain(backtest.contributions.iter().copied());
    let row = |((name, equity), added): (&(String, Equity), Option<f64>)| {
        let statistics = Statistics::of(equity, backtest.course.interval);
        let figures = cells(&statistics).into_iter().chain([maybe(added, percent)]);
        std::iter::once(name.clone()).chain(figures).collect()
    };
    backtest.equities.iter().zip(added).map(row).collect()
}

fn row<'a>(name: &str, cells: impl IntoIterator<Item = &'a str>) -> String {
    cells.into_iter().fold(format!("{name:<16}"), |row, cell| format!("{row} {cell:>11}"))
}

/// Figures in the order of [`HEADS`].
pub(crate) fn cells(statistics: &Statistics) -> [String; 11] {
    [
        percent(statistics.total_return),
        maybe(statistics.cagr, percent),
        maybe(statistics.sharpe, ratio),
        maybe(statistics.sortino, ratio),
        maybe(statistics.calmar, ratio),
        percent(statistics.max_drawdown),
        grouped(statistics.drawdown_minutes),
        maybe(statistics.win_rate, percent),
        maybe(statistics.profit_factor, ratio),
        format!("{:.1}", statistics.turnover),
        percent(statistics.exposure),
    ]
}

/// A part of the whole.
pub(crate) fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}

/// A number by another.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}

/// A number as it is shown, or that there is none.
pub(crate) fn maybe(number: Option<f64>, shown: fn(f64) -> String) -> String {
    number.map_or_else(|| "-".to_owned(), shown)
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
    format!(
        "{} minutes, {passes} times in {:.2} s: {} minutes/s\n",
        grouped(minutes),
        taken.as_secs_f64(),
        a_second(all, taken)
    )
}

/// How many there were in a second.
pub(crate) fn a_second(all: u128, taken: Duration) -> String {
    let a_second = all * 1_000_000_000 / taken.as_nanos().max(1);
    grouped(usize::try_from(a_second).unwrap_or(usize::MAX))
}

/// `3,100,000`
pub(crate) fn grouped(number: usize) -> String {
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
    use chassis::grid::{Interval, Minute, Timestamp};
    use trader::engine::verdict::CauseCode;

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
    fn uptime_says_how_many_minutes_fell_short_and_of_what() {
        let of = |medians: &[Option<f64>], shortfalls: &[(CauseCode, usize)]| {
            let first = Minute::containing(Timestamp::from_micros(0), Interval::default());
            uptime(&Course {
                first,
                interval: Interval::default(),
                medians: medians.iter().copied().collect(),
                strategies: Vec::new(),
                changes: Vec::new(),
                shortfalls: shortfalls.iter().copied().collect(),
            })
        };
        assert_eq!(of(&[Some(1.0); 4], &[]), "uptime 100.00 %: every minute has a median");
        let two = [(CauseCode::Abstained, 27), (CauseCode::Silent, 5)];
        let medians: Vec<_> = (0..45_031).map(|n| (n >= 32).then_some(1.0)).collect();
        assert_eq!(
            of(&medians, &two),
            "uptime 99.92 %: 32 minutes without a median (silent 5, abstained 27)"
        );
        assert_eq!(
            of(&[None, None, Some(1.0)], &[(CauseCode::Abstained, 2), (CauseCode::Silent, 1)]),
            "uptime 33.33 %: 2 minutes without a median (silent 1, abstained 2; \
             a minute with several causes counts for each)"
        );
    }

    #[test]
    fn the_last_line_ends_with_the_speed() {
        let line = speed(45_031, 3, Duration::from_millis(45));
        assert_eq!(line, "45,031 minutes, 3 times in 0.04 s: 3,002,066 minutes/s\n");
    }
}
