//! What can be wrong with a plan as a whole, in words.

use std::path::PathBuf;

use chassis::{grid::TimingError, http::HttpAddress, name::Name};
use generator::source::SPEED_MAX;

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
    /// `otlp` in a build that exports nothing.
    #[error(
        "`otlp`: this build exports no traces; get one that does by `cargo install --locked --path minutehand --features otlp`"
    )]
    NoTraces,
    /// `trader = []`.
    #[error("`trader` is an empty list: write [trader] for one, or [[trader]] for each of several")]
    NoTrader,
    /// One of several traders without a name.
    #[error(
        "[[trader]] number {0} has no `name`: give each its own, or write [trader] if it is the only one"
    )]
    NamelessTrader(usize),
    /// A name where nobody asks for one.
    #[error("[trader] has a `name`: leave it out, or write [[trader]], as for several")]
    NamedTrader,
    /// Both `journal` and `ephemeral`.
    #[error("{0} has both `journal` and `ephemeral = true`: leave one of them out")]
    TwoJournals(String),
    /// A journal that the next run would not find again.
    #[error(
        "{0} has neither a port nor a journal: set `port`, `journal = \"FILE\"` or `ephemeral = true`"
    )]
    NoJournal(String),
    /// `at_least = 0`.
    #[error("{0} `at_least` is 0: a median needs 1 strategy or more")]
    AtLeastZero(String),
    /// One file that two parts write: journals and recordings.
    #[error("{} is what both {first} and {second} write: give each its own", file.display())]
    FileTwice {
        /// Which.
        file: PathBuf,
        /// Whose it is.
        first: String,
        /// Who wants it.
        second: String,
    },
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
    /// Figures for other machines, and nothing that protects them.
    #[error(
        "`http` of {label} is {at}, which other machines reach: without [tls] it has to be of this machine, like 127.0.0.1:9100"
    )]
    Exposed {
        /// Where.
        at: HttpAddress,
        /// Whose it is.
        label: String,
    },
    /// A generator that no strategy could name.
    #[error("[[generator]] number {0} has neither `name` nor `port`: no strategy could use it")]
    NamelessGenerator(usize),
    /// A generator of bars that lacks something, or has what only random numbers have.
    #[error(
        "[[generator]] number {0}: `source = \"FILE\"` and `signal = \"EXPRESSION\"` go together; `speed` (at most {SPEED_MAX}), `bar_time`, `time_unit` and `bar_interval` go with a file, `endpoint` and `record` with an exchange like `source = \"binance:BTCUSDT\"`, and `seed` without them"
    )]
    HalfASource(usize),
    /// A strategy that could be any trader's.
    #[error(
        "[[strategy]] `{name}` does not say whose it is: add `trader = \"NAME\"`; there are {traders}"
    )]
    NoTraderNamed {
        /// Which.
        name: Name,
        /// The traders' names.
        traders: String,
    },
    /// A strategy of a trader that the plan does not have.
    #[error(
        "[[strategy]] `{name}`: no trader of this plan has the name `{wanted}`; there are {traders}"
    )]
    UnknownTrader {
        /// Which.
        name: Name,
        /// The name that it gives.
        wanted: Name,
        /// The traders' names.
        traders: String,
    },
    /// Two parts of one name.
    #[error("there are two [[{kind}]] with the name `{name}`: give each its own")]
    NameTwice {
        /// `trader`, `generator` or `strategy`.
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
