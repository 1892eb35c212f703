//! From a file's keys to a plan that holds together: what needs two keys to be seen wrong. Pure.

use std::{collections::BTreeMap, num::NonZeroU32};

use chassis::{
    grid::{Timing, TimingError},
    name::Name,
};
use generator::source::{Data, SPEED_MAX};
use market::convention::Declared;

use super::{Bars, Computes, Generator, Journal, Live, Plan, Source, Strategy, Trader, file};

/// Most parts of one plan: each is a process of this machine.
pub const PARTS_MAX: usize = 256;

/// Most signals of one strategy.
pub const SIGNALS_MAX: usize = strategy::args::GENERATORS_MAX;

/// Why a plan does not hold together.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// Rule T6 does not hold.
    #[error(transparent)]
    Timing(#[from] TimingError),
    /// Too large.
    #[error("it has {0} parts; one machine runs at most {PARTS_MAX} from a plan")]
    TooManyParts(usize),
    /// Both `journal` and `ephemeral`.
    #[error("[trader] has both `journal` and `ephemeral = true`: leave one of them out")]
    TwoJournals,
    /// A journal that the next run would not find again.
    #[error(
        "[trader] has neither a port nor a journal: set `port`, `journal = \"FILE\"` or `ephemeral = true`"
    )]
    NoJournal,
    /// `at_least = 0`.
    #[error("[trader] `at_least` is 0: a median needs 1 strategy or more")]
    AtLeastZero,
    /// Two servers on one port.
    #[error(
        "port {port} belongs to both {first} and {second}: give each its own, or 0 for a free one"
    )]
    PortTwice {
        /// Which.
        port: u16,
        /// Who has it.
        first: String,
        /// Who wants it.
        second: String,
    },
    /// A generator that no strategy could name.
    #[error("[[generator]] number {0} has neither `name` nor `port`: no strategy could use it")]
    NamelessGenerator(usize),
    /// A generator of bars that lacks something, or has what only random numbers have.
    #[error(
        "[[generator]] number {0}: `source = \"FILE\"` and `signal = \"EXPRESSION\"` go together; `speed` (at most {SPEED_MAX}), `bar_time`, `time_unit` and `bar_interval` go with a file, `endpoint` and `record` with an exchange like `source = \"binance:BTCUSDT\"`, and `seed` without them"
    )]
    HalfASource(usize),
    /// Two parts of one name.
    #[error("there are two [[{kind}]] with the name `{name}`: give each its own")]
    NameTwice {
        /// `generator` or `strategy`.
        kind: &'static str,
        /// Which.
        name: Name,
    },
    /// A strategy without signals, or with too many.
    #[error(
        "[[strategy]] `{name}` has {count} signals: give it 1 to {SIGNALS_MAX} with `signal_ports = [PORT, …]` or `signals = [\"NAME or HOST:PORT\", …]`"
    )]
    SignalCount {
        /// Which.
        name: Name,
        /// How many.
        count: usize,
    },
    /// A signal that comes in twice.
    #[error("[[strategy]] `{name}` has the signal of {signal} twice")]
    SignalTwice {
        /// Which.
        name: Name,
        /// From where.
        signal: String,
    },
    /// A signal from a generator that the plan does not have.
    #[error(
        "[[strategy]] `{name}`: no [[generator]] of this plan has the {wanted}; one that somebody else runs is written `signals = [\"HOST:PORT\"]`"
    )]
    UnknownGenerator {
        /// Which.
        name: Name,
        /// `port 1003`, or ``name `a` ``.
        wanted: String,
    },
}

/// The plan, or the first thing that is wrong with it.
pub(super) fn check(file: file::File) -> Result<Plan, Fault> {
    let parts = 1 + file.generator.len() + file.strategy.len();
    if parts > PARTS_MAX {
        return Err(Fault::TooManyParts(parts));
    }
    let interval = file.interval.map_or_else(Default::default, |text| text.0);
    let length = |text: Option<file::Text<file::Length>>| text.map(|text| text.0.0);
    let timing = Timing::new(interval, length(file.grace), length(file.skew))?;
    let patience = length(file.patience);
    timing.patience(patience)?;
    let trader = trader(file.trader)?;
    let generators = generators(file.generator)?;
    ports_differ(&trader, &generators)?;
    let strategies = strategies(file.strategy, &generators)?;
    let tls = file.tls.map(|file::Tls { dir }| dir);
    Ok(Plan { timing, patience, tls, trader, generators, strategies })
}

fn trader(file: file::Trader) -> Result<Trader, Fault> {
    let journal = match (file.journal, file.ephemeral) {
        (Some(_), true) => return Err(Fault::TwoJournals),
        (Some(path), false) => Journal::File(path),
        (None, true) => Journal::Ephemeral,
        // The default file is named after the port, and a free port is another one each time.
        (None, false) if file.port == 0 => return Err(Fault::NoJournal),
        (None, false) => Journal::Default,
    };
    let at_least = match file.at_least {
        Some(count) => Some(NonZeroU32::new(count).ok_or(Fault::AtLeastZero)?),
        None => None,
    };
    Ok(Trader { port: file.port, journal, at_least })
}

fn generators(file: Vec<file::Generator>) -> Result<Vec<Generator>, Fault> {
    let mut generators: Vec<Generator> = Vec::with_capacity(file.len());
    for (place, file) in file.into_iter().enumerate() {
        let computes = computes(&file).ok_or(Fault::HalfASource(place + 1))?;
        let file::Generator { name, port, .. } = file;
        let name = name.map(|text| text.0);
        if name.is_none() && port == 0 {
            return Err(Fault::NamelessGenerator(place + 1));
        }
        if let Some(name) = name.clone().filter(|name| find(&generators, name).is_some()) {
            return Err(Fault::NameTwice { kind: "generator", name });
        }
        generators.push(Generator { name, port, computes });
    }
    Ok(generators)
}

fn computes(file: &file::Generator) -> Option<Computes> {
    let file::Generator { source, signal, speed, seed, endpoint, record, .. } = file;
    let declared = Declared {
        unit: file.time_unit.as_ref().map(|text| text.0),
        stamped: file.bar_time.as_ref().map(|text| text.0),
        interval: file.bar_interval.as_ref().map(|text| text.0),
    };
    let is_of_files = speed.is_some() || declared != Declared::default();
    let is_of_exchanges = endpoint.is_some() || record.is_some();
    let too_fast = |speed: NonZeroU32| speed.get() as usize > SPEED_MAX;
    match (source, signal, seed) {
        (None, None, seed) if !is_of_files && !is_of_exchanges => Some(Computes::Random(*seed)),
        (Some(file::Text(Data::File(source))), Some(file::Text(signal)), None)
            if !is_of_exchanges && !speed.is_some_and(too_fast) =>
        {
            let (source, signal) = (source.clone(), signal.clone());
            Some(Computes::Bars(Bars { source, signal, speed: *speed, declared }))
        }
        (Some(file::Text(Data::Exchange(source))), Some(file::Text(signal)), None)
            if !is_of_files =>
        {
            let (source, signal) = (source.clone(), signal.clone());
            let (endpoint, record) = (endpoint.clone(), record.clone());
            Some(Computes::Live(Live { source, signal, endpoint, record }))
        }
        _ => None,
    }
}

fn ports_differ(trader: &Trader, generators: &[Generator]) -> Result<(), Fault> {
    let servers = generators.iter().map(|generator| (generator.port, generator.label()));
    let servers = std::iter::once((trader.port, "the trader".to_owned())).chain(servers);
    let mut taken = BTreeMap::new();
    for (port, second) in servers.filter(|(port, _)| *port != 0) {
        if let Some(first) = taken.insert(port, second.clone()) {
            return Err(Fault::PortTwice { port, first, second });
        }
    }
    Ok(())
}

fn strategies(file: Vec<file::Strategy>, generators: &[Generator]) -> Result<Vec<Strategy>, Fault> {
    let mut strategies: Vec<Strategy> = Vec::with_capacity(file.len());
    for strategy in file {
        let name = strategy.name.0.clone();
        if strategies.iter().any(|other| other.name == name) {
            return Err(Fault::NameTwice { kind: "strategy", name });
        }
        let decide = strategy.decide.as_ref().map(|text| text.0.0);
        strategies.push(Strategy { name, signals: sources(strategy, generators)?, decide });
    }
    Ok(strategies)
}

fn sources(strategy: file::Strategy, generators: &[Generator]) -> Result<Vec<Source>, Fault> {
    let file::Strategy { name: file::Text(name), signal_ports, signals, decide: _ } = strategy;
    let count = signal_ports.len() + signals.len();
    if count == 0 || count > SIGNALS_MAX {
        return Err(Fault::SignalCount { name, count });
    }
    let ports = signal_ports.into_iter().map(|port| by_port(port, generators));
    let others = signals.into_iter().map(|file::Text(signal)| by_name(signal, generators));
    let mut sources: Vec<Source> = Vec::with_capacity(count);
    for found in ports.chain(others) {
        let source = match found {
            Ok(source) => source,
            Err(wanted) => return Err(Fault::UnknownGenerator { name, wanted }),
        };
        if sources.contains(&source) {
            let signal = source.describe(generators);
            return Err(Fault::SignalTwice { name, signal });
        }
        sources.push(source);
    }
    Ok(sources)
}

fn by_port(port: u16, generators: &[Generator]) -> Result<Source, String> {
    let place = generators.iter().position(|generator| port != 0 && generator.port == port);
    place.map(Source::Generator).ok_or_else(|| format!("port {port}"))
}

fn by_name(signal: file::Signal, generators: &[Generator]) -> Result<Source, String> {
    match signal {
        file::Signal::Elsewhere(address) => Ok(Source::Elsewhere(address)),
        file::Signal::Named(name) => {
            let place = find(generators, &name);
            place.map(Source::Generator).ok_or_else(|| format!("name `{name}`"))
        }
    }
}

fn find(generators: &[Generator], name: &Name) -> Option<usize> {
    generators.iter().position(|generator| generator.name.as_ref() == Some(name))
}
