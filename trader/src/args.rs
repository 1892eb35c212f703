//! The command line, and what it must fulfil before anything is opened.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use chassis::{
    flag::{self, duration, longer_than_nothing, number},
    grid::{Interval, Timing, TimingError},
    http::HttpAddress,
    limits::Limits,
    name::Name,
    telemetry::LogFormat,
    trace::Service,
};
use clap::Parser;

const EXAMPLES: &str = "\
Examples:
  trader                                on port 1010 of this machine, minutes of 60 seconds
  trader -p 1010 --expect X,Y           every minute fails until both are registered
  trader -p 0 --interval 2s --ephemeral on a free port, nothing kept on disk
  trader --journal /var/lib/minutehand/trader.sqlite
  trader --http 9100                    dashboard, figures and health on http://127.0.0.1:9100/
  trader --host 10.0.0.5 --tls-ca ca.pem --tls-cert trader-t.pem --tls-key trader-t.key

Exit codes: 0 stopped, 1 failed, 2 wrong command line.";

/// Memory is not for an archive.
const KEPT_IN_MEMORY: Duration = Duration::from_hours(24);

/// Longer than any archive: a hundred years of 365.25 days.
const KEPT_MAX: Duration = Duration::from_hours(876_600);

/// Takes the median of the decisions of all registered strategies each minute, or says by name and
/// cause why there is none.
#[derive(Clone, Debug, Parser)]
#[command(name = "trader", version, after_help = EXAMPLES)]
pub struct Args {
    /// Port to listen on; 0 takes a free one.
    #[arg(short, long, default_value_t = 1010)]
    pub port: u16,

    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,

    /// Listen beyond this machine though nothing is encrypted.
    #[arg(long, conflicts_with = "tls_ca")]
    pub insecure: bool,

    /// Serve the dashboard, figures and health over HTTP: a port of this machine's loopback, or an address.
    #[arg(long, value_name = "[HOST:]PORT")]
    pub http: Option<HttpAddress>,

    /// Length of a minute, the same for every part: 500ms to 24h.
    #[arg(long, default_value_t)]
    pub interval: Interval,

    /// How long after its minute began a submission may come [default: interval/6, 10s at most].
    #[arg(long, value_parser = longer_than_nothing)]
    pub grace: Option<Duration>,

    /// Largest tolerated difference between two clocks [default: interval/60, 1s at most].
    #[arg(long, value_parser = duration)]
    pub skew: Option<Duration>,

    /// The journal's file [default: `trader-PORT.sqlite` in `$STATE_DIRECTORY`, else
    /// `$XDG_STATE_HOME/minutehand`, else `~/.local/state/minutehand`].
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// Keep the journal in memory: a restart forgets everything.
    #[arg(long, conflicts_with = "journal")]
    pub ephemeral: bool,

    /// How long minutes are kept in the journal, like 90d [default: for ever; in memory, 24h].
    #[arg(long, value_name = "DURATION", value_parser = kept)]
    pub keep: Option<Duration>,

    /// Strategies that must be registered, or every minute fails.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub expect: Vec<Name>,

    /// How many strategies must be registered, or every minute fails.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number::<1, 1_000_000>)]
    pub at_least: usize,

    /// How many strategies may be registered.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = number::<1, 1_000_000>)]
    pub strategies_max: usize,

    /// Believe the clock though it is more than 30 days after the last minute on record.
    #[arg(long)]
    pub accept_clock: bool,

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

    /// What it goes by in traces: by its address, if its port is given.
    pub fn service(&self) -> Service {
        let name = (self.port != 0).then(|| SocketAddr::new(self.host, self.port).to_string());
        Service { kind: "trader", name }
    }

    /// How long minutes are kept; none: for ever.
    pub fn kept(&self) -> Option<Duration> {
        self.keep.or(self.ephemeral.then_some(KEPT_IN_MEMORY))
    }

    /// Whether as many strategies may be registered as must be.
    pub fn numbers(&self) -> Result<(), String> {
        let (max, needed) = (self.strategies_max, self.at_least.max(self.expect.len()));
        if needed <= max {
            return Ok(());
        }
        Err(format!(
            "--at-least and --expect ask for {needed} strategies, --strategies-max allows {max}: \
             raise it, or ask for fewer"
        ))
    }
}

fn kept(text: &str) -> Result<Duration, String> {
    let keep = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 90d or 12h"))?;
    let bounds = Duration::from_secs(1)..=KEPT_MAX;
    if bounds.contains(&keep) { Ok(keep) } else { Err("it is not from 1s to 100years".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::flag::with_variables;
    use clap::CommandFactory as _;

    fn parse(line: &str) -> Result<Args, i32> {
        let words = std::iter::once("trader").chain(line.split_whitespace());
        Args::try_parse_from(words).map_err(|error| error.exit_code())
    }

    #[test]
    fn c1_flags_and_their_defaults() {
        let args = parse("").unwrap();
        assert_eq!((args.port, args.host.to_string().as_str()), (1010, "127.0.0.1"));
        assert_eq!(args.timing(), Timing::new(Interval::default(), None, None));
        let args = parse("-p 0 --interval 2s --expect X,Y --at-least 3 --ephemeral").unwrap();
        assert_eq!(args.expect, ["X".parse().unwrap(), "Y".parse().unwrap()]);
        assert_eq!((args.at_least, args.ephemeral), (3, true));
    }

    #[test]
    fn t6_no_more_may_be_asked_for_than_are_allowed() {
        for line in ["--strategies-max 2 --at-least 2 --expect X,Y", "--at-least 100000"] {
            assert_eq!(parse(line).unwrap().numbers(), Ok(()), "{line}");
        }
        for line in ["--strategies-max 2 --at-least 3", "--strategies-max 2 --expect X,Y,Z"] {
            assert_eq!(
                parse(line).unwrap().numbers().unwrap_err(),
                "--at-least and --expect ask for 3 strategies, --strategies-max allows 2: \
                 raise it, or ask for fewer"
            );
        }
    }

    #[test]
    fn c1_each_flag_has_a_help_and_an_environment_variable() {
        for flag in with_variables(Args::command()).get_arguments() {
            let name = flag.get_long().expect("each flag has a long form").to_uppercase();
            let variable = format!("MINUTEHAND_TRADER_{}", name.replace('-', "_"));
            assert_eq!(flag.get_env().and_then(|text| text.to_str()), Some(variable.as_str()));
            assert!(flag.get_help().is_some(), "{name}");
        }
    }

    #[test]
    fn c3_a_wrong_command_line_is_a_usage_error() {
        for line in [
            "-p 65536",
            "--host nowhere",
            "--interval 60",
            "--interval 25h",
            "--grace 0s",
            "--skew -1s",
            "--expect X,,Y",
            "--expect a/b",
            "--at-least 0",
            "--at-least x",
            "--strategies-max 0",
            "--keep 0s",
            "--keep 90",
            "--journal a --ephemeral",
            "--http trader:9100",
            "--http 65536",
            "--log-format xml",
            "--patience 8s",
            "1010",
        ] {
            assert_eq!(parse(line).map(|_| ()), Err(2), "{line}");
        }
    }
}
