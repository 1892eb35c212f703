//! What came of a backtest, as a page.

use backtest::{
    course::{Change, Course},
    equity::Equity,
};
use trader::engine::verdict::State;

use super::{
    Backtest,
    prepare::Given,
    text::{ADDED, HEADS, grouped, of_what, rows},
};
use html::{Html, Line, Plot, Stretch, list, strip, table};

/// Changes of state that are shown; `--csv` writes them all.
const CHANGES_SHOWN_MAX: usize = 100;

/// Causes of a change that are shown: one reason often makes many strategies abstain.
const CAUSES_SHOWN_MAX: usize = 5;

/// Above the plots.
const EQUITY: &str = "equity, of 1 at the beginning: the median thick, each strategy thin";
const STATES: &str = "the trader's states: OK green, ERROR red, WAITING and IDLE yellow, HALTED violet; \
    where several are too close to tell apart, the worst";

/// Times below a plot.
const TIMES: usize = 5;

/// The page; `plan` is the plan's text.
pub(super) fn page(backtest: &Backtest<'_>, given: &Given, plan: &str) -> Html {
    let mut body = Html::default();
    body.mark("<h2>What was run</h2>\n").part(&list(&run(backtest, given)));
    body.part(&text_of(plan));
    let header = [&[""], &HEADS[..], &[ADDED]].concat();
    body.mark("<h2>What it came to</h2>\n").part(&table(false, &header, &rows(backtest)));
    body.part(&plots(EQUITY, &backtest.course, &backtest.equities));
    body.part(&strip(STATES, &stretches(&backtest.course)));
    body.part(&changes(&backtest.course));
    html::page(&format!("Backtest of {}", given.plan.display()), &body)
}

/// What was run, in lines.
fn run(backtest: &Backtest<'_>, given: &Given) -> Vec<String> {
    let mut lines = vec![format!("plan {}", given.plan.display())];
    lines.extend(of_what(backtest));
    lines.extend(given.told());
    lines.push(backtest.fingerprint.to_string());
    lines
}

/// The plan as it stands in its file, folded away.
pub(crate) fn text_of(plan: &str) -> Html {
    let mut text = Html::default();
    text.mark("<details><summary>the plan's text</summary><pre>").text(plan);
    text.mark("</pre></details>\n");
    text
}

/// Equities, the first in front, and its drawdown; `title` says what they are.
pub(crate) fn plots<'a>(
    title: &'static str,
    course: &Course,
    equities: &'a [(String, Equity)],
) -> Html {
    let times = times(course);
    let line = |(name, equity): &'a (String, Equity)| Line { name, values: &equity.values };
    let lines: Vec<Line<'a>> = equities.iter().map(line).collect();
    let equity = Plot { title, lines: &lines, times: &times };
    let drawdowns: Vec<f64> =
        equities.first().map_or_else(Vec::new, |(_, equity)| equity.drawdowns().collect());
    let lines = [Line { name: "drawdown", values: &drawdowns }];
    let drawdown = Plot { title: "drawdown, in parts of the peak", lines: &lines, times: &times };
    let mut plots = equity.draw();
    plots.part(&drawdown.draw());
    plots
}

/// At equal distances, from the first to the last minute, without seconds and zone.
fn times(course: &Course) -> Vec<String> {
    let last = course.medians.len().saturating_sub(1);
    let at = |n: usize| course.minutes().nth(n * last / (TIMES - 1));
    let short = |minute: String| minute.replace('T', " ").chars().take(16).collect();
    (0..TIMES).filter_map(at).map(|minute| short(minute.to_string())).collect()
}

/// How the states follow on each other.
fn stretches(course: &Course) -> Vec<Stretch> {
    let first = course.first.start();
    let last = course.minutes().last().unwrap_or(course.first);
    let whole = last.next(course.interval).start().since(first).as_secs_f64();
    let stretch = |change: &Change| Stretch {
        state: change.to.as_str(),
        weight: weight(change.to),
        from: change.at.since(first).as_secs_f64() / whole,
        says: format!("{} from {} {}", change.to, change.at, causes(change)),
    };
    course.changes.iter().map(stretch).collect()
}

/// How bad a state is.
const fn weight(state: State) -> u8 {
    match state {
        State::Ok => 0,
        State::Waiting => 1,
        State::Idle => 2,
        State::Halted => 3,
        State::Error => 4,
    }
}

fn changes(course: &Course) -> Html {
    let mut part = Html::default();
    part.mark("<h2>Changes of state</h2>\n");
    let row = |change: &Change| vec![change.at.to_string(), change.to.to_string(), causes(change)];
    let rows: Vec<_> = course.changes.iter().take(CHANGES_SHOWN_MAX).map(row).collect();
    part.part(&table(true, &["at", "state", "causes"], &rows));
    let more = course.changes.len().saturating_sub(CHANGES_SHOWN_MAX);
    if more > 0 {
        part.mark("<p>and ").text(grouped(more)).mark(" more; --csv writes them all</p>\n");
    }
    part
}

fn causes(change: &Change) -> String {
    let shown = change.causes.iter().take(CAUSES_SHOWN_MAX).map(ToString::to_string);
    let more = change.causes.len().saturating_sub(CAUSES_SHOWN_MAX);
    let more = (more > 0).then(|| format!("and {more} more"));
    shown.chain(more).collect::<Vec<_>>().join("; ")
}
