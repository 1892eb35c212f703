//! The parts of a plan as command lines of this very program. Pure.

use std::time::Duration;

use chassis::{channel::Address, grid::Timestamp, tls::Identity};

use crate::{
    certs::flags,
    plan::{Bars, Computes, Generator, Journal, Live, Plan, Source, Strategy, Trader, word},
};

/// One part: a child process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What people call it.
    pub(super) label: String,
    /// Its arguments, without the port.
    pub(super) arguments: Vec<String>,
    /// A server's port; 0: a free one.
    pub(super) port: Option<u16>,
}

impl Part {
    /// Everything behind the program's name.
    pub(super) fn command_line(&self) -> Vec<String> {
        let mut line = self.arguments.clone();
        if let Some(port) = self.port {
            line.extend(["--port".to_owned(), port.to_string()]);
        }
        line
    }

    /// Which command it is.
    pub(super) fn kind(&self) -> &str {
        self.arguments.first().expect("it begins with the command")
    }

    /// What it is told by a flag, if it is told something; nothing more, if that takes no value.
    pub(super) fn told(&self, flag: &str) -> Option<&str> {
        self.arguments.iter().find_map(|word| value_in(word, flag))
    }

    /// Tells it nothing by that flag.
    pub(super) fn forget(&mut self, flag: &str) {
        self.arguments.retain(|word| value_in(word, flag).is_none());
    }
}

/// The value in `--flag=value`; empty in `--flag`.
fn value_in<'a>(word: &'a str, flag: &str) -> Option<&'a str> {
    let rest = word.strip_prefix("--")?.strip_prefix(flag)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('=') }
}

/// The plan's generators. Bars of files begin to pass at `starts_at`, for all of them and after restarts.
pub(super) fn generators(plan: &Plan, starts_at: Timestamp) -> Vec<Part> {
    plan.generators.iter().map(|of| generator(plan, of, starts_at)).collect()
}

fn generator(plan: &Plan, of: &Generator, starts_at: Timestamp) -> Part {
    let mut line = Line::new("generator", plan, &of.identity());
    line.server_timing(plan);
    if let Some(name) = &of.name {
        line.flag("--name", name);
    }
    match &of.computes {
        Computes::Random(None) => {}
        Computes::Random(Some(seed)) => line.flag("--seed", seed),
        Computes::Bars(Bars { source, signal, speed, declared }) => {
            line.flag("--source", source.display());
            line.flag("--signal", signal);
            line.flag("--starts-at", starts_at);
            line.flag_if("--speed", speed.as_ref());
            line.flag_if("--bar-time", declared.stamped.as_ref());
            line.flag_if("--time-unit", declared.unit.as_ref());
            line.flag_if("--bar-interval", declared.interval.as_ref());
        }
        Computes::Live(Live { source, signal, endpoint, record }) => {
            line.flag("--source", source);
            line.flag("--signal", signal);
            line.flag_if("--endpoint", endpoint.as_ref());
            line.flag_if("--record", record.as_ref().map(|file| file.display()).as_ref());
        }
    }
    line.flag_if("--http", of.http.as_ref());
    Part { label: of.label(), arguments: line.0, port: Some(of.port) }
}

/// The plan's traders, each of which expects its own strategies (rule R7).
pub(super) fn traders(plan: &Plan) -> Vec<Part> {
    plan.traders.iter().enumerate().map(|(place, of)| trader(plan, of, place)).collect()
}

fn trader(plan: &Plan, of: &Trader, place: usize) -> Part {
    let mut line = Line::new("trader", plan, &of.identity());
    line.server_timing(plan);
    match &of.journal {
        Journal::Default => {}
        Journal::File(path) => line.flag("--journal", path.display()),
        Journal::Ephemeral => line.0.push("--ephemeral".to_owned()),
    }
    line.flag_if("--at-least", of.at_least.as_ref());
    line.flag_if("--http", of.http.as_ref());
    let its_own = plan.strategies.iter().filter(|strategy| strategy.trader == place);
    let names: Vec<&str> = its_own.map(|strategy| strategy.name.as_str()).collect();
    if !names.is_empty() {
        line.flag("--expect", names.join(","));
    }
    Part { label: of.label(), arguments: line.0, port: Some(of.port) }
}

/// The plan's strategies, once its servers have their ports. They stay registered when the system
/// stops, so that the next start finds them expected.
pub(super) fn strategies(plan: &Plan, traders: &[u16], generators: &[u16]) -> Vec<Part> {
    let of = |of: &Strategy| strategy(plan, of, traders[of.trader], generators);
    plan.strategies.iter().map(of).collect()
}

fn strategy(plan: &Plan, of: &Strategy, trader: u16, generators: &[u16]) -> Part {
    let mut line = Line::new("strategy", plan, &of.identity());
    line.flag("--name", &of.name);
    line.flag("--trader", Address::local(trader));
    let signals: Vec<String> = of
        .signals
        .iter()
        .map(|source| match source {
            Source::Generator(place) => Address::local(generators[*place]).to_string(),
            Source::Elsewhere(address) => address.to_string(),
        })
        .collect();
    line.flag("--signals", signals.join(","));
    if let Some(patience) = plan.patience {
        line.flag("--patience", duration(patience));
    }
    if let Some(decide) = of.decide {
        line.flag("--decide", word(decide));
    }
    line.flag_if("--http", of.http.as_ref());
    line.0.push("--stay".to_owned());
    Part { label: of.label(), arguments: line.0, port: None }
}

/// A command line while it grows.
struct Line(Vec<String>);

impl Line {
    fn new(command: &str, plan: &Plan, identity: &Identity) -> Self {
        let mut line = Self(vec![command.to_owned()]);
        line.flag("--interval", plan.timing.interval);
        line.flag("--log-format", "text");
        line.flag_if("--otlp", plan.otlp.as_ref());
        if let Some(directory) = &plan.tls {
            line.0.extend(flags(directory, identity));
        }
        line
    }

    fn server_timing(&mut self, plan: &Plan) {
        self.flag("--grace", duration(plan.timing.grace));
        self.flag("--skew", duration(plan.timing.skew));
    }

    fn flag_if(&mut self, name: &str, value: Option<&impl std::fmt::Display>) {
        if let Some(value) = value {
            self.flag(name, value);
        }
    }

    /// In one word, so that a value may begin with a dash.
    fn flag(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.push(format!("{name}={value}"));
    }
}

fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

#[cfg(test)]
mod tests;
