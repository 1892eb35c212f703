//! The command line of `deregister`.

use std::{process::ExitCode, time::Duration};

use chassis::{
    chance,
    channel::{Address, Dialer},
    clock::Clock,
    exit::{self, Failure},
    flag,
    name::Name,
    operator::operator,
};
use clap::Parser;

use crate::call::{Wish, deregister};

const EXAMPLES: &str = "\
Examples:
  deregister -n X
  deregister -n X --trader trader.example:1010

Exit codes: 0 deregistered, 1 failed or out of reach, 2 usage, 3 no such strategy, 5 no answer in time.";

/// Take a strategy off the trader's list, so that it is not waited for any more.
#[derive(Clone, Debug, Parser)]
#[command(name = "deregister", version, after_help = EXAMPLES)]
pub struct Args {
    /// Name of the strategy.
    #[arg(short, long)]
    pub name: Name,

    /// Port of the trader on this machine.
    #[arg(long, value_name = "PORT", default_value_t = 1010,
        value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "trader")]
    pub trader_port: u16,

    /// The trader, if it runs elsewhere.
    #[arg(long, value_name = "HOST:PORT")]
    pub trader: Option<Address>,

    /// How long to try.
    #[arg(long, value_name = "DURATION", default_value = "5s",
        value_parser = flag::longer_than_nothing)]
    pub timeout: Duration,

    /// Mutual TLS.
    #[command(flatten)]
    pub tls: flag::Tls,
}

impl Args {
    /// What is wanted, and by whom.
    pub fn wish(self) -> Wish {
        Wish {
            name: self.name,
            trader: self.trader.unwrap_or_else(|| Address::local(self.trader_port)),
            timeout: self.timeout,
            operator: operator(),
        }
    }
}

/// Runs the command.
pub fn main(args: Args) -> ExitCode {
    exit::printed(exit::block_on(start(args)))
}

#[expect(clippy::print_stdout, reason = "commands speak to people")]
async fn start(args: Args) -> Result<(), Failure> {
    let dialer = Dialer::over_tcp(args.tls.open(Clock::system())?);
    let wish = args.wish();
    deregister(&wish, &dialer, &mut chance::start(None)).await?;
    println!("deregistered {}", wish.name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Wish, i32> {
        let words = std::iter::once("deregister").chain(line.split_whitespace());
        Args::try_parse_from(words).map(Args::wish).map_err(|error| error.exit_code())
    }

    #[test]
    fn c1_command_lines_of_the_notes() {
        let wish = parse("-n X").unwrap();
        assert_eq!(wish.name.as_str(), "X");
        assert_eq!(wish.trader, Address::local(1010));
        assert_eq!(wish.timeout, Duration::from_secs(5));
        assert!(wish.operator.contains('@'));
        let wish = parse("--name Y --trader t.example:7 --timeout 500ms").unwrap();
        assert_eq!(wish.trader.to_string(), "t.example:7");
        assert_eq!(wish.timeout, Duration::from_millis(500));
    }

    #[test]
    fn c3_wrong_command_lines_exit_with_2() {
        for line in [
            "",
            "X",
            "-n",
            "-n /",
            "-n X --trader-port 0",
            "-n X --trader-port 1 --trader a:1",
            "-n X --trader a",
            "-n X --timeout 0s",
            "-n X --timeout 5",
        ] {
            assert_eq!(parse(line).err(), Some(2), "{line}");
        }
    }
}
