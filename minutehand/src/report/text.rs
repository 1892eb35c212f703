//! Text for a terminal: what strangers wrote is made harmless, columns are aligned.

use std::fmt::Write as _;

/// A stranger's text with its control characters escaped, so that it cannot steer a terminal.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Rows under a header, each column as wide as its widest cell; no blanks at the ends of lines.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = header.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    let header = header.map(str::to_owned);
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            write!(line, "{cell:<width$}  ").expect("a string takes everything");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\nä"), "a\\u{1b}[2J\\nä");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["X".to_owned(), "long cell".to_owned()], ["Yé".to_owned(), String::new()]];
        assert_eq!(table(["NAME", "B"], &rows), "NAME  B\nX     long cell\nYé\n");
    }
}
