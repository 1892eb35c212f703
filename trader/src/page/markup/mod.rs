//! The page's parts as HTML. Whatever is not of this program is text.

mod frame;
mod state;
mod grid;
mod strategies;
mod minute;
mod leaving;

use chassis::grid::Timing;
use html::Html;

use super::{board::Board, words};
use crate::engine::StatusPage;

pub(super) use frame::{around, message};
pub(super) use leaving::confirmation;
pub(super) use minute::{Asked, minute};
pub(super) use state::title;

/// What is shown, and to whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) board: &'a Board,
    pub(super) status: &'a StatusPage,
    pub(super) timing: &'a Timing,
    /// What the trader is called.
    pub(super) called: &'a str,
    /// Whether whoever looks may take strategies off the list.
    pub(super) operates: bool,
}

/// What changes while one looks: parts with names, each of which is replaced as a whole.
pub(super) fn sections(shown: Shown<'_>) -> Html {
    let mut html = Html::default();
    html.mark("<section id=\"state\" role=\"status\" aria-live=\"polite\">");
    html.part(&state::state(shown)).mark("</section>\n");
    html.mark("<section id=\"causes\" aria-label=\"Causes\">").part(&state::why(shown.status));
    html.mark("</section>\n");
    html.mark("<section id=\"median\" aria-label=\"Median\">").part(&state::median(shown));
    html.mark("</section>\n<section id=\"grid\" aria-labelledby=\"minutes\">");
    html.part(&grid::grid(shown)).mark("</section>\n");
    html.mark("<section id=\"chart\" aria-label=\"Chart\">").part(&state::chart(shown));
    html.mark("</section>\n<section id=\"strategies\" aria-labelledby=\"names\">");
    html.part(&strategies::strategies(shown)).mark("</section>\n");
    html
}

/// The sections, with what tells this version from others and what the tab says of it.
pub(super) fn now(version: &str, title: &str, sections: &Html) -> Html {
    let mut html = Html::default();
    html.mark("<div id=\"now\" data-version=\"").text(version).mark("\" data-title=\"");
    html.text(title).mark("\">\n").part(sections).mark("</div>\n");
    html
}

/// Where a minute is explained.
fn link(html: &mut Html, minute: chassis::grid::Minute) {
    html.mark("/minute?at=").text(minute);
}
