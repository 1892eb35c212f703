//! A plan as it stands in its file: keys and the form of their values, nothing that needs two keys.

use std::{fmt, num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

use chassis::{
    channel::Address,
    grid::Interval,
    http::HttpAddress,
    name::{Name, NameError},
    trace::Endpoint,
};
use clap::ValueEnum as _;
use generator::source::Data;
use indicators::expression::Tree;
use market::convention::{Stamped, Unit};
use serde::{Deserialize, Deserializer, de};
use strategy::decide::Rule;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) interval: Option<Text<Interval>>,
    pub(super) grace: Option<Text<Length>>,
    pub(super) patience: Option<Text<Length>>,
    pub(super) skew: Option<Text<Length>>,
    pub(super) tls: Option<Tls>,
    pub(super) otlp: Option<Text<Endpoint>>,
    pub(super) trader: Traders,
    #[serde(default)]
    pub(super) generator: Vec<Generator>,
    #[serde(default)]
    pub(super) strategy: Vec<Strategy>,
}

/// `[tls]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) dir: PathBuf,
}

/// One `[trader]`, or some `[[trader]]`.
#[derive(Debug)]
pub(super) enum Traders {
    /// A table.
    One(Trader),
    /// A list of tables.
    Several(Vec<Trader>),
}

/// `[trader]` or `[[trader]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trader {
    pub(super) name: Option<Text<Name>>,
    #[serde(default)]
    pub(super) port: u16,
    pub(super) journal: Option<PathBuf>,
    #[serde(default)]
    pub(super) ephemeral: bool,
    pub(super) at_least: Option<u32>,
    pub(super) http: Option<Http>,
}

/// `[[generator]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Generator {
    pub(super) name: Option<Text<Name>>,
    #[serde(default)]
    pub(super) port: u16,
    pub(super) seed: Option<u64>,
    pub(super) source: Option<Text<Data>>,
    pub(super) signal: Option<Text<Tree>>,
    pub(super) speed: Option<NonZeroU32>,
    pub(super) bar_time: Option<Text<Stamped>>,
    pub(super) time_unit: Option<Text<Unit>>,
    pub(super) bar_interval: Option<Text<Interval>>,
    pub(super) endpoint: Option<String>,
    pub(super) record: Option<PathBuf>,
    pub(super) http: Option<Http>,
}

/// `[[strategy]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Strategy {
    pub(super) name: Text<Name>,
    pub(super) trader: Option<Text<Name>>,
    #[serde(default)]
    pub(super) signal_ports: Vec<u16>,
    #[serde(default)]
    pub(super) signals: Vec<Text<Signal>>,
    pub(super) decide: Option<Text<Decide>>,
    pub(super) http: Option<Http>,
}

/// A port of this machine, or an address in quotation marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Http(pub(super) HttpAddress);

/// A value that is written as a string in a form of its own.
#[derive(Debug)]
pub(super) struct Text<T>(pub(super) T);

/// A length of time, like `10s`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length(pub(super) Duration);

/// How a strategy decides: the word that the strategy's flag takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decide(pub(super) Rule);

/// Where a signal comes from.
#[derive(Debug)]
pub(super) enum Signal {
    /// A generator of this plan.
    Named(Name),
    /// One on any machine. A name has no colon, so the two cannot be mistaken for each other.
    Elsewhere(Address),
}

/// By the form alone, so that what is wrong inside is said of its own line.
impl<'de> Deserialize<'de> for Traders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> de::Visitor<'de> for OneOrSeveral {
    type Value = Traders;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table [trader], or [[trader]] for each of several")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Traders, A::Error> {
        Trader::deserialize(de::value::MapAccessDeserializer::new(map)).map(Traders::One)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Traders, A::Error> {
        Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Traders::Several)
    }
}

impl<'de> Deserialize<'de> for Http {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PortOrAddress)
    }
}

struct PortOrAddress;

impl de::Visitor<'_> for PortOrAddress {
    type Value = Http;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a port like 9100, or an address like \"127.0.0.1:9100\"")
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Http, E> {
        self.visit_str(&v.to_string())
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Http, E> {
        v.parse().map(Http).map_err(E::custom)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = humantime::parse_duration(text);
        length.map(Self).map_err(|_| format!("`{text}` is no length of time like 10s or 500ms"))
    }
}

impl FromStr for Decide {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Rule::from_str(text, false).map(Self).map_err(|_| {
            let words: Vec<_> = Rule::value_variants().iter().copied().map(word).collect();
            format!("`{text}` is no way to decide; there are {}", words.join(", "))
        })
    }
}

/// A rule in the word of its flag.
pub fn word(rule: Rule) -> String {
    let value = rule.to_possible_value().expect("no rule is hidden");
    value.get_name().to_owned()
}

impl FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(':') {
            text.parse().map(Self::Elsewhere).map_err(|error| format!("{error}"))
        } else {
            text.parse().map(Self::Named).map_err(|error: NameError| {
                format!("{error}; a signal comes from the NAME of a generator of this plan, or from HOST:PORT")
            })
        }
    }
}
