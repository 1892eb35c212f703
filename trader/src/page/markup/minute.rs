//! Everything that is on record about one minute.

use chassis::{
    grid::{Interval, Minute},
    name::Name,
};
use html::Html;

use super::{frame::page, link, state, words};
use crate::{
    engine::{
        ledger::Halt,
        submission::{Accepted, Content},
        verdict::Verdict,
    },
    journal::Explanation,
};

/// Which minute, and from where on.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Asked {
    pub(in super::super) minute: Minute,
    pub(in super::super) interval: Interval,
}

/// The verdict, its causes, and a page of who said what.
pub(in super::super) fn minute(asked: Asked, explanation: &Explanation) -> Html {
    let Asked { minute, interval } = asked;
    let Explanation { verdict, causes_total, submissions, causes, next, halt } = explanation;
    let mut body = Html::default();
    body.mark("<h1>Minute ").text(minute).mark("</h1>\n<nav aria-label=\"Minutes\"><a href=\"");
    link(&mut body, verdict.minute.previous(interval));
    body.mark("\">← before</a> <a href=\"");
    link(&mut body, verdict.last.next(interval));
    body.mark("\">after →</a></nav>\n").part(&ended(verdict));
    if let Some(Halt { reason, operator, at }) = halt {
        body.mark("<p>Halted by ").text(operator).mark(" at ").text(at).mark(": ").text(reason);
        body.mark("</p>\n");
    }
    body.part(&state::causes(causes, *causes_total)).part(&said(minute, submissions));
    if let Some(next) = next {
        body.mark("<p><a href=\"");
        link(&mut body, minute);
        body.mark("&amp;after=").text(next).mark("\">More, after ").text(next).mark("</a></p>\n");
    }
    page(&format!("Minute {minute}"), &body)
}

fn ended(verdict: &Verdict) -> Html {
    let mut html = Html::default();
    let (_, class) = words::ending(&verdict.outcome);
    html.mark("<p><strong class=\"ending ").mark(class).mark("\">");
    html.mark(words::ended(&verdict.outcome)).mark("</strong>");
    if let Some(median) = verdict.median() {
        html.mark(" <strong>").text(median.value).mark("</strong> of ").text(verdict.count);
        html.mark(" from ").text(median.lowest).mark(" to ").text(median.highest);
        html.mark(", valid until ").text(verdict.valid_until);
    }
    if verdict.last > verdict.minute {
        html.mark(", from ").text(verdict.minute).mark(" to ").text(verdict.last);
    }
    html.mark("; closed at ").text(verdict.closed_at).mark("</p>\n");
    html
}

fn said(minute: Minute, submissions: &[(Name, std::sync::Arc<Accepted>)]) -> Html {
    let mut html = Html::default();
    if submissions.is_empty() {
        html.mark("<p>Nobody said anything.</p>\n");
        return html;
    }
    html.mark("<h2 id=\"said\">What was said</h2>\n<div class=\"scroll plain\" role=\"region\" ");
    html.mark("aria-labelledby=\"said\" tabindex=\"0\"><table>\n<thead><tr>");
    for head in ["Strategy", "Said", "Received", "Decided at", "Epoch, instance", "From"] {
        html.mark("<th scope=\"col\">").mark(head).mark("</th>");
    }
    html.mark("</tr></thead>\n<tbody>\n");
    for (name, said) in submissions {
        html.mark("<tr><th scope=\"row\">").text(name).mark("</th><td class=\"words\">");
        match &said.content {
            Content::Decision(value) => html.text(value),
            Content::Abstention(why) => html.mark("abstained: ").text(why),
        };
        let micros = said.received_at.as_micros() - minute.start().as_micros();
        html.mark("</td><td>").text(seconds(micros)).mark("</td><td>").text(said.decided_at);
        html.mark("</td><td>").text(said.epoch).mark(", ").text(&said.instance).mark("</td><td>");
        for (n, signal) in said.signals.iter().enumerate() {
            html.mark(if n > 0 { ", " } else { "" }).text(&signal.generator).mark(" ");
            html.text(signal.value);
        }
        html.mark("</td></tr>\n");
    }
    html.mark("</tbody></table></div>\n");
    html
}

/// After the minute began: `+0.004 s`.
#[expect(clippy::cast_precision_loss, reason = "it is shown to the millisecond")]
fn seconds(micros: i64) -> String {
    format!("{:+.3} s", micros as f64 / 1e6)
}
