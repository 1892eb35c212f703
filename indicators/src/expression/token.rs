//! The words of an expression.

use std::fmt;

use chassis::grid::Interval;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A length of time, like `5m`.
    Every(Interval),
    Name(Box<str>),
    /// One of `+ - * / ( ) ,`.
    Sign(char),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "`{number}`"),
            Self::Every(every) => write!(f, "`{every}`"),
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::End => f.write_str("the end"),
        }
    }
}

const SIGNS: &str = "+-*/(),";

/// The first word of `text`, and how many bytes it takes; or what is none.
pub(super) fn first(text: &str) -> Result<(Token, usize), String> {
    let Some(char) = text.chars().next() else { return Ok((Token::End, 0)) };
    if SIGNS.contains(char) {
        return Ok((Token::Sign(char), char.len_utf8()));
    }
    if char.is_ascii_digit() || char == '.' {
        let length = length_of_number(text);
        let word = &text[..length];
        return number(word).map(|token| (token, length)).ok_or_else(|| word.to_owned());
    }
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let length = text.find(|char| !is_name(char)).unwrap_or(text.len());
    match &text[..length] {
        "" => Err(char.to_string()),
        name => Ok((Token::Name(name.into()), length)),
    }
}

/// Digits, letters and dots, and a sign behind an `e`.
fn length_of_number(text: &str) -> usize {
    let mut before = ' ';
    let is_part = |char: char| {
        let exponent = matches!(before, 'e' | 'E') && matches!(char, '+' | '-');
        before = char;
        char.is_ascii_alphanumeric() || char == '.' || exponent
    };
    let mut is_part = is_part;
    text.find(|char| !is_part(char)).unwrap_or(text.len())
}

fn number(word: &str) -> Option<Token> {
    let finite = word.parse().ok().filter(|number: &f64| number.is_finite());
    finite.map(Token::Number).or_else(|| word.parse().ok().map(Token::Every))
}
