//! The state at one glance: what it is, why, what to do; the median, and how it went.

use html::{Band, Html, Spread};

use super::{Shown, words};
use crate::engine::{
    StatusPage,
    verdict::{Cause, State, Verdict},
};

/// Causes that are shown.
const CAUSES_MAX: usize = 16;

/// Causes that are named beside the state.
const NAMED_MAX: usize = 4;

/// The current median's verdict.
fn current(status: &StatusPage) -> Option<&Verdict> {
    let last = status.last_verdict.as_deref();
    last.filter(|last| status.state == State::Ok && last.median().is_some())
}

/// `OK 0.5 · 127.0.0.1:1010` or `ERROR: X silent · …`, for the tab.
pub(in super::super) fn title(Shown { status, called, .. }: Shown<'_>) -> String {
    let median = current(status).and_then(Verdict::median);
    let says = match (median, status.causes.first()) {
        (Some(median), _) => format!("{} {}", status.state, median.value),
        (None, Some(cause)) => format!("{}: {} {}", status.state, cause.subject, cause.code),
        (None, None) => status.state.to_string(),
    };
    if called.is_empty() { says } else { format!("{says} · {called}") }
}

/// What it is, and who is why, in a few words: a reader of screens says them at each change.
pub(super) fn state(Shown { status, called, .. }: Shown<'_>) -> Html {
    let StatusPage { state, state_since, causes, .. } = status;
    let mut html = Html::default();
    html.mark("<h1 class=\"state ").text(state).mark("\">").text(state).mark(" <small>since ");
    html.text(words::moment(*state_since)).mark("</small></h1>\n<p>");
    if !called.is_empty() {
        html.mark("Trader ").text(called).mark(". ");
    }
    html.text(words::state(*state));
    for (n, cause) in causes.iter().take(NAMED_MAX).enumerate() {
        html.mark(if n > 0 { ", " } else { " What is wrong: " }).text(&cause.subject).mark(" ");
        html.text(cause.code);
    }
    if let Some(more @ 1..) = causes.len().checked_sub(NAMED_MAX) {
        html.mark(" and ").text(more).mark(" more");
    }
    html.mark(if causes.is_empty() { "</p>\n" } else { ".</p>\n" });
    html
}

/// Why, and what to do.
pub(super) fn why(StatusPage { causes, halt, .. }: &StatusPage) -> Html {
    let mut html = Html::default();
    if let Some((halt, durable)) = halt {
        html.mark("<p>Halted by ").text(&halt.operator).mark(": ").text(&halt.reason);
        html.mark(if *durable { "</p>\n" } else { " (not on disk yet)</p>\n" });
    }
    html.part(&self::causes(causes, causes.len()));
    html
}

/// Causes with what to do about each; `total` may be more than there are here.
pub(super) fn causes(causes: &[Cause], total: usize) -> Html {
    let mut html = Html::default();
    if causes.is_empty() {
        return html;
    }
    html.mark("<ul class=\"causes\">\n");
    for cause in causes.iter().take(CAUSES_MAX) {
        html.mark("<li><strong class=\"cause\">").text(&cause.subject).mark(" ").text(cause.code);
        html.mark("</strong> since minute ").text(cause.since);
        if let Some(seen) = cause.last_seen {
            html.mark(", last seen ").text(words::moment(seen));
        }
        html.mark(": ").text(&cause.detail);
        if let Some(advice) = words::advice(cause.code) {
            html.mark("<br><em>").text(advice).mark("</em>");
        }
        html.mark("</li>\n");
    }
    html.mark("</ul>\n");
    if let Some(more @ 1..) = total.checked_sub(CAUSES_MAX.min(causes.len())) {
        html.mark("<p>and ").text(more).mark(" more</p>\n");
    }
    html
}

/// The median in force, or that there is none.
pub(super) fn median(shown: Shown<'_>) -> Html {
    let Shown { status, timing, .. } = shown;
    let mut html = Html::default();
    let Some((verdict, median)) = current(status).and_then(|it| Some((it, it.median()?))) else {
        html.mark("<p class=\"median none\">no median <small>next minute: ");
        html.text(words::of_day(status.current_minute, timing.interval)).mark("</small></p>\n");
        return html;
    };
    html.mark("<p class=\"median\">").text(median.value);
    html.mark(" <small><span class=\"lapsed\">lapsed: </span>median of ");
    html.text(verdict.count).mark(if verdict.count == 1 { " decision" } else { " decisions" });
    html.mark(" for ").text(words::of_day(verdict.minute, timing.interval)).mark(", from ");
    html.text(median.lowest).mark(" to ").text(median.highest).mark(", valid until ");
    html.text(words::moment(verdict.valid_until)).mark("</small></p>\n");
    if !verdict.disagreeing.is_empty() {
        html.mark("<p>Strategies read different values under the name of ");
        for (n, name) in verdict.disagreeing.iter().take(CAUSES_MAX).enumerate() {
            html.mark(if n > 0 { ", " } else { "" }).text(name);
        }
        html.mark(".</p>\n");
    }
    html
}

/// The medians of the last minutes with the band of decisions.
pub(super) fn chart(Shown { board, timing, .. }: Shown<'_>) -> Html {
    let spreads: Vec<Option<Spread>> = board
        .columns()
        .map(|column| {
            let median = column.verdict.median()?;
            let (lowest, highest) = (median.lowest, median.highest);
            Some(Spread { lowest, middle: median.value, highest })
        })
        .collect();
    if spreads.is_empty() {
        return Html::default();
    }
    let at = |verdict: &Verdict| words::of_day(verdict.minute, timing.interval);
    let mut minutes = board.columns().map(|column| at(&column.verdict));
    let first = minutes.next().unwrap_or_default();
    let last = minutes.last().unwrap_or_default();
    let known = spreads.iter().flatten().count();
    let says = format!(
        "Medians of {known} of the last {} minutes, from {first} on; the grid above has them as text",
        spreads.len()
    );
    let title = "Median (line), lowest and highest decision (band)";
    Band { title, says: &says, spreads: &spreads, times: [&first, &last] }.draw()
}
