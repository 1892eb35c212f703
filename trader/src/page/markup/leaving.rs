//! Taking a strategy off the list: asked first, then done.

use chassis::name::Name;
use html::Html;

use super::frame::page;

/// Asks, says what it comes to, and who does it.
pub(in super::super) fn confirmation(called: &str, name: &Name, operator: Option<&str>) -> Html {
    let mut body = Html::default();
    body.mark("<h1>Deregister ").text(name).mark("?</h1>\n<p>Trader ").text(called);
    body.mark(" goes on without <strong>");
    body.text(name).mark("</strong>: from the open minute on the median is of the others. If it ");
    body.mark("runs, it is told and ends; to have it back, start it again.</p>\n");
    body.mark(
        "<form method=\"post\" action=\"/deregister\">\n<input type=\"hidden\" name=\"name\" ",
    );
    body.mark("value=\"").text(name).mark("\">\n");
    if let Some(operator) = operator {
        body.mark("<p>On record as done by ").text(operator).mark(".</p>\n");
    } else {
        body.mark("<p><label>Your name, for the record <input name=\"operator\" maxlength=\"64\" ");
        body.mark("autocomplete=\"username\"></label></p>\n");
    }
    body.mark("<p><button class=\"act\">Deregister ").text(name).mark("</button> ");
    body.mark("<a href=\"/\">Keep it</a></p></form>\n");
    page(&format!("Deregister {name}?"), &body)
}
