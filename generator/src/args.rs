//! The command line, and what it must fulfil before anything is opened.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use chassis::{
    flag,
    grid::{Interval, Timing, TimingError},
    http::HttpAddress,
    limits::Limits,
    name::Name,
    telemetry::LogFormat,
};
use clap::Parser;

use crate::source::OfBars;

const EXAMPLES: &str = "\
Examples:
  generator                             on port 1000 of this machine
  generator -p 1001 --seed 7            the same signals after each restart
  generator -p 0 --interval 2s          on a free port, with minutes of two seconds
  generator --source btc.csv --signal 'zscore(close, 20)' --interval 1s --speed 60
  generator --source binance:BTCUSDT --signal 'zscore(close, 20)' --record btc.feed
  generator --source binance:BTCUSDT --signal close --endpoint wss://stream.testnet.binance.vision/ws
  generator --host 10.0.0.5 --insecure --name momentum
  generator --host 10.0.0.5 --tls-ca ca.pem --tls-cert generator-g.pem --tls-key generator-g.key

Exit codes: 0 stopped, 1 failed, 2 wrong command line, 6 a recording that cannot be gone on with.";

/// Computes one signal a minute, a uniform random number in [0, 1) or from bars, and serves it over
/// gRPC.
#[derive(Clone, Debug, Parser)]
#[command(name = "generator", version, after_help = EXAMPLES)]
pub struct Args {
    /// Port to listen on; 0 takes a free one.
    #[arg(short, long, default_value_t = 1000)]
    pub port: u16,

    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,

    /// Listen beyond this machine though nothing is encrypted.
    #[arg(long, conflicts_with = "tls_ca")]
    pub insecure: bool,

    /// Serve figures and health over HTTP: a port of this machine's loopback, or an address.
    #[arg(long, value_name = "[HOST:]PORT")]
    pub http: Option<HttpAddress>,

    /// Name that signals carry [default: host and port, like 127.0.0.1-1000].
    #[arg(long)]
    pub name: Option<Name>,

    /// Length of a minute, the same for every part: 500ms to 24h.
    #[arg(long, default_value_t)]
    pub interval: Interval,

    /// How long after its minute began a signal may come [default: interval/6, 10s at most].
    #[arg(long, value_parser = flag::longer_than_nothing)]
    pub grace: Option<Duration>,

    /// Largest tolerated difference between two clocks [default: interval/60, 1s at most].
    #[arg(long, value_parser = flag::duration)]
    pub skew: Option<Duration>,

    /// Signals then depend on this number and the minute only, so that a restart does not change
    /// them [default: a random one, which the log keeps].
    #[arg(long)]
    pub seed: Option<u64>,

    /// Bars, and what is computed from them.
    #[command(flatten)]
    pub of_bars: OfBars,

    /// Prints what signals may be computed from bars, and ends.
    #[arg(long)]
    pub list_signals: bool,

    /// What clients may ask for.
    #[command(flatten)]
    pub limits: Limits,

    /// How log lines are written.
    #[arg(long, default_value_t, value_enum)]
    pub log_format: LogFormat,

    /// Mutual TLS.
    #[command(flatten)]
    pub tls: flag::Tls,

    /// Traces.
    #[command(flatten)]
    pub otlp: flag::Otlp,
}

impl Args {
    /// The settings that belong to the grid of minutes, checked together.
    pub fn timing(&self) -> Result<Timing, TimingError> {
        Timing::new(self.interval, self.grace, self.skew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::flag::with_variables;
    use clap::CommandFactory as _;

    fn parse(line: &str) -> Result<Args, i32> {
        let words = std::iter::once("generator").chain(line.split_whitespace());
        Args::try_parse_from(words).map_err(|error| error.exit_code())
    }

    #[test]
    fn c1_flags_and_their_defaults() {
        let args = parse("").unwrap();
        assert_eq!((args.port, args.host.to_string().as_str()), (1000, "127.0.0.1"));
        assert_eq!(args.timing(), Timing::new(Interval::default(), None, None));
        let args = parse("-p 0 --host ::1 --interval 2s --grace 900ms --skew 0s --name g").unwrap();
        let timing = args.timing().unwrap();
        assert_eq!(timing.interval.to_string(), "2s");
        assert_eq!((timing.grace, timing.skew), (Duration::from_millis(900), Duration::ZERO));
    }

    #[test]
    fn c1_each_flag_has_a_help_and_an_environment_variable() {
        for flag in with_variables(Args::command()).get_arguments() {
            let name = flag.get_long().expect("each flag has a long form").to_uppercase();
            let variable = format!("MINUTEHAND_GENERATOR_{}", name.replace('-', "_"));
            assert_eq!(flag.get_env().and_then(|text| text.to_str()), Some(variable.as_str()));
            assert!(flag.get_help().is_some(), "{name}");
        }
    }

    #[test]
    fn c3_a_wrong_command_line_is_a_usage_error() {
        for line in [
            "-p 65536",
            "-p x",
            "--host nowhere",
            "--interval 60",
            "--interval 499ms",
            "--http generator:9100",
            "--grace 0s",
            "--grace 25h",
            "--grace 10",
            "--skew -1s",
            "--seed 1.5",
            "--name a/b",
            "--name",
            "--log-format xml",
            "--source btc.csv",
            "--signal close",
            "--speed 2",
            "--starts-at 2026-11-20T12:01:00Z",
            "--source btc.csv --signal close --seed 1",
            "--source btc.csv --signal sma(",
            "--source btc.csv --signal close --speed 0",
            "--source btc.csv --signal close --starts-at noon",
            "--source btc.csv --signal close --bar-time middle",
            "--source btc.csv --signal close --time-unit hours",
            "--source binance: --signal close",
            "--source binance:BTC/x --signal close",
            "--record btc.feed",
            "--endpoint ws://127.0.0.1:9001",
            "--patience 8s",
            "1000",
        ] {
            assert_eq!(parse(line).map(|_| ()), Err(2), "{line}");
        }
    }

    #[test]
    fn t6_settings_are_checked_together() {
        for line in ["--grace 60s", "--interval 2s --skew 201ms", "--grace 24h --interval 24h"] {
            assert!(parse(line).unwrap().timing().is_err(), "{line}");
        }
    }
}
