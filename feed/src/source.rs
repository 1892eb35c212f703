//! Which data of which exchange: `binance:BTCUSDT`, `coinbase:BTC-USD`, `binance:BTCUSDT/klines`.

use std::{fmt, str::FromStr};

/// An exchange whose public format is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// Binance, spot.
    Binance,
    /// Coinbase Advanced Trade.
    Coinbase,
}

impl Venue {
    /// All, with their names.
    pub const ALL: [(Self, &str); 2] = [(Self::Binance, "binance"), (Self::Coinbase, "coinbase")];

    /// Where it serves everybody.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::Binance => "wss://stream.binance.com:9443/ws",
            Self::Coinbase => "wss://advanced-trade-ws.coinbase.com",
        }
    }
}

/// What bars are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Trades, which are gathered into bars here.
    Trades,
    /// Bars that the exchange has made.
    Klines,
}

/// Data of one instrument of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The exchange.
    pub venue: Venue,
    /// The instrument, as the exchange writes it.
    pub symbol: Box<str>,
    /// What bars are made from.
    pub of: Of,
}

/// Longest symbol; those of exchanges have less than half of it.
const SYMBOL_BYTES_MAX: usize = 64;

/// Why a text names no source.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{}` names no live source: expected VENUE:SYMBOL like binance:BTCUSDT or coinbase:BTC-USD, with /klines behind it for bars that the exchange has made", .0.escape_debug()
)]
pub struct NoSource(String);

impl Source {
    /// Whether `text` is meant as one, and not as a file.
    pub fn is_meant(text: &str) -> bool {
        Venue::ALL
            .iter()
            .any(|(_, name)| text.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
    }
}

impl FromStr for Source {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let read = || {
            let (venue, rest) = text.split_once(':')?;
            let (venue, _) = Venue::ALL.into_iter().find(|(_, name)| *name == venue)?;
            let (symbol, of) = match rest.split_once('/') {
                None => (rest, Of::Trades),
                Some((symbol, "trades")) => (symbol, Of::Trades),
                Some((symbol, "klines")) => (symbol, Of::Klines),
                Some(_) => return None,
            };
            let fits = (1..=SYMBOL_BYTES_MAX).contains(&symbol.len());
            let written = symbol.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (fits && written).then(|| Self {
                venue,
                symbol: symbol.to_ascii_uppercase().into(),
                of,
            })
        };
        read().ok_or_else(|| NoSource(text.to_owned()))
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = Self::ALL.iter().find(|(venue, _)| venue == self).expect("all are");
        f.write_str(name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.venue, self.symbol)?;
        match self.of {
            Of::Trades => Ok(()),
            Of::Klines => f.write_str("/klines"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_written_as_it_is_read() {
        for (text, written) in [
            ("binance:BTCUSDT", "binance:BTCUSDT"),
            ("binance:btcusdt/klines", "binance:BTCUSDT/klines"),
            ("coinbase:BTC-USD/trades", "coinbase:BTC-USD"),
        ] {
            assert!(Source::is_meant(text));
            assert_eq!(text.parse::<Source>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_names_no_source_is_refused_and_a_file_is_none() {
        for text in ["binance:", "binance:BTC/USDT", "binance:a b", "kraken:BTC", "coinbase:\u{1b}"]
        {
            let refused = text.parse::<Source>().unwrap_err().to_string();
            assert!(refused.contains("names no live source"), "{refused}");
            assert!(!refused.contains('\u{1b}'));
        }
        assert!(!Source::is_meant("btc.csv") && !Source::is_meant("binance.csv"));
        assert!(Source::is_meant("binance:"));
    }
}
