//! Strategies × minutes.

use chassis::name::Name;
use html::Html;

use super::{Shown, link, words};
use crate::{
    engine::verdict::Outcome,
    figures::Part,
    page::board::{Cell, Column},
};

/// The table, the newest minute at the right, and what its letters mean.
pub(super) fn grid(shown: Shown<'_>) -> Html {
    let Shown { board, status, timing, .. } = shown;
    let (names, more) = board.rows(status);
    let minutes: Vec<(&Column, String)> = board
        .minutes(names.len())
        .map(|column| (column, words::of_day(column.verdict.minute, timing.interval)))
        .collect();
    let mut html = Html::default();
    html.mark("<h2 id=\"minutes\">Minutes</h2>\n");
    if minutes.is_empty() {
        html.mark("<p>None has ended yet.</p>\n");
        return html;
    }
    html.mark("<div class=\"scroll\" role=\"region\" aria-labelledby=\"minutes\" tabindex=\"0\">");
    html.mark("<table class=\"grid\">\n<thead><tr><th scope=\"col\">Strategy</th>");
    for (column, time) in &minutes {
        html.mark("<th scope=\"col\"><a href=\"");
        link(&mut html, column.verdict.minute);
        html.mark("\">").text(time).mark("</a></th>");
    }
    html.mark("</tr></thead>\n<tbody><tr class=\"ends\"><th scope=\"row\">Median</th>");
    for (column, time) in &minutes {
        ending(&mut html, &column.verdict.outcome, time);
    }
    html.mark("</tr>\n");
    for name in names {
        html.mark("<tr><th scope=\"row\">").text(name).mark("</th>");
        for (column, time) in &minutes {
            cell(&mut html, (name, time), column.cells.get(name));
        }
        html.mark("</tr>\n");
    }
    html.mark("</tbody></table></div>\n");
    if more > 0 {
        html.mark("<p>and ")
            .text(more)
            .mark(" more strategies: `minutehand status` lists all</p>\n");
    }
    html.part(&legend());
    html
}

/// How a minute ended.
fn ending(html: &mut Html, outcome: &Outcome, time: &str) {
    let (glyph, class) = words::ending(outcome);
    html.mark("<td class=\"").mark(class).mark("\" title=\"").text(time).mark(": ");
    said(html, outcome);
    html.mark("\"><span aria-hidden=\"true\">").mark(glyph).mark("</span><span class=\"aside\">");
    html.text(time).mark(": ");
    said(html, outcome);
    html.mark("</span></td>");
}

fn said(html: &mut Html, outcome: &Outcome) {
    match outcome {
        Outcome::Median(median) => html.mark("median ").text(median.value),
        Outcome::Failed(_) | Outcome::NoStrategies | Outcome::Halted | Outcome::NotRunning => {
            html.mark(words::ended(outcome))
        }
    };
}

/// What a strategy did in a minute; nothing if it was not expected.
fn cell(html: &mut Html, (name, time): (&Name, &str), cell: Option<&Cell>) {
    let Some(Cell { part, says }) = cell else {
        html.mark("<td></td>");
        return;
    };
    let text = format!("{name}, {time}: {}, {says}", part.as_str());
    html.mark("<td class=\"").mark(part.as_str()).mark("\" title=\"").text(&text);
    html.mark("\"><span aria-hidden=\"true\">").mark(words::glyph(*part));
    html.mark("</span><span class=\"aside\">").text(&text).mark("</span></td>");
}

fn legend() -> Html {
    let mut html = Html::default();
    html.mark("<details><summary>What the letters mean</summary>\n<ul class=\"legend\">\n");
    for part in Part::ALL {
        html.mark("<li><span class=\"key ").mark(part.as_str()).mark("\" aria-hidden=\"true\">");
        html.mark(words::glyph(part)).mark("</span> ").mark(words::meaning(part)).mark("</li>\n");
    }
    html.mark(
        "</ul>\n<p>An empty cell: it was not expected. In the first row: E failed, H halted, ",
    );
    html.mark("0 nobody was expected, z the trader was not running. ");
    html.mark("A minute leads to everything that is on record about it.</p></details>\n");
    html
}
