//! Markup and text, which cannot be taken for each other.

use std::fmt::{self, Display, Write as _};

/// A part of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Goes on with markup, which stands in the program.
    pub fn mark(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Goes on with text, or with a value between double quotes.
    pub fn text(&mut self, text: impl Display) -> &mut Self {
        write!(Escaped(&mut self.0), "{text}").expect("a string takes everything");
        self
    }

    /// Goes on with a coordinate.
    pub fn place(&mut self, place: f64) -> &mut Self {
        let place = format!("{place:.2}");
        self.0.push_str(place.trim_end_matches('0').trim_end_matches('.'));
        self
    }

    /// Goes on with another part.
    pub fn part(&mut self, part: &Self) -> &mut Self {
        self.0.push_str(&part.0);
        self
    }

    /// What is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whatever is written through it is text.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for c in s.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // HTML has no way to write the others.
                _ if c.is_control() && !matches!(c, '\n' | '\t') => self.0.push('\u{fffd}'),
                _ => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        let mut html = Html::default();
        html.mark("<p title=\"")
            .text("a\"b'c")
            .mark("\">")
            .text("<script>&\u{0}\u{1b}[2J")
            .mark("</p>");
        let expected = "<p title=\"a&quot;b&#39;c\">&lt;script&gt;&amp;\u{fffd}\u{fffd}[2J</p>";
        assert_eq!(html.as_str(), expected);
    }

    #[test]
    fn a_coordinate_has_two_digits_at_most() {
        let of = |place| {
            let mut html = Html::default();
            html.place(place);
            html.as_str().to_owned()
        };
        assert_eq!([0.0, 1.5, 100.0, 2.71919, -0.25].map(of), ["0", "1.5", "100", "2.72", "-0.25"]);
    }
}
