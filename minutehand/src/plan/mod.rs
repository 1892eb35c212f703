//! A plan: one system in one file, checked as a whole before any of it starts.

mod file;
mod check;

use std::{
    net::Ipv4Addr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::{
    channel::Address,
    grid::Timing,
    name::Name,
    tls::{Identity, Role},
};
use indicators::expression::Tree;
use market::convention::Declared;
use strategy::decide::Rule;

use crate::report::printable;

pub use check::{Fault, PARTS_MAX, SIGNALS_MAX};
pub use file::word;

/// What `minutehand up` runs when it is given no plan.
const DEMO: &str = include_str!("../../../examples/demo.toml");

/// A plan that holds together.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Interval, grace and skew.
    pub timing: Timing,
    /// How long a strategy tries; none: its default.
    pub patience: Option<Duration>,
    /// Where the certificates of its parts are; none: nothing is encrypted.
    pub tls: Option<PathBuf>,
    /// The trader.
    pub trader: Trader,
    /// The generators, in the file's order.
    pub generators: Vec<Generator>,
    /// The strategies, in the file's order.
    pub strategies: Vec<Strategy>,
}

/// The trader of a plan.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Its port; 0: a free one.
    pub port: u16,
    /// Where its journal is.
    pub journal: Journal,
    /// How many strategies must be registered; none: its default.
    pub at_least: Option<NonZeroU32>,
}

/// Where a trader's journal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Where the trader keeps it by itself.
    Default,
    /// In this file.
    File(PathBuf),
    /// In memory.
    Ephemeral,
}

/// A generator of a plan.
#[derive(Clone, Debug)]
pub struct Generator {
    /// Its name; none: its default.
    pub name: Option<Name>,
    /// Its port; 0: a free one.
    pub port: u16,
    /// What it computes signals from.
    pub computes: Computes,
}

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

/// A strategy of a plan.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// Its name.
    pub name: Name,
    /// Where its signals come from: at least one, none of them twice.
    pub signals: Vec<Source>,
    /// How it decides; none: its default.
    pub decide: Option<Rule>,
}

/// Where a signal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A generator of the plan, by its place in the list.
    Generator(usize),
    /// One that somebody else runs.
    Elsewhere(Address),
}

impl Trader {
    /// Who it is. A plan has one, and nobody asks for its name.
    pub fn identity() -> Identity {
        Identity { role: Role::Trader, name: "main".parse().expect("it has the form of a name") }
    }
}

impl Strategy {
    /// Who it is.
    pub fn identity(&self) -> Identity {
        Identity { role: Role::Strategy, name: self.name.clone() }
    }
}

impl Generator {
    /// Who it is: by the name that it goes by in its signals.
    pub fn identity(&self) -> Identity {
        let by_itself = || generator::name_of((Ipv4Addr::LOCALHOST, self.port).into());
        Identity { role: Role::Generator, name: self.name.clone().unwrap_or_else(by_itself) }
    }

    /// The file that it reads, or records into.
    fn file(&mut self) -> Option<&mut PathBuf> {
        match &mut self.computes {
            Computes::Bars(bars) => Some(&mut bars.source),
            Computes::Live(live) => live.record.as_mut(),
            Computes::Random(_) => None,
        }
    }

    /// What people call it: by its name, else by its port.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("generator {name}"),
            None => format!("generator {}", self.port),
        }
    }
}

impl Source {
    fn describe(&self, generators: &[Generator]) -> String {
        match self {
            Self::Generator(place) => generators[*place].label(),
            Self::Elsewhere(address) => address.to_string(),
        }
    }
}

/// A plan that cannot be used: which file, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("plan {}: {error}; `minutehand up` without a plan runs a demo", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no TOML, has an unknown key, or a value in the wrong form.
    #[error("plan {file}: {}", shown(error))]
    Form {
        /// Which.
        file: String,
        /// Where and what.
        error: toml::de::Error,
    },
    /// Its parts do not fit each other.
    #[error("plan {file}: {fault}")]
    Fault {
        /// Which.
        file: String,
        /// What.
        fault: Fault,
    },
}

impl Plan {
    /// The plan in a file. A relative `journal`, `dir`, `source` or `record` is beside the file.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        Self::of(path, &Self::text(path)?)
    }

    /// What stands in a file.
    pub fn text(path: &Path) -> Result<String, PlanError> {
        std::fs::read_to_string(path)
            .map_err(|error| PlanError::Unreadable { file: path.to_owned(), error })
    }

    /// The plan that `text` is, as if it stood in the file at `path`.
    pub fn of(path: &Path, text: &str) -> Result<Self, PlanError> {
        let mut plan = Self::parse(&path.display().to_string(), text)?;
        if let Some(beside) = path.parent() {
            if let Journal::File(journal) = &mut plan.trader.journal {
                *journal = beside.join(&*journal);
            }
            plan.tls = plan.tls.map(|directory| beside.join(directory));
            for file in plan.generators.iter_mut().filter_map(Generator::file) {
                *file = beside.join(&*file);
            }
        }
        Ok(plan)
    }

    /// The demo.
    pub fn demo() -> Self {
        Self::parse("examples/demo.toml", DEMO).expect("a test reads the demo")
    }

    /// Who its parts are: the trader, each generator, each strategy.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let trader = std::iter::once(Trader::identity());
        let generators = self.generators.iter().map(Generator::identity);
        trader.chain(generators).chain(self.strategies.iter().map(Strategy::identity))
    }

    /// The plan that `text` is; `file` is what complaints call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, PlanError> {
        let file = || file.to_owned();
        let form = toml::from_str(text).map_err(|error| PlanError::Form { file: file(), error })?;
        check::check(form).map_err(|fault| PlanError::Fault { file: file(), fault })
    }
}

/// Where and what, in lines; what the file has in them cannot steer a terminal.
fn shown(error: &toml::de::Error) -> String {
    let lines: Vec<_> = error.to_string().trim_end().lines().map(printable).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
