//! What came of a sweep, as a page.

use html::{Html, list, table};

use super::{
    Sweep,
    text::{CHOICES, HINDSIGHT, best, choices, heads, heat, of_what, stitched},
};
use crate::backtest::{
    page::{plots, text_of},
    prepare::Given,
};

/// Above the plot.
const EQUITY: &str =
    "equity out of sample, of 1 at the beginning: what each fold chose, one after the other";

/// The page; `plan` is the plan's text.
pub(super) fn page(sweep: &Sweep<'_>, given: &Given, plan: &str) -> Html {
    let (by, file) = (sweep.shared.by, given.plan.display());
    let mut lines = vec![format!("plan {file}")];
    lines.extend(of_what(sweep));
    lines.extend(given.told());
    lines.push(sweep.fingerprint.to_string());
    let mut body = Html::default();
    body.mark("<h2>What was run</h2>\n").part(&list(&lines)).part(&text_of(plan));
    body.mark("<h2>Walk-forward by ").text(by.name()).mark("</h2>\n");
    body.mark("<p>Each part of the period but the first, by the combination that was the best ");
    body.mark("in all parts before it.</p>\n").part(&table(false, &CHOICES, &choices(sweep)));
    body.mark("<p>").text(stitched(sweep)).mark("</p>\n");
    let equities = [("what each fold chose".to_owned(), sweep.forward.equity.clone())];
    body.part(&plots(EQUITY, &sweep.forward.course, &equities));
    body.mark("<h2>The best in the whole period</h2>\n<p>Mind that ").text(HINDSIGHT);
    body.mark(".</p>\n").part(&table(false, &heads(), &best(sweep)));
    if let Some(heat) = heat(sweep) {
        body.mark("<h2>All combinations</h2>\n");
        body.mark("<p>Figures of the whole period, in-sample: gains green, losses red.</p>\n");
        body.part(&html::heat(by.name(), &heat));
    }
    html::page(&format!("Sweep of {file}"), &body)
}
