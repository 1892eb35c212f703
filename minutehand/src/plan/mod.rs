//! A plan: one system in one file, checked as a whole before any of it starts.

mod file;
mod computes;
mod fault;
mod check;
mod narrow;

use std::{
    net::Ipv4Addr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::{
    channel::Address,
    exit::{Exit, Failure},
    grid::Timing,
    http::HttpAddress,
    name::Name,
    tls::{Identity, Role},
    trace::Endpoint,
};
use strategy::decide::Rule;

use crate::report::printable;

pub use computes::{Bars, Computes, Live};
pub use fault::{Fault, PARTS_MAX, SIGNALS_MAX};

pub use file::word;
pub use narrow::WhichTrader;

/// What `minutehand up` runs when it is given no plan.
const DEMO: &str = include_str!("../../../examples/demo.toml");

/// The trader of a plan that has one, and does not name it.
const MAIN: &str = "main";

/// A plan that holds together.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Interval, grace and skew.
    pub timing: Timing,
    /// How long a strategy tries; none: its default.
    pub patience: Option<Duration>,
    /// Where the certificates of its parts are; none: nothing is encrypted.
    pub tls: Option<PathBuf>,
    /// Where its parts export traces to; none: nowhere.
    pub otlp: Option<Endpoint>,
    /// The traders, in the file's order: at least one.
    pub traders: Vec<Trader>,
    /// The generators, in the file's order.
    pub generators: Vec<Generator>,
    /// The strategies, in the file's order.
    pub strategies: Vec<Strategy>,
}

/// A trader of a plan.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Its name; none if it is the one of `[trader]`.
    pub name: Option<Name>,
    /// Its port; 0: a free one.
    pub port: u16,
    /// Where its journal is.
    pub journal: Journal,
    /// How many strategies must be registered; none: its default.
    pub at_least: Option<NonZeroU32>,
    /// Where it serves figures and health, if it does.
    pub http: Option<HttpAddress>,
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
    /// Where it serves figures and health, if it does.
    pub http: Option<HttpAddress>,
}

/// A strategy of a plan.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// Its name.
    pub name: Name,
    /// The trader that it submits to, by its place in the list.
    pub trader: usize,
    /// Where its signals come from: at least one, none of them twice.
    pub signals: Vec<Source>,
    /// How it decides; none: its default.
    pub decide: Option<Rule>,
    /// Where it serves figures and health, if it does.
    pub http: Option<HttpAddress>,
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
    /// What it goes by where it needs a name.
    pub fn name(&self) -> Name {
        self.name.clone().unwrap_or_else(|| MAIN.parse().expect("it has the form of a name"))
    }

    /// Who it is.
    pub fn identity(&self) -> Identity {
        Identity { role: Role::Trader, name: self.name() }
    }

    /// The file of its journal, if the plan names one.
    fn file(&mut self) -> Option<&mut PathBuf> {
        match &mut self.journal {
            Journal::File(file) => Some(file),
            Journal::Default | Journal::Ephemeral => None,
        }
    }

    /// What people call it: by its name, if it has one.
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("trader {name}"),
            None => "trader".to_owned(),
        }
    }
}

impl Strategy {
    /// Who it is.
    pub fn identity(&self) -> Identity {
        Identity { role: Role::Strategy, name: self.name.clone() }
    }

    /// What people call it.
    pub fn label(&self) -> String {
        format!("strategy {}", self.name)
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
    #[error("plan {}: {error}", file.display())]
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

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Exit::Usage.because(error.to_string())
    }
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
            plan.tls = plan.tls.map(|directory| beside.join(directory));
            let journals = plan.traders.iter_mut().filter_map(Trader::file);
            let of_generators = plan.generators.iter_mut().filter_map(Generator::file);
            for file in journals.chain(of_generators) {
                *file = beside.join(&*file);
            }
        }
        Ok(plan)
    }

    /// The demo.
    pub fn demo() -> Self {
        Self::parse("examples/demo.toml", DEMO).expect("a test reads the demo")
    }

    /// Who its parts are: each trader, each generator, each strategy.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let traders = self.traders.iter().map(Trader::identity);
        let generators = self.generators.iter().map(Generator::identity);
        traders.chain(generators).chain(self.strategies.iter().map(Strategy::identity))
    }

    /// Where parts serve figures and health, and which do.
    pub fn pages(&self) -> impl Iterator<Item = (HttpAddress, String)> {
        let traders = self.traders.iter().map(|of| (of.http, of.label()));
        let generators = self.generators.iter().map(|of| (of.http, of.label()));
        let strategies = self.strategies.iter().map(|of| (of.http, of.label()));
        let all = traders.chain(generators).chain(strategies);
        all.filter_map(|(http, label)| Some((http?, label)))
    }

    /// The plan that `text` is; `file` is what complaints call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, PlanError> {
        let file = || file.to_owned();
        let form = toml::from_str(text).map_err(|error| PlanError::Form { file: file(), error })?;
        check::check(form).map_err(|fault| PlanError::Fault { file: file(), fault })
    }
}

/// The traders' names, as a sentence lists them.
fn names(traders: &[Trader]) -> String {
    let names: Vec<_> = traders.iter().map(|trader| trader.name().to_string()).collect();
    names.join(", ")
}

/// Where and what, in lines; what the file has in them cannot steer a terminal.
fn shown(error: &toml::de::Error) -> String {
    let lines: Vec<_> = error.to_string().trim_end().lines().map(printable).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
