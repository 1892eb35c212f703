//! A page around its parts.

use crate::markup::Html;

/// Colours for bright and dark screens, and nothing from elsewhere.
const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--text:#1c2024;--dim:#6b7280;--rule:#e2e5e9;--front:#1d4ed8;\
--behind:#9aa4b2;--good:#2e9e5b;--bad:#d1352b;--odd:#d99a1c;--held:#7c3aed}\
@media(prefers-color-scheme:dark){:root{--back:#14171a;--text:#e6e8ea;--dim:#98a1ab;--rule:#2c3238;\
--front:#7aa2f7;--behind:#5b6672;--good:#3fb871;--bad:#ef6a5f;--odd:#e0b04a;--held:#a78bfa}}\
body{background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif;max-width:1080px;\
margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}\
th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}\
th:first-child,td:first-child{text-align:left}.words td{text-align:left;white-space:normal;vertical-align:top}\
.words th{text-align:left}ul{padding-left:1.2rem;overflow-wrap:anywhere;white-space:pre-line}pre{overflow-x:auto}\
figure{margin:1.5rem 0}figcaption{color:var(--dim);margin-bottom:.3rem}svg{width:100%;height:auto;display:block}\
text{font-size:11px;fill:var(--dim)}.left,.last{text-anchor:end}.middle{text-anchor:middle}\
.grid{stroke:var(--rule)}polyline{fill:none}.front{stroke:var(--front);stroke-width:1.8}\
.behind{stroke:var(--behind);stroke-width:.8}.OK,.gain{fill:var(--good)}.ERROR,.loss{fill:var(--bad)}\
.WAITING,.IDLE{fill:var(--odd)}.HALTED{fill:var(--held)}.none{fill:var(--rule)}";

/// A whole page.
pub fn page(title: &str, body: &Html) -> Html {
    let mut page = Html::default();
    page.mark("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>");
    page.text(title).mark("</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n");
    page.mark("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    page.mark("style-src 'unsafe-inline'\">\n<style>").mark(STYLE).mark("</style></head><body>\n");
    page.mark("<h1>").text(title).mark("</h1>\n").part(body).mark("</body></html>\n");
    page
}

/// Points, one below the other.
pub fn list(points: &[String]) -> Html {
    let mut list = Html::default();
    list.mark("<ul>\n");
    for point in points {
        list.mark("<li>").text(point).mark("</li>\n");
    }
    list.mark("</ul>\n");
    list
}

/// Rows under a header; of numbers, unless `words` says so.
pub fn table(words: bool, header: &[&str], rows: &[Vec<String>]) -> Html {
    let mut table = Html::default();
    table.mark("<div class=\"wide\"><table").mark(if words { " class=\"words\"" } else { "" });
    table.mark(">\n<tr>");
    for cell in header {
        table.mark("<th>").text(cell).mark("</th>");
    }
    table.mark("</tr>\n");
    for row in rows {
        table.mark("<tr>");
        for cell in row {
            table.mark("<td>").text(cell).mark("</td>");
        }
        table.mark("</tr>\n");
    }
    table.mark("</table></div>\n");
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<script>alert('1')</script>";

    #[test]
    fn nothing_of_a_page_is_from_elsewhere_and_nothing_runs() {
        let mut body = list(&[HOSTILE.to_owned()]);
        body.part(&table(true, &["A", HOSTILE], &[vec![HOSTILE.to_owned(), "2".to_owned()]]));
        let page = page(HOSTILE, &body);
        assert_eq!(
            page.as_str().matches("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;").count(),
            5
        );
        for forbidden in ["<script", "http:", "https:", "url(", "src=", "@import", "<link", " on"] {
            assert!(!page.as_str().contains(forbidden), "{forbidden}");
        }
    }
}
