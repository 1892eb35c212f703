//! The command line of a strategy.

use std::{collections::BTreeSet, process::ExitCode, str::FromStr, time::Duration};

use chassis::{
    chance,
    channel::{Address, AddressError, Dialer},
    clock::Clock,
    exit::{self, Exit, Failure},
    flag,
    grid::Interval,
    http::{self, HttpAddress},
    name::Name,
    service_manager::ServiceManager,
    shutdown,
    telemetry::{self, LogFormat},
    tls::{Role, Tls},
    trace::Service,
};
use clap::Parser;

use crate::{
    decide::{Decide, Rule},
    run::{Config, run},
    site,
};

/// Most generators of one strategy: as many signals as the trader takes with one submission.
pub const GENERATORS_MAX: usize = 64;

const EXAMPLES: &str = "\
Examples:
  strategy --name X --trader-port 1010 --signal-ports 1000
  strategy --name Y --trader-port 1010 --signal-ports 1001,1002 --decide mean
  strategy --name Z --trader trader.example:1010 --signals a.example:1000,b.example:1000 --stay

Exit codes: 0 stopped, 1 failed, 2 usage, 6 refused for good (fenced, deregistered, other interval).";

/// Ask generators for a signal each minute, decide, and tell the trader.
#[derive(Clone, Debug, Parser)]
#[command(name = "strategy", version, after_help = EXAMPLES)]
pub struct Args {
    /// How to decide from the signals.
    #[arg(long, value_enum, default_value_t)]
    pub decide: Rule,

    /// What every strategy is told.
    #[command(flatten)]
    pub common: Common,
}

/// Ask generators for a signal each minute, decide as this program does, and tell the trader.
#[derive(Clone, Debug, Parser)]
#[command(name = "strategy", version)]
struct Own {
    #[command(flatten)]
    common: Common,
}

/// What every strategy is told, however it decides.
#[derive(clap::Args, Clone, Debug)]
pub struct Common {
    /// Name that the trader expects each minute.
    #[arg(long)]
    pub name: Name,

    /// Port of the trader on this machine.
    #[arg(long, value_name = "PORT", default_value_t = 1010,
        value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "trader")]
    pub trader_port: u16,

    /// The trader, if it runs elsewhere.
    #[arg(long, value_name = "HOST:PORT")]
    pub trader: Option<Address>,

    /// Ports of the generators on this machine, separated by commas, 1 to 64.
    #[arg(long, value_name = "PORT,…",
        value_parser = Generators::of_ports, required_unless_present = "signals", conflicts_with = "signals")]
    pub signal_ports: Option<Generators>,

    /// The generators, if they run elsewhere, separated by commas, 1 to 64.
    #[arg(long, value_name = "HOST:PORT,…")]
    pub signals: Option<Generators>,

    /// Length of a minute; the trader and every generator must have the same.
    #[arg(long, value_name = "DURATION", default_value_t)]
    pub interval: Interval,

    /// How long to try for signals before abstaining [default: 0.8 × the trader's grace].
    #[arg(long, value_name = "DURATION",
        value_parser = flag::longer_than_nothing)]
    pub patience: Option<Duration>,

    /// Stay registered when stopped, for restarts: the trader waits for the strategy to come back.
    #[arg(long)]
    pub stay: bool,

    /// Serve figures and health over HTTP: a port of this machine's loopback, or an address.
    #[arg(long, value_name = "[HOST:]PORT")]
    pub http: Option<HttpAddress>,

    /// Serve them beyond this machine though nothing is encrypted.
    #[arg(long, requires = "http", conflicts_with = "tls_ca")]
    pub insecure: bool,

    /// Seed of the random numbers (backoff, process id) [default: given by the machine, and logged].
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// How log lines are written.
    #[arg(long, value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Mutual TLS.
    #[command(flatten)]
    pub tls: flag::Tls,

    /// Traces.
    #[command(flatten)]
    pub otlp: flag::Otlp,
}

/// Where a strategy's generators are: 1 to 64, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generators(Vec<Address>);

/// A text that is no list of generators.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GeneratorsError {
    /// One is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// One is no port.
    #[error("`{0}` is not a port, a number from 1 to 65535")]
    Port(String),
    /// One is there twice.
    #[error("{0} is there twice: name each generator once")]
    Twice(Address),
    /// Too many.
    #[error("{0} generators are more than {GENERATORS_MAX}")]
    TooMany(usize),
}

impl Generators {
    /// Ports of this machine, separated by commas.
    pub fn of_ports(text: &str) -> Result<Self, GeneratorsError> {
        let port = |port: &str| match port.trim().parse() {
            Ok(number) if number != 0 => Ok(Address::local(number)),
            Ok(_) | Err(_) => Err(GeneratorsError::Port(port.escape_debug().to_string())),
        };
        Self::new(text.split(',').map(port).collect::<Result<_, _>>()?)
    }

    fn new(addresses: Vec<Address>) -> Result<Self, GeneratorsError> {
        if addresses.len() > GENERATORS_MAX {
            return Err(GeneratorsError::TooMany(addresses.len()));
        }
        let mut seen = BTreeSet::new();
        match addresses.iter().find(|address| !seen.insert(*address)) {
            Some(twice) => Err(GeneratorsError::Twice(twice.clone())),
            None => Ok(Self(addresses)),
        }
    }
}

impl FromStr for Generators {
    type Err = GeneratorsError;

    fn from_str(text: &str) -> Result<Self, GeneratorsError> {
        Self::new(text.split(',').map(|address| address.trim().parse()).collect::<Result<_, _>>()?)
    }
}

impl Common {
    /// What the strategy is told, how it decides, and who wants to hear how it is.
    pub fn config(self, decide: Box<dyn Decide>, service_manager: ServiceManager) -> Config {
        let Generators(generators) = self
            .signals
            .or(self.signal_ports)
            .expect("clap requires one of --signals and --signal-ports");
        Config {
            name: self.name,
            trader: self.trader.unwrap_or_else(|| Address::local(self.trader_port)),
            generators,
            interval: self.interval,
            patience: self.patience,
            decide,
            stay: self.stay,
            service_manager,
            looks: None,
        }
    }
}

/// Runs a strategy that decides by one of the rules that come with Minutehand.
pub fn main(args: Args) -> ExitCode {
    start(args.common, Box::new(args.decide))
}

/// The whole `main` of a strategy of one's own: it takes the flags of `strategy`, except for `--decide`, and
/// ends the process if they are wrong.
pub fn main_of(decide: impl Decide + 'static) -> ExitCode {
    start(flag::parse::<Own>().common, Box::new(decide))
}

fn start(common: Common, decide: Box<dyn Decide>) -> ExitCode {
    let clock = Clock::system();
    let service = Service { kind: "strategy", name: Some(common.name.to_string()) };
    let _exporting = telemetry::start_traced(common.log_format, clock, &common.otlp, &service);
    exit::logged(exit::block_on(serve(common, decide, clock)))
}

async fn serve(common: Common, decide: Box<dyn Decide>, clock: Clock) -> Result<(), Failure> {
    let rng = chance::start(common.seed);
    let service_manager = ServiceManager::of_environment()?;
    // The trader takes no other name from it.
    let tls = common.tls.open_as(Role::Strategy, Some(&common.name), clock)?;
    let bound = http::Bound::asked(common.http, tls.as_ref(), common.insecure)?;
    let mut config = common.config(decide, service_manager);
    let bound = bound.map(|bound| (bound, site::of(&mut config)));
    let dialer = Dialer::over_tcp(tls.clone());
    let running = shutdown::run(|stop| http::beside(bound, run(config, clock, rng, dialer, stop)));
    Tls::attend(tls.as_ref(), Box::pin(running))
        .await
        .map_err(|error| Exit::Failed.because(format!("cannot listen for signals: {error}")))?
}

#[cfg(test)]
mod tests;
