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

/// What the columns of a source are called.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    row: &'a Row,
    /// Without case, blanks, `_` and `-`.
    plain: Vec<String>,
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
        "its rows have {0} fields and no names: expected a first row of names like `timestamp,open,high,low,close,volume`, those six without names, the twelve of a Binance kline, or the seven or eight of its trades"
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
    /// A field is none of the words that it may be.
    #[error("its {what}, `{}`, is not {expected}", .text.escape_debug())]
    Word {
        /// Which one.
        what: &'static str,
        /// What stands there.
        text: Box<str>,
        /// What it may be.
        expected: Box<str>,
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
pub(crate) const SOME_TIME: &[&str] = &["timestamp", "time", "datetime", "date", "ts", "unix"];
const TAKER_BUY: &[&str] =
    &["takerbuyvolume", "takerbuybasevolume", "takerbuybaseassetvolume", "takerbuybase"];

impl Columns {
    /// Those of a source without names, if that many fields are bars.
    pub(crate) fn by_count(fields: usize) -> Option<Self> {
        match fields {
            6 => Some(CCXT),
            12 => Some(KLINE),
            _ => None,
        }
    }

    /// The columns by their names alone.
    pub(crate) fn by_name(names: &Names<'_>) -> Result<Self, ColumnsError> {
        let time = (names.find(OPEN_TIME).map(Time::Open))
            .or_else(|| names.find(SOME_TIME).map(Time::Some))
            .or_else(|| names.find(CLOSE_TIME).map(Time::Close));
        Ok(Self {
            time: time.map_or_else(|| names.need("timestamp", &[]).map(Time::Some), Ok)?,
            open: names.need("open", &["open", "o"])?,
            high: names.need("high", &["high", "h"])?,
            low: names.need("low", &["low", "l"])?,
            close: names.need("close", &["close", "c"])?,
            volume: names.need("volume", &["volume", "vol", "v", "basevolume"])?,
            taker_buy: names.find(TAKER_BUY),
        })
    }

    /// The places of all of them, that of the time first.
    #[cfg(feature = "parquet")]
    pub(crate) fn places(&self) -> Vec<usize> {
        let numbers = [self.open, self.high, self.low, self.close, self.volume];
        std::iter::once(self.time.place()).chain(numbers).chain(self.taker_buy).collect()
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

impl Time {
    fn place(self) -> usize {
        let (Self::Open(at) | Self::Close(at) | Self::Some(at)) = self;
        at
    }

    /// The text of a row's time.
    pub(crate) fn of(self, row: &Row) -> Result<&str, RowError> {
        field(row, self.place(), "time")
    }
}

impl<'a> Names<'a> {
    /// Those of a row of names.
    pub(crate) fn of(row: &'a Row) -> Self {
        let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "");
        Self { row, plain: row.fields.iter().map(|name| plain(name)).collect() }
    }

    /// The place of the first column that is called so.
    pub(crate) fn find(&self, called: &[&str]) -> Option<usize> {
        self.plain.iter().position(|name| called.contains(&name.as_str()))
    }

    /// The place of the only column that is called so.
    pub(crate) fn need(
        &self,
        missing: &'static str,
        called: &[&str],
    ) -> Result<usize, ColumnsError> {
        let fits = |name: &&String| called.contains(&name.as_str());
        if self.plain.iter().filter(fits).count() > 1 {
            return Err(ColumnsError::Twice(missing));
        }
        let names = || self.row.fields.join(",");
        self.find(called).ok_or_else(|| ColumnsError::Missing { missing, names: names() })
    }
}

pub(crate) fn field<'a>(row: &'a Row, at: usize, what: &'static str) -> Result<&'a str, RowError> {
    row.fields.get(at).map(AsRef::as_ref).ok_or(RowError::Short { what, count: row.fields.len() })
}

pub(crate) fn number(row: &Row, at: usize, what: &'static str) -> Result<Number, RowError> {
    field(row, at, what)?.parse().map_err(|error| RowError::NotANumber { what, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &str) -> Row {
        Row { place: 1, fields: fields.split(',').map(Box::from).collect() }
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
