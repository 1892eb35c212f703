//! Families as text: version 0.0.4 of Prometheus's exposition format.

use std::fmt::Write as _;

use super::{
    family::{Family, Kind},
    histogram::Histogram,
    number::Number,
};

/// What a page is, for whoever asks for it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Text that grows family by family.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// One more family; its series follow at once.
    pub fn family(&mut self, family: &'static Family) -> Series<'_> {
        let Family { name, kind, help, .. } = family;
        let text = &mut self.0;
        text.push_str("# HELP ");
        text.push_str(name);
        text.push(' ');
        escape(text, help, false);
        text.push_str("\n# TYPE ");
        text.push_str(name);
        text.push(' ');
        text.push_str(kind.as_str());
        text.push('\n');
        Series { text, family }
    }

    /// A family of one series without labels.
    pub fn single(&mut self, family: &'static Family, value: impl Into<Number>) {
        self.family(family).with(&[], value);
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Where the series of one family are written.
#[derive(Debug)]
pub struct Series<'a> {
    text: &'a mut String,
    family: &'static Family,
}

impl Series<'_> {
    /// One series; what tells it apart, in the order of the family's labels.
    pub fn with(&mut self, labels: &[&str], value: impl Into<Number>) -> &mut Self {
        assert!(self.family.kind != Kind::Histogram, "a distribution has several series");
        self.line("", labels, None, value.into());
        self
    }

    /// One distribution.
    pub fn distribution(&mut self, labels: &[&str], histogram: &Histogram) -> &mut Self {
        assert!(self.family.kind == Kind::Histogram, "it is one number");
        for (bound, count) in histogram.buckets() {
            self.line("_bucket", labels, Some(bound), count.into());
        }
        self.line("_sum", labels, None, histogram.sum().into());
        self.line("_count", labels, None, histogram.count().into());
        self
    }

    fn line(&mut self, suffix: &str, labels: &[&str], bound: Option<f64>, value: Number) {
        let Family { name, labels: names, .. } = self.family;
        assert_eq!(names.len(), labels.len(), "{name} has the labels {names:?}");
        let text = &mut *self.text;
        text.push_str(name);
        text.push_str(suffix);
        let mut separator = '{';
        for (name, value) in names.iter().zip(labels) {
            text.push(separator);
            text.push_str(name);
            text.push_str("=\"");
            escape(text, value, true);
            text.push('"');
            separator = ',';
        }
        if let Some(bound) = bound {
            let _infallible = write!(text, "{separator}le=\"{}\"", Number::Real(bound));
            separator = ',';
        }
        if separator == ',' {
            text.push('}');
        }
        let _infallible = writeln!(text, " {value}");
    }
}

/// A label's value stands in quotation marks, help does not.
fn escape(text: &mut String, raw: &str, quoted: bool) {
    for char in raw.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '"' if quoted => text.push_str("\\\""),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Family = Family::gauge("test_up", &[], "A \\ and \"one\"\nline.");
    const SAID: Family = Family::counter("test_said_total", &["who", "what"], "Words.");
    const TOOK: Family = Family::histogram("test_took_seconds", &["who"], "Time.");

    #[test]
    fn a_page_is_text_to_the_letter() {
        let mut page = Page::default();
        page.single(&UP, true);
        page.family(&SAID).with(&["a\"b", "c\\d\ne"], 3_u64).with(&["x", ""], 0.5);
        let mut histogram = Histogram::new([0.1, 1.0]);
        histogram.observe(0.25);
        page.family(&TOOK).distribution(&["x"], &histogram);
        assert_eq!(
            page.into_text(),
            "# HELP test_up A \\\\ and \"one\"\\nline.\n\
             # TYPE test_up gauge\n\
             test_up 1\n\
             # HELP test_said_total Words.\n\
             # TYPE test_said_total counter\n\
             test_said_total{who=\"a\\\"b\",what=\"c\\\\d\\ne\"} 3\n\
             test_said_total{who=\"x\",what=\"\"} 0.5\n\
             # HELP test_took_seconds Time.\n\
             # TYPE test_took_seconds histogram\n\
             test_took_seconds_bucket{who=\"x\",le=\"0.1\"} 0\n\
             test_took_seconds_bucket{who=\"x\",le=\"1\"} 1\n\
             test_took_seconds_bucket{who=\"x\",le=\"+Inf\"} 1\n\
             test_took_seconds_sum{who=\"x\"} 0.25\n\
             test_took_seconds_count{who=\"x\"} 1\n"
        );
    }

    #[test]
    #[should_panic(expected = "test_said_total has the labels")]
    fn a_series_has_all_labels_of_its_family() {
        Page::default().family(&SAID).with(&["x"], 1_u64);
    }
}
