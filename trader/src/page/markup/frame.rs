//! A whole page around its parts.

use html::Html;

/// Before the title.
const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"/icon.svg\">\n\
<link rel=\"stylesheet\" href=\"/style.css\">\n<title>";

/// What keeps the page as the trader is; without scripts it is loaded again now and then.
const LIVE: &str = "<script src=\"/page.js\" defer></script>\n\
<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>\n";

/// Above everything, said and shown by the script only.
const LOST: &str = "<p id=\"lost\" role=\"alert\"></p>\n";

const BODY: &str = "</head><body>\n<header><a href=\"/\">Minutehand</a></header>\n<main>\n";

const END: &str = "</main></body></html>\n";

/// What is before and behind a part that changes while one looks.
pub(in super::super) fn around(title: &str) -> [Html; 2] {
    let [mut before, mut after] = [Html::default(), Html::default()];
    before.mark(HEAD).text(title).mark("</title>\n").mark(LIVE).mark(BODY).mark(LOST);
    after.mark(END);
    [before, after]
}

/// A page that stays as it is.
pub(in super::super) fn page(title: &str, body: &Html) -> Html {
    let mut page = Html::default();
    page.mark(HEAD).text(title).mark("</title>\n").mark(BODY).part(body).mark(END);
    page
}

/// A page that says one thing.
pub(in super::super) fn message(title: &str, says: &str) -> Html {
    let mut body = Html::default();
    body.mark("<h1>").text(title).mark("</h1>\n<p role=\"status\">").text(says);
    body.mark("</p>\n<p><a href=\"/\">Back to the state</a></p>\n");
    page(title, &body)
}
