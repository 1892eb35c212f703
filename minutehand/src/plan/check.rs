//! From a file's keys to a plan that holds together: what needs two keys to be seen wrong. Pure.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    path::{Component, Path, PathBuf},
};

use chassis::{grid::Timing, name::Name, trace};
use generator::source::{Data, SPEED_MAX};
use market::convention::Declared;

use super::{
    Bars, Computes, Generator, Journal, Live, Plan, Source, Strategy, Trader,
    fault::{Fault, PARTS_MAX, SIGNALS_MAX},
    file, names,
};

/// The plan, or the first thing that is wrong with it.
pub(super) fn check(file: file::File) -> Result<Plan, Fault> {
    let (traders, named) = match file.trader {
        file::Traders::One(trader) => (vec![trader], false),
        file::Traders::Several(traders) => (traders, true),
    };
    let parts = traders.len() + file.generator.len() + file.strategy.len();
    if parts > PARTS_MAX {
        return Err(Fault::TooManyParts(parts));
    }
    let interval = file.interval.map_or_else(Default::default, |text| text.0);
    let length = |text: Option<file::Text<file::Length>>| text.map(|text| text.0.0);
    let timing = Timing::new(interval, length(file.grace), length(file.skew))?;
    let patience = length(file.patience);
    timing.patience(patience)?;
    let traders = self::traders(traders, named)?;
    let generators = generators(file.generator)?;
    files_differ(&traders, &generators)?;
    let strategies = strategies(file.strategy, &traders, &generators)?;
    let tls = file.tls.map(|file::Tls { dir }| dir);
    let otlp = file.otlp.map(|file::Text(endpoint)| endpoint);
    if otlp.is_some() && !trace::COMPILED {
        return Err(Fault::NoTraces);
    }
    let plan = Plan { timing, patience, tls, otlp, traders, generators, strategies };
    ports_differ(&plan)?;
    exposed(&plan).map_or(Ok(plan), Err)
}

fn traders(file: Vec<file::Trader>, named: bool) -> Result<Vec<Trader>, Fault> {
    if file.is_empty() {
        return Err(Fault::NoTrader);
    }
    let mut traders: Vec<Trader> = Vec::with_capacity(file.len());
    for (place, file) in file.into_iter().enumerate() {
        let name = match (&file.name, named) {
            (Some(file::Text(name)), true) => Some(name.clone()),
            (None, false) => None,
            (None, true) => return Err(Fault::NamelessTrader(place + 1)),
            (Some(_), false) => return Err(Fault::NamedTrader),
        };
        let trader = trader(name, file)?;
        if traders.iter().any(|other| other.name() == trader.name()) {
            return Err(Fault::NameTwice { kind: "trader", name: trader.name() });
        }
        traders.push(trader);
    }
    Ok(traders)
}

fn trader(name: Option<Name>, file: file::Trader) -> Result<Trader, Fault> {
    let place = || match &name {
        Some(name) => format!("[[trader]] `{name}`"),
        None => "[trader]".to_owned(),
    };
    let journal = match (file.journal, file.ephemeral) {
        (Some(_), true) => return Err(Fault::TwoJournals(place())),
        (Some(path), false) => Journal::File(path),
        (None, true) => Journal::Ephemeral,
        // The default file is named after the port, and a free port is another one each time.
        (None, false) if file.port == 0 => return Err(Fault::NoJournal(place())),
        (None, false) => Journal::Default,
    };
    let at_least = match file.at_least {
        Some(count) => Some(NonZeroU32::new(count).ok_or_else(|| Fault::AtLeastZero(place()))?),
        None => None,
    };
    let http = file.http.map(|file::Http(at)| at);
    Ok(Trader { name, port: file.port, journal, at_least, http })
}

/// Without the `.` that says nothing.
fn plain(file: &Path) -> PathBuf {
    file.components().filter(|component| *component != Component::CurDir).collect()
}

fn generators(file: Vec<file::Generator>) -> Result<Vec<Generator>, Fault> {
    let mut generators: Vec<Generator> = Vec::with_capacity(file.len());
    for (place, file) in file.into_iter().enumerate() {
        let computes = computes(&file).ok_or(Fault::HalfASource(place + 1))?;
        let file::Generator { name, port, http, .. } = file;
        let http = http.map(|file::Http(at)| at);
        let name = name.map(|text| text.0);
        if name.is_none() && port == 0 {
            return Err(Fault::NamelessGenerator(place + 1));
        }
        if let Some(name) = name.clone().filter(|name| find(&generators, name).is_some()) {
            return Err(Fault::NameTwice { kind: "generator", name });
        }
        generators.push(Generator { name, port, computes, http });
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

fn ports_differ(plan: &Plan) -> Result<(), Fault> {
    let generators = plan.generators.iter().map(|generator| (generator.port, generator.label()));
    let traders =
        plan.traders.iter().map(|trader| (trader.port, format!("the {}", trader.label())));
    let pages = plan.pages().map(|(at, label)| (at.port(), format!("`http` of {label}")));
    let all = traders.chain(generators).chain(pages);
    let taken = twice(all.filter(|(port, _)| *port != 0));
    taken.map_or(Ok(()), |(port, first, second)| Err(Fault::PortTwice { port, first, second }))
}

/// A part that would refuse to start.
fn exposed(plan: &Plan) -> Option<Fault> {
    let mut exposed = plan.pages().filter(|(at, _)| plan.tls.is_none() && !at.is_local());
    exposed.next().map(|(at, label)| Fault::Exposed { at, label })
}

/// Journals and recordings: what parts write.
fn files_differ(traders: &[Trader], generators: &[Generator]) -> Result<(), Fault> {
    let journals = traders.iter().filter_map(|trader| match &trader.journal {
        Journal::File(file) => Some((plain(file), trader.label())),
        Journal::Default | Journal::Ephemeral => None,
    });
    let recordings = generators.iter().filter_map(|generator| match &generator.computes {
        Computes::Live(Live { record: Some(file), .. }) => Some((plain(file), generator.label())),
        Computes::Live(_) | Computes::Bars(_) | Computes::Random(_) => None,
    });
    let taken = twice(journals.chain(recordings));
    taken.map_or(Ok(()), |(file, first, second)| Err(Fault::FileTwice { file, first, second }))
}

/// What two have, and who: the one that had it and the one that wants it.
fn twice<K: Ord + Clone>(all: impl Iterator<Item = (K, String)>) -> Option<(K, String, String)> {
    let mut taken = BTreeMap::new();
    for (what, second) in all {
        if let Some(first) = taken.insert(what.clone(), second.clone()) {
            return Some((what, first, second));
        }
    }
    None
}

fn strategies(
    file: Vec<file::Strategy>,
    traders: &[Trader],
    generators: &[Generator],
) -> Result<Vec<Strategy>, Fault> {
    let mut strategies: Vec<Strategy> = Vec::with_capacity(file.len());
    for strategy in file {
        let name = strategy.name.0.clone();
        if strategies.iter().any(|other| other.name == name) {
            return Err(Fault::NameTwice { kind: "strategy", name });
        }
        let decide = strategy.decide.as_ref().map(|text| text.0.0);
        let trader = whose(&strategy, traders)?;
        let http = strategy.http.map(|file::Http(at)| at);
        let signals = sources(strategy, generators)?;
        strategies.push(Strategy { name, trader, signals, decide, http });
    }
    Ok(strategies)
}

/// Which trader a strategy is of, by its place in the list.
fn whose(strategy: &file::Strategy, traders: &[Trader]) -> Result<usize, Fault> {
    let name = || strategy.name.0.clone();
    match &strategy.trader {
        None if traders.len() == 1 => Ok(0),
        None => Err(Fault::NoTraderNamed { name: name(), traders: names(traders) }),
        Some(file::Text(wanted)) => {
            let place = traders.iter().position(|trader| trader.name() == *wanted);
            place.ok_or_else(|| Fault::UnknownTrader {
                name: name(),
                wanted: wanted.clone(),
                traders: names(traders),
            })
        }
    }
}

fn sources(strategy: file::Strategy, generators: &[Generator]) -> Result<Vec<Source>, Fault> {
    let file::Strategy { name: file::Text(name), signal_ports, signals, .. } = strategy;
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
