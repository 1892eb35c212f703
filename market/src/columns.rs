//! Which field of a row is what: by the names in the first row, or by how many there are.

use crate::{
    number::{NotANumber, Number},
    table::Row,
};

/// Fields of a row of bars by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) time: Time,
    open: usize,
    high: usize,
    low: usize,
    close: usize,
    volume: usize,
    taker_buy: Option<usize>,
}

/// Where a row has its time, and what is known of it by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// The name says that it is the time at which the bar opens.
    Open(usize),
    /// The name says that it is the time at which the bar closes.
    Close(usize),
    /// The name does not say which it is.
    Some(usize),
}

/// The numbers of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) open: Number,
    pub(crate) high: Number,
    pub(crate) low: Number,
    pub(crate) close: Number,
    pub(crate) volume: Number,
    pub(crate) taker_buy: Option<Number>,
}

/// How the columns of a source cannot be told.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ColumnsError {
    /// The first row is no row of names, and has not the length of a known format.
    #[error(
        "its rows have {0} fields and no names: expected a first row of names like `timestamp,open,high,low,close,volume`, those six without names, or the twelve of a Binance kline"
    )]
    Unknown(usize),
    /// Its fields are separated by something else than commas.
    #[error("its fields are separated by `{}`: expected commas", .0.escape_debug())]
    Separator(char),
    /// Two columns could be the same.
    #[error("it has two columns for `{0}`")]
    Twice(&'static str),
    /// A column is missing among the names.
    #[error("it has no column `{missing}` among `{}`", .names.escape_debug())]
    Missing {
        /// What is missing.
        missing: &'static str,
        /// What there is.
        names: String,
    },
}

/// How a row cannot be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RowError {
    /// It ends too early.
    #[error("it has no {what}: {count} fields")]
    Short {
        /// What is missing.
        what: &'static str,
        /// How many fields there are.
        count: usize,
    },
    /// A field is no number.
    #[error("its {what}, {error}")]
    NotANumber {
        /// Which one.
        what: &'static str,
        /// Why.
        error: NotANumber,
    },
}

/// `[time, open, high, low, close, volume]`: what ccxt gives, whose time is that of the open.
const CCXT: Columns =
    Columns { time: Time::Some(0), open: 1, high: 2, low: 3, close: 4, volume: 5, taker_buy: None };

/// Twelve fields: open time, open, high, low, close, volume, close time, quote volume, trades, taker-buy
/// volume, taker-buy quote volume, unused (Binance, "Kline/Candlestick data").
const KLINE: Columns = Columns { time: Time::Open(0), taker_buy: Some(9), ..CCXT };

/// What columns are called, without case, blanks, `_` and `-`.
const OPEN_TIME: &[&str] = &["opentime", "openat", "starttime", "start"];
const CLOSE_TIME: &[&str] = &["closetime", "closeat", "endtime", "end"];
const SOME_TIME: &[&str] = &["timestamp", "time", "datetime", "date", "ts", "unix"];
const TAKER_BUY: &[&str] =
    &["takerbuyvolume", "takerbuybasevolume", "takerbuybaseassetvolume", "takerbuybase"];

impl Columns {
    /// The columns, and whether the first row has their names.
    pub(crate) fn of(first: &Row) -> Result<(Self, bool), ColumnsError> {
        if let [only] = first.fields.as_slice()
            && let Some(other) = only.chars().find(|char| [';', '\t', '|'].contains(char))
        {
            return Err(ColumnsError::Separator(other));
        }
        let is_number = |field: &str| field.parse::<Number>().is_ok();
        // A time may be a text; a price may not.
        if first.fields.iter().skip(1).any(|field| is_number(field)) {
            return Ok((Self::by_count(first.fields.len())?, false));
        }
        Ok((Self::by_name(first)?, true))
    }

    fn by_count(fields: usize) -> Result<Self, ColumnsError> {
        match fields {
            6 => Ok(CCXT),
            12 => Ok(KLINE),
            other => Err(ColumnsError::Unknown(other)),
        }
    }

    /// The columns by their names alone.
    pub(crate) fn by_name(first: &Row) -> Result<Self, ColumnsError> {
        let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "");
        let names_of: Vec<String> = first.fields.iter().map(|name| plain(name)).collect();
        let find =
            |called: &[&str]| names_of.iter().position(|name| called.contains(&name.as_str()));
        let need = |missing: &'static str, called: &[&str]| {
            let names = || first.fields.join(",");
            let fits = |name: &&String| called.contains(&name.as_str());
            if names_of.iter().filter(fits).count() > 1 {
                return Err(ColumnsError::Twice(missing));
            }
            find(called).ok_or_else(|| ColumnsError::Missing { missing, names: names() })
        };
        let time = (find(OPEN_TIME).map(Time::Open))
            .or_else(|| find(SOME_TIME).map(Time::Some))
            .or_else(|| find(CLOSE_TIME).map(Time::Close));
        Ok(Self {
            time: time.map_or_else(|| need("timestamp", &[]).map(Time::Some), Ok)?,
            open: need("open", &["open", "o"])?,
            high: need("high", &["high", "h"])?,
            low: need("low", &["low", "l"])?,
            close: need("close", &["close", "c"])?,
            volume: need("volume", &["volume", "vol", "v", "basevolume"])?,
            taker_buy: find(TAKER_BUY),
        })
    }

    /// The places of all of them, that of the time first.
    #[cfg(feature = "parquet")]
    pub(crate) fn places(&self) -> Vec<usize> {
        let (Time::Open(at) | Time::Close(at) | Time::Some(at)) = self.time;
        let numbers = [self.open, self.high, self.low, self.close, self.volume];
        std::iter::once(at).chain(numbers).chain(self.taker_buy).collect()
    }

    /// The text of a row's time.
    pub(crate) fn time<'a>(&self, row: &'a Row) -> Result<&'a str, RowError> {
        let (Time::Open(at) | Time::Close(at) | Time::Some(at)) = self.time;
        field(row, at, "time")
    }

    /// The numbers of a row.
    pub(crate) fn numbers(&self, row: &Row) -> Result<Numbers, RowError> {
        Ok(Numbers {
            open: number(row, self.open, "open")?,
            high: number(row, self.high, "high")?,
            low: number(row, self.low, "low")?,
            close: number(row, self.close, "close")?,
            volume: number(row, self.volume, "volume")?,
            taker_buy: self.taker_buy.map(|at| number(row, at, "taker-buy volume")).transpose()?,
        })
    }
}

fn field<'a>(row: &'a Row, at: usize, what: &'static str) -> Result<&'a str, RowError> {
    row.fields.get(at).map(AsRef::as_ref).ok_or(RowError::Short { what, count: row.fields.len() })
}

fn number(row: &Row, at: usize, what: &'static str) -> Result<Number, RowError> {
    field(row, at, what)?.parse().map_err(|error| RowError::NotANumber { what, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &str) -> Row {
        Row { place: 1, fields: fields.split(',').map(Box::from).collect() }
    }

    #[test]
    fn columns_are_told_by_name_or_by_count() {
        for (first, time, volume, named) in [
            ("timestamp,open,high,low,close,volume", Time::Some(0), 5, true),
            ("Volume,Open Time,Open,High,Low,Close", Time::Open(1), 0, true),
            ("open,high,low,close,volume,close_time", Time::Close(5), 4, true),
            ("1640991660000,1,2,0.5,1.5,7", Time::Some(0), 5, false),
            ("2021-12-31 23:01:00,1,2,0.5,1.5,7", Time::Some(0), 5, false),
            ("1,1,2,0.5,1.5,7,1,1,1,4,1,0", Time::Open(0), 5, false),
        ] {
            let (columns, has_names) = Columns::of(&row(first)).unwrap();
            assert_eq!((columns.time, columns.volume, has_names), (time, volume, named), "{first}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        let said = |first| Columns::of(&row(first)).unwrap_err().to_string();
        assert!(said("1,2,3,4").starts_with("its rows have 4 fields and no names: expected"));
        assert_eq!(
            said("time,open,high,low,close"),
            "it has no column `volume` among `time,open,high,low,close`"
        );
        assert_eq!(said("time,open,high,low,close,volume,Close"), "it has two columns for `close`");
        assert_eq!(said("time;open"), "its fields are separated by `;`: expected commas");
        assert_eq!(
            said("open,high,low,close,volume"),
            "it has no column `timestamp` among `open,high,low,close,volume`"
        );
    }

    #[test]
    fn a_row_that_is_short_or_no_number_says_which() {
        let said = |fields| KLINE.numbers(&row(fields)).unwrap_err().to_string();
        assert_eq!(said("1,1,2,0.5,1.5,7"), "it has no taker-buy volume: 6 fields");
        assert_eq!(
            said("1,1,,0.5,1.5,7,1,1,1,4,1,0"),
            "its high, `` is not a decimal number of at most 28 digits, decimals included"
        );
    }
}
