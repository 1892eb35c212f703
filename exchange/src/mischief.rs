//! What the exchange does on demand that a good one would not, as words and back.

use std::{fmt, str::FromStr};

/// The words, for whoever wrote another one.
const WORDS: &str = "mute, speak, skip N, repeat N, swap, garbage, half-frame, drop, close, refuse, accept, \
     pause, resume";

/// How the exchange is to misbehave, or that it is to stop doing so. What is about connections is
/// about all that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Connections stay open, and nothing is sent, not even pongs: what would have been said is
    /// lost. Trades go on happening.
    Mute,
    /// Ends [`Mischief::Mute`].
    Speak,
    /// So many trades happen that nobody is told of; bars count them all the same.
    Skip(u32),
    /// So many messages with trades are sent twice.
    Repeat(u32),
    /// The next two messages with trades are sent in the wrong order.
    Swap,
    /// One text message that is no JSON.
    Garbage,
    /// The first half of a text frame, then the connection ends.
    HalfFrame,
    /// Connections end without a close frame.
    Drop,
    /// Connections end with a close frame of code 1001, going away.
    Close,
    /// New connections are closed at once.
    Refuse,
    /// Ends [`Mischief::Refuse`].
    Accept,
    /// No trades happen; heartbeats go on.
    Pause,
    /// Ends [`Mischief::Pause`].
    Resume,
}

/// Why a line is no mischief.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MischiefError {
    /// It begins with a word that is not known.
    #[error("`{0}` is not known; the words are: {WORDS}")]
    Unknown(String),
    /// How often is missing, or no number.
    #[error("`{word}` takes a whole number from 1 to {max}, such as `{word} 3`", max = u32::MAX)]
    Number {
        /// The word that takes a number.
        word: &'static str,
    },
    /// More words than there should be.
    #[error("`{0}` stands alone")]
    Alone(&'static str),
}

impl Mischief {
    /// The word for it, without a number.
    fn word(self) -> &'static str {
        match self {
            Self::Mute => "mute",
            Self::Speak => "speak",
            Self::Skip(_) => "skip",
            Self::Repeat(_) => "repeat",
            Self::Swap => "swap",
            Self::Garbage => "garbage",
            Self::HalfFrame => "half-frame",
            Self::Drop => "drop",
            Self::Close => "close",
            Self::Refuse => "refuse",
            Self::Accept => "accept",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

impl fmt::Display for Mischief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        if let Self::Skip(count) | Self::Repeat(count) = self {
            write!(f, " {count}")?;
        }
        Ok(())
    }
}

impl FromStr for Mischief {
    type Err = MischiefError;

    fn from_str(line: &str) -> Result<Self, MischiefError> {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let mischief = match first {
            "skip" => return numbered("skip", &rest).map(Self::Skip),
            "repeat" => return numbered("repeat", &rest).map(Self::Repeat),
            "mute" => Self::Mute,
            "speak" => Self::Speak,
            "swap" => Self::Swap,
            "garbage" => Self::Garbage,
            "half-frame" => Self::HalfFrame,
            "drop" => Self::Drop,
            "close" => Self::Close,
            "refuse" => Self::Refuse,
            "accept" => Self::Accept,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            other => return Err(MischiefError::Unknown(other.escape_debug().to_string())),
        };
        if rest.is_empty() { Ok(mischief) } else { Err(MischiefError::Alone(mischief.word())) }
    }
}

fn numbered(word: &'static str, rest: &[&str]) -> Result<u32, MischiefError> {
    match rest {
        [number] => number.parse().ok().filter(|number| *number > 0),
        _ => None,
    }
    .ok_or(MischiefError::Number { word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mischief_is_read_as_it_is_written() {
        let words = WORDS.replace('N', "3");
        let all: Vec<&str> = words.split(", ").collect();
        assert_eq!(all.len(), 13);
        for line in all {
            let mischief: Mischief = line.parse().unwrap();
            assert_eq!(mischief.to_string(), line);
            assert_eq!(format!("  {line}\t\r").parse(), Ok(mischief));
        }
    }

    #[test]
    fn what_is_not_understood_is_answered() {
        for (line, answer) in [
            ("", format!("`` is not known; the words are: {WORDS}")),
            ("Mute", format!("`Mute` is not known; the words are: {WORDS}")),
            ("skip", "`skip` takes a whole number from 1 to 4294967295, such as `skip 3`".into()),
            (
                "repeat 0",
                "`repeat` takes a whole number from 1 to 4294967295, such as `repeat 3`".into(),
            ),
            (
                "skip 1 2",
                "`skip` takes a whole number from 1 to 4294967295, such as `skip 3`".into(),
            ),
            ("mute 3", "`mute` stands alone".into()),
        ] {
            assert_eq!(line.parse::<Mischief>().unwrap_err().to_string(), answer, "{line}");
        }
    }
}
