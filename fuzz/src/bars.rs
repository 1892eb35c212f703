//! Market data and what is computed from them: the first line is an expression, the rest a source of bars.

use chassis::grid::Timestamp;
use indicators::{
    candle::Candle,
    expression::{Expression, Tree},
};
use market::{convention::Declared, reading::read};

/// Longest expression that is read; blanks make a written one longer.
const EXPRESSION_BYTES_MAX: usize = 1_000;

/// An expression, a line end, and a file.
pub fn run(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (signal, source) = bytes.split_at(end);
    let tree = std::str::from_utf8(signal).ok().and_then(expression);
    let now = Timestamp::parse("2026-11-20T12:00:00Z").expect("it is a time");
    let source = source.strip_prefix(b"\n").unwrap_or(source);
    let history = match read(source.to_vec(), Declared::default(), now) {
        Ok(history) => history,
        Err(error) => return printable(&error.to_string()),
    };
    printable(&history.quality.to_string());
    let minutes = history.last().count_from(history.first(), history.interval());
    assert_eq!(history.quality.bars + history.quality.missing, minutes);
    let Some(mut signal) = tree.and_then(|tree| Expression::new(&tree, history.interval()).ok())
    else {
        return;
    };
    for closed in history.closed(now) {
        assert!(closed.bar().minute.next(history.interval()).start() <= now);
        match signal.next(&Candle::from(closed)) {
            Ok(value) => assert!(value.is_finite()),
            Err(error) => printable(&error.to_string()),
        }
    }
}

/// What is read is written so that it is read as the same.
fn expression(text: &str) -> Option<Tree> {
    match text.parse::<Tree>() {
        Ok(tree) => {
            let written = tree.to_string();
            if written.len() <= EXPRESSION_BYTES_MAX {
                assert_eq!(written.parse().ok(), Some(tree.clone()), "{written}");
            }
            Some(tree)
        }
        Err(error) => {
            printable(&error.to_string());
            None
        }
    }
}

/// Nothing that steers a terminal.
fn printable(text: &str) {
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}
