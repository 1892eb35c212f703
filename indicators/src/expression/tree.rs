//! An expression as it was read.

use std::fmt;

use chassis::grid::Interval;

/// An expression: numbers, names and what is done with them.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A number.
    Number(f64),
    /// A length of time.
    Every(Interval),
    /// A field of the bar.
    Name(Box<str>),
    /// The negative of something.
    Negative(Box<Tree>),
    /// Two of them with one of `+ - * /` between.
    Pair(Box<Tree>, char, Box<Tree>),
    /// A function of others.
    Call(Box<str>, Vec<Tree>),
}

impl Tree {
    /// Whether it is computed from what takers bought, which not every source says.
    pub fn reads_taker_buy(&self) -> bool {
        match self {
            Self::Number(_) | Self::Every(_) => false,
            Self::Name(name) => **name == *"taker_buy",
            Self::Negative(inner) => inner.reads_taker_buy(),
            Self::Pair(left, _, right) => left.reads_taker_buy() || right.reads_taker_buy(),
            Self::Call(name, arguments) => {
                **name == *"imbalance" || arguments.iter().any(Self::reads_taker_buy)
            }
        }
    }

    /// How strongly it holds together: a sum least, a single word most.
    fn strength(&self) -> u8 {
        match self {
            Self::Pair(_, '+' | '-', _) => 0,
            Self::Pair(..) => 1,
            Self::Negative(_) => 2,
            Self::Number(_) | Self::Every(_) | Self::Name(_) | Self::Call(..) => 3,
        }
    }

    /// Writes it where something of `strength` at least may stand.
    fn write(&self, f: &mut fmt::Formatter<'_>, strength: u8) -> fmt::Result {
        if self.strength() < strength { write!(f, "({self})") } else { fmt::Display::fmt(self, f) }
    }
}

/// As it can be read again, with no more brackets than it needs.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) if (1e-6..1e15).contains(number) || *number == 0.0 => {
                number.fmt(f)
            }
            Self::Number(number) => write!(f, "{number:e}"),
            Self::Every(every) => f.write_str(&every.to_string().replace(' ', "")),
            Self::Name(name) => f.write_str(name),
            Self::Negative(inner) => {
                f.write_str("-")?;
                inner.write(f, 2)
            }
            Self::Pair(left, sign, right) => {
                let strength = self.strength();
                left.write(f, strength)?;
                write!(f, " {sign} ")?;
                right.write(f, strength + 1)
            }
            Self::Call(name, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(Self::to_string).collect();
                write!(f, "{name}({})", arguments.join(", "))
            }
        }
    }
}
