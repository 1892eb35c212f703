//! Who is on the list by now, and how each of them fares.

use chassis::name::Name;
use html::Html;

use super::{Shown, words};
use crate::{
    engine::{
        registry::Strategy,
        verdict::{Cause, Subject},
    },
    page::board::STRATEGIES_MAX,
};

/// A row for each; operators find there how to take it off the list.
pub(super) fn strategies(shown: Shown<'_>) -> Html {
    let Shown { status, operates, .. } = shown;
    let mut html = Html::default();
    html.mark("<h2 id=\"names\">Strategies <small>").text(status.strategies_total);
    html.mark("</small></h2>\n");
    if status.strategies.is_empty() {
        html.mark("<p>None is registered.</p>\n");
        return html;
    }
    html.mark("<div class=\"scroll plain\" role=\"region\" aria-labelledby=\"names\" ");
    html.mark("tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">Strategy</th>");
    html.mark("<th scope=\"col\">Session</th><th scope=\"col\">Last said</th>");
    html.mark("<th scope=\"col\">For</th><th scope=\"col\">Clock</th>");
    if operates {
        html.mark("<th scope=\"col\"><span class=\"aside\">Deregister</span></th>");
    }
    html.mark("</tr></thead>\n<tbody>\n");
    for (name, strategy) in status.strategies.iter().take(STRATEGIES_MAX) {
        let own = |cause: &&Cause| matches!(&cause.subject, Subject::Strategy(it) if it == name);
        let blamed = status.causes.iter().find(own);
        html.mark("<tr><th scope=\"row\"").mark(if blamed.is_some() {
            " class=\"cause\""
        } else {
            ""
        });
        html.mark(">").text(name);
        if let Some(cause) = blamed {
            html.mark(" <small>").text(cause.code).mark("</small>");
        }
        html.mark("</th>");
        if let Some(strategy) = strategy {
            row(&mut html, shown, (name, strategy));
        } else {
            html.mark("<td class=\"cause\" colspan=\"4\">expected, and not registered: start it");
            html.mark("</td>").mark(if operates { "<td></td>" } else { "" });
        }
        html.mark("</tr>\n");
    }
    html.mark("</tbody></table></div>\n");
    if let Some(more @ 1..) = status.strategies_total.checked_sub(STRATEGIES_MAX) {
        html.mark("<p>and ").text(more).mark(" more</p>\n");
    }
    html
}

fn row(html: &mut Html, shown: Shown<'_>, (name, strategy): (&Name, &Strategy)) {
    html.mark("<td>").mark(match strategy.session {
        Some(_) => "connected",
        None => "<span class=\"cause\">disconnected</span>",
    });
    html.mark("</td><td>");
    match &strategy.last {
        Some(last) => {
            match last.decision() {
                Some(value) => html.text(value),
                None => html.mark("abstained"),
            };
            html.mark("</td><td>").text(words::of_day(last.minute, shown.timing.interval));
        }
        None => drop(html.mark("nothing yet</td><td>")),
    }
    html.mark("</td><td>");
    if let Some(offset) = strategy.clock_offset {
        html.text(offset);
    }
    html.mark("</td>");
    if shown.operates {
        html.mark("<td><a class=\"act\" href=\"/deregister?name=").text(name);
        html.mark("\">Deregister<span class=\"aside\"> ").text(name).mark("</span></a></td>");
    }
}
