//! What generators compute signals from.

use std::{num::NonZeroU32, path::PathBuf};

use indicators::expression::Tree;
use market::convention::Declared;

/// What a generator computes signals from.
#[derive(Clone, Debug, PartialEq)]
pub enum Computes {
    /// Random numbers, from this seed if there is one.
    Random(Option<u64>),
    /// The bars of a file.
    Bars(Bars),
    /// What an exchange says.
    Live(Live),
}

/// What an exchange says, and what is computed from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// What is listened to.
    pub source: feed::source::Source,
    /// What is computed.
    pub signal: Tree,
    /// Where the exchange is reached; none: where it serves everybody.
    pub endpoint: Option<String>,
    /// Where it is recorded, if it is.
    pub record: Option<PathBuf>,
}

/// Bars of a file, and what is computed from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// The file.
    pub source: PathBuf,
    /// What is computed.
    pub signal: Tree,
    /// How many times as fast as the clock they pass; none: the generator's default.
    pub speed: Option<NonZeroU32>,
    /// By which conventions the file was written, as far as it does not show.
    pub declared: Declared,
}
