//! What is run over history.

use std::{collections::BTreeMap, sync::Arc};

use chassis::{
    grid::{Interval, Minute, Timestamp, Timing},
    name::Name,
};
use indicators::expression::{BuildError, Tree};
use market::history::History;
use strategy::Decide;

/// A system and its past.
#[derive(Debug)]
pub struct Study {
    /// Interval, grace and skew of the system. A bar of each history is as long as the interval.
    pub timing: Timing,
    /// What the generators read.
    pub histories: Vec<Arc<History>>,
    /// The generators.
    pub generators: Vec<Generator>,
    /// The strategies.
    pub strategies: Vec<Strategy>,
    /// What goes wrong on purpose.
    pub silences: Vec<Silence>,
}

/// A generator.
#[derive(Clone, Debug)]
pub struct Generator {
    /// Its name.
    pub name: Name,
    /// Where its signals come from.
    pub signals: Signals,
}

/// Where a generator's signals come from.
#[derive(Clone, Debug)]
pub enum Signals {
    /// They are computed.
    Of {
        /// Which of the histories is read.
        history: usize,
        /// What is computed.
        signal: Tree,
    },
    /// They were given live, or not, with the reason.
    Recorded(Arc<BTreeMap<Minute, Result<f64, Box<str>>>>),
}

impl Signals {
    /// Which of the histories is read, if one is.
    fn history(&self) -> Option<usize> {
        match self {
            Self::Of { history, .. } => Some(*history),
            Self::Recorded(_) => None,
        }
    }
}

/// A strategy.
#[derive(Debug)]
pub struct Strategy {
    /// Its name.
    pub name: Name,
    /// The generators whose signals it decides from, by their place.
    pub signals: Vec<usize>,
    /// How it decides.
    pub decide: Box<dyn Decide>,
}

/// A strategy says nothing for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Which one.
    pub strategy: Name,
    /// From the first minute that begins no earlier than this on …
    pub from: Timestamp,
    /// … up to the last one that begins before this.
    pub until: Timestamp,
}

/// Why a study cannot be run.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Unfit {
    /// There is nothing to decide, or nothing to decide from.
    #[error("it has no {0}")]
    None(&'static str),
    /// A bar is not as long as a minute.
    #[error("bars are {bars} long, minutes {minutes}: a backtest has a bar for each minute")]
    Interval {
        /// Of the history.
        bars: Interval,
        /// Of the system.
        minutes: Interval,
    },
    /// The histories have no minute in common.
    #[error(
        "the data of its generators have no minute in common: they begin with {first} and end with {last}"
    )]
    Apart {
        /// The latest beginning.
        first: Minute,
        /// The earliest end.
        last: Minute,
    },
    /// An expression cannot be built.
    #[error("generator `{generator}`: {error}")]
    Signal {
        /// Whose.
        generator: Name,
        /// Why.
        error: Box<BuildError>,
    },
    /// A place beyond the end of a list.
    #[error("{0} is of a place that there is not")]
    NoSuchPlace(&'static str),
    /// A silence of nobody.
    #[error("there is no strategy `{0}` to be silent")]
    NoSuchStrategy(Name),
    /// Two of one name.
    #[error("there are two {kind} with the name `{name}`")]
    Twice {
        /// What they are.
        kind: &'static str,
        /// How both are called.
        name: Name,
    },
    /// The core did not take it.
    #[error("the trader: {0}")]
    Trader(String),
}

impl Study {
    /// The first and the last minute that have a bar before them in every history.
    pub fn span(&self) -> Result<(Minute, Minute), Unfit> {
        let interval = self.timing.interval;
        let firsts = self.histories.iter().map(|history| history.first());
        let lasts = self.histories.iter().map(|history| history.last());
        let (first, last) = firsts.max().zip(lasts.min()).ok_or(Unfit::None("data"))?;
        if first > last {
            return Err(Unfit::Apart { first, last });
        }
        Ok((first.next(interval), last.next(interval)))
    }

    /// Whether its parts fit each other.
    pub(crate) fn check(&self) -> Result<(), Unfit> {
        if self.strategies.is_empty() {
            return Err(Unfit::None("strategies"));
        }
        let minutes = self.timing.interval;
        let other =
            self.histories.iter().map(|history| history.interval()).find(|bars| *bars != minutes);
        if let Some(bars) = other {
            return Err(Unfit::Interval { bars, minutes });
        }
        let mut read = self.generators.iter().filter_map(|generator| generator.signals.history());
        if read.any(|history| history >= self.histories.len()) {
            return Err(Unfit::NoSuchPlace("the history of a generator"));
        }
        let beyond = |place: &usize| *place >= self.generators.len();
        if self.strategies.iter().any(|strategy| strategy.signals.iter().any(beyond)) {
            return Err(Unfit::NoSuchPlace("the signal of a strategy"));
        }
        let known = |name: &Name| self.strategies.iter().any(|strategy| strategy.name == *name);
        if let Some(silence) = self.silences.iter().find(|silence| !known(&silence.strategy)) {
            return Err(Unfit::NoSuchStrategy(silence.strategy.clone()));
        }
        twice("generators", self.generators.iter().map(|generator| &generator.name))?;
        twice("strategies", self.strategies.iter().map(|strategy| &strategy.name))
    }
}

fn twice<'a>(kind: &'static str, names: impl Iterator<Item = &'a Name>) -> Result<(), Unfit> {
    let mut names: Vec<&Name> = names.collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Unfit::Twice { kind, name: pair[0].clone() }),
        None => Ok(()),
    }
}
