//! The command line.

use clap::Parser;
use rust_decimal::Decimal;

use crate::{
    floor::{Config, RATE_MAX},
    venue::Venue,
};

const EXAMPLES: &str = "\
It takes mischief from standard input, a line each, and ends when that ends:
  mute, speak            nothing is sent, though trades happen; and again
  skip N                 N trades happen that nobody is told of
  repeat N, swap         messages with trades twice, or in the wrong order
  garbage, half-frame    a text that is no JSON; half a text, then the end
  drop, close            connections end without, or with, a close frame
  refuse, accept         new connections are closed at once; and not
  pause, resume          no trades happen; and again

Examples:
  exchange --venue binance --port 9001
  exchange --venue coinbase --port 9002 --seed 7 --rate 100

Exit codes: 0 stopped, 1 failed, 2 wrong command line.";

/// A local exchange that speaks as Binance and Coinbase do, and misbehaves on demand.
#[derive(Clone, Debug, Parser)]
#[command(name = "exchange", after_help = EXAMPLES)]
pub struct Args {
    /// Whose formats it speaks.
    #[arg(long)]
    pub venue: Venue,

    /// The port of 127.0.0.1 to listen on; 0 lets the system choose one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// What is traded [default: BTCUSDT or BTC-USD].
    #[arg(long)]
    pub symbol: Option<String>,

    /// The same seed makes the same trades [default: a random one, which is logged].
    #[arg(long)]
    pub seed: Option<u64>,

    /// Trades a second, on average.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=i64::from(RATE_MAX)))]
    pub rate: u32,

    /// The id of the first trade.
    #[arg(long, default_value_t = 1)]
    pub first_id: u64,

    /// The price before the first trade.
    #[arg(long, default_value = "60000")]
    pub price: Decimal,
}

impl Args {
    /// What the exchange is, with a seed for whoever gave none.
    pub(crate) fn config(&self, seed: impl FnOnce() -> u64) -> Config {
        let symbol = self.symbol.clone().unwrap_or_else(|| self.venue.symbol().to_owned());
        Config {
            venue: self.venue,
            symbol,
            seed: self.seed.unwrap_or_else(seed),
            rate: self.rate,
            first_id: self.first_id,
            price: self.price,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Config, i32> {
        let words = std::iter::once("exchange").chain(line.split_whitespace());
        let args = Args::try_parse_from(words).map_err(|error| error.exit_code())?;
        Ok(args.config(|| 1))
    }

    #[test]
    fn flags_say_what_the_exchange_is() {
        assert_eq!(parse("--venue binance"), Ok(Config::of(Venue::Binance)));
        assert_eq!(parse("--venue coinbase"), Ok(Config::of(Venue::Coinbase)));
        let line =
            "--venue coinbase --port 1 --symbol A-B --seed 7 --rate 0 --first-id 9 --price 0.5";
        let config = parse(line).unwrap();
        assert_eq!((&*config.symbol, config.seed, config.rate), ("A-B", 7, 0));
        assert_eq!((config.first_id, config.price), (9, Decimal::new(5, 1)));
    }

    #[test]
    fn a_wrong_command_line_is_a_usage_error() {
        for line in
            ["", "--venue kraken", "--venue binance --rate 1001", "--venue binance --port x"]
        {
            assert_eq!(parse(line), Err(2), "{line}");
        }
    }
}
