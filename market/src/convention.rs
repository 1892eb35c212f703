//! By which conventions a source is to be read: what is said, and what is found out.

use std::{fmt, str::FromStr};

use chassis::grid::Interval;

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds since the Unix epoch.
    Seconds,
    /// Milliseconds since the Unix epoch.
    Milliseconds,
    /// Microseconds since the Unix epoch.
    Microseconds,
    /// Nanoseconds since the Unix epoch.
    Nanoseconds,
    /// Date and time as text (RFC 3339, or with a blank in the middle), UTC where no zone is named.
    Text,
}

impl Unit {
    /// All, with their names.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Seconds, "seconds"),
        (Self::Milliseconds, "milliseconds"),
        (Self::Microseconds, "microseconds"),
        (Self::Nanoseconds, "nanoseconds"),
        (Self::Text, "text"),
    ];
}

/// Which instant of its minute a bar is stamped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    /// Its beginning.
    Open,
    /// Its end, or the last instant before it.
    Close,
}

impl Stamped {
    /// All, with their names.
    pub const ALL: [(Self, &str); 2] = [(Self::Open, "open"), (Self::Close, "close")];
}

/// Reads and writes the words of a table.
macro_rules! words {
    ($type:ty, $what:literal) => {
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|(_, name)| *name == text);
                found.map(|(word, _)| *word).ok_or_else(|| {
                    let names = Self::ALL.map(|(_, name)| name).join(", ");
                    format!("`{}` is no {}; there are {names}", text.escape_debug(), $what)
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (_, name) = Self::ALL.iter().find(|(word, _)| word == self).expect("all are");
                f.write_str(name)
            }
        }
    };
}

words!(Unit, "unit of times");
words!(Stamped, "instant of a minute");

/// What the user says of a source. What is left open is found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// How times are written.
    pub unit: Option<Unit>,
    /// Which instant bars are stamped with.
    pub stamped: Option<Stamped>,
    /// How long a bar is.
    pub interval: Option<Interval>,
}

/// How something came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The user said it.
    Declared,
    /// The source shows it.
    Detected,
    /// The source does not show it: it is what most sources do.
    Assumed,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declared => "declared",
            Self::Detected => "detected",
            Self::Assumed => "assumed",
        })
    }
}

/// What bars are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The source has bars, stamped with this instant of their minutes.
    Bars(Stamped, How),
    /// The source has trades.
    Trades {
        /// Whether it counts them, so that missing ones show.
        numbered: bool,
    },
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bars(stamped, how) => write!(f, "stamped at their {stamped} ({how})"),
            Self::Trades { numbered: true } => f.write_str("made of numbered trades"),
            Self::Trades { numbered: false } => {
                f.write_str("made of trades without numbers (missing ones do not show)")
            }
        }
    }
}

/// How a source was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conventions {
    /// How times are written.
    pub unit: (Unit, How),
    /// What its bars are made of.
    pub made: Made,
    /// How long a bar is.
    pub interval: (Interval, How),
}

impl fmt::Display for Conventions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit: (unit, detected), made, interval: (interval, how) } = self;
        write!(f, "bars of {interval} ({how}), {made}, in {unit} ({detected})")
    }
}
