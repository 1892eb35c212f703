//! From the bytes of a source to its history.

use std::{collections::BTreeMap, fs, io, path::Path};

use chassis::grid::{Interval, Minute, Timestamp};

#[cfg(feature = "parquet")]
use crate::columnar::{self, ColumnarError};
use crate::{
    bar::Bar,
    columns::{Columns, ColumnsError, Numbers, RowError, Time},
    convention::{Conventions, Declared, How, Made, Stamped, Unit},
    detecting::{self, NoInterval},
    gathering::{self, Gathered},
    history::History,
    layout::Layout,
    placing,
    quality::{Kind, Quality},
    stamp,
    table::{self, Row, TableError},
    trade_columns::TradeColumns,
};

/// Why a source cannot be read. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    File(io::Error),
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It is no Parquet file that could be read.
    #[cfg(feature = "parquet")]
    #[error(transparent)]
    Parquet(#[from] ColumnarError),
    /// It is a Parquet file.
    #[cfg(not(feature = "parquet"))]
    #[error(
        "it is a Parquet file, which this build does not read: make it CSV, or install with \
         `cargo install --locked --path minutehand --features parquet`"
    )]
    NoParquet,
    /// Its columns cannot be told.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// There is nothing in it.
    #[error("it has no bars")]
    Empty,
    /// Trades have no instant that their bars are stamped with.
    #[error("it has trades, and bars are declared to be stamped at their {0}: leave that out")]
    Stamped(Stamped),
    /// One of its rows cannot be read.
    #[error("row {place}: {error}")]
    Row {
        /// Line or row, from 1.
        place: u64,
        /// What is wrong with it.
        error: RowError,
    },
    /// The first time is none in any unit.
    #[error(
        "row {place}: `{}` is no time between 1990 and 2100: expected {expected}, or a date and time in UTC like 2026-11-20T12:01:00Z", .text.escape_debug()
    )]
    NoTime {
        /// Line or row, from 1.
        place: u64,
        /// What stands there.
        text: Box<str>,
        /// The unit of the rows before.
        expected: &'static str,
    },
    /// The interval cannot be told.
    #[error(transparent)]
    Interval(#[from] NoInterval),
    /// None of its bars can be used.
    #[error("none of its bars can be used: {0}")]
    Unusable(Quality),
}

/// Reads a file.
pub fn read_file(file: &Path, declared: Declared, now: Timestamp) -> Result<History, ReadError> {
    read(fs::read(file).map_err(ReadError::File)?, declared, now)
}

/// Reads the bytes of a source, as it is known at `now`.
pub fn read(bytes: Vec<u8>, declared: Declared, now: Timestamp) -> Result<History, ReadError> {
    let (rows, typed) = rows(bytes)?;
    let (layout, named) = Layout::of(rows.first().ok_or(ReadError::Empty)?)?;
    let rows = &rows[usize::from(named)..];
    let unit = unit(rows.first().ok_or(ReadError::Empty)?, layout.time(), declared.unit, typed)?;
    let times = times(rows, layout.time(), unit.0)?;
    let mut quality = Quality::of(rows.len() as u64);
    match layout {
        Layout::Bars(columns) => {
            let interval = match declared.interval {
                Some(interval) => (interval, How::Declared),
                None => (detecting::interval(&times)?, How::Detected),
            };
            let (stamped, how) = match declared.stamped {
                Some(stamped) => (stamped, How::Declared),
                None => detecting::stamped(columns.time, &times, interval.0),
            };
            let conventions = Conventions { unit, made: Made::Bars(stamped, how), interval };
            let bars = bars(rows, &columns, &times, (stamped, interval.0), &mut quality)?;
            history(bars, BTreeMap::new(), conventions, quality, now)
        }
        Layout::Trades(columns) => {
            if let Some(stamped) = declared.stamped {
                return Err(ReadError::Stamped(stamped));
            }
            let assumed = (Interval::default(), How::Assumed);
            let interval = declared.interval.map_or(assumed, |declared| (declared, How::Declared));
            let made = Made::Trades { numbered: columns.are_numbered() };
            let Gathered { bars, broken } =
                gathered(rows, &columns, &times, interval.0, &mut quality)?;
            let whole = bars.into_values().filter(|bar| !broken.contains_key(&bar.minute));
            let (bars, conventions) = (whole.collect(), Conventions { unit, made, interval });
            history(bars, broken, conventions, quality, now)
        }
    }
}

fn history(
    bars: Vec<Bar>,
    unusable: BTreeMap<Minute, Box<str>>,
    conventions: Conventions,
    mut quality: Quality,
    now: Timestamp,
) -> Result<History, ReadError> {
    let placed = placing::place(bars, unusable, conventions.interval.0, now, &mut quality);
    if placed.bars.is_empty() {
        return Err(ReadError::Unusable(quality));
    }
    Ok(History::new(conventions, quality, placed.bars, placed.unusable))
}

/// A history of bars that no file wrote, like those of a feed, as it is known at `now`.
pub fn of_bars(bars: Vec<Bar>, interval: Interval, now: Timestamp) -> Result<History, ReadError> {
    let conventions = Conventions {
        unit: (Unit::Microseconds, How::Declared),
        made: Made::Bars(Stamped::Open, How::Declared),
        interval: (interval, How::Declared),
    };
    let quality = Quality::of(bars.len() as u64);
    history(bars, BTreeMap::new(), conventions, quality, now)
}

/// The rows of a source, and the unit of its times where the format says it.
fn rows(bytes: Vec<u8>) -> Result<(Vec<Row>, Option<Unit>), ReadError> {
    if !table::is_parquet(&bytes) {
        let text = table::text(bytes)?;
        return Ok((table::rows(&text)?, None));
    }
    #[cfg(feature = "parquet")]
    return Ok(columnar::rows(bytes)?);
    #[cfg(not(feature = "parquet"))]
    Err(ReadError::NoParquet)
}

fn unit(
    first: &Row,
    time: Time,
    declared: Option<Unit>,
    typed: Option<Unit>,
) -> Result<(Unit, How), ReadError> {
    if let Some(unit) = declared {
        return Ok((unit, How::Declared));
    }
    if let Some(unit) = typed {
        return Ok((unit, How::Detected));
    }
    let text = time.of(first).map_err(|error| row_error(first, error))?;
    let detected = stamp::unit_of(text).ok_or_else(|| no_time(first, text, None))?;
    Ok((detected, How::Detected))
}

fn times(rows: &[Row], time: Time, unit: Unit) -> Result<Vec<Timestamp>, ReadError> {
    let at = |row: &Row| {
        let text = time.of(row).map_err(|error| row_error(row, error))?;
        stamp::parse(text, unit).ok_or_else(|| no_time(row, text, Some(unit)))
    };
    rows.iter().map(at).collect()
}

fn no_time(row: &Row, text: &str, unit: Option<Unit>) -> ReadError {
    let expected = match unit {
        None => "seconds, milliseconds, microseconds or nanoseconds since 1970",
        Some(Unit::Seconds) => "seconds since 1970",
        Some(Unit::Milliseconds) => "milliseconds since 1970",
        Some(Unit::Microseconds) => "microseconds since 1970",
        Some(Unit::Nanoseconds) => "nanoseconds since 1970",
        Some(Unit::Text) => "a text",
    };
    ReadError::NoTime { place: row.place, text: text.into(), expected }
}

fn row_error(row: &Row, error: RowError) -> ReadError {
    ReadError::Row { place: row.place, error }
}

fn bars(
    rows: &[Row],
    columns: &Columns,
    times: &[Timestamp],
    (stamped, interval): (Stamped, Interval),
    quality: &mut Quality,
) -> Result<Vec<Bar>, ReadError> {
    let mut bars = Vec::with_capacity(rows.len());
    for (row, at) in rows.iter().zip(times) {
        let numbers = columns.numbers(row).map_err(|error| row_error(row, error))?;
        match minute(*at, stamped, interval) {
            Ok(minute) => bars.push(bar(minute, numbers)),
            Err(at) => quality.found(Kind::OffGrid, || format!("row {}, {at}", row.place)),
        }
    }
    Ok(bars)
}

fn gathered(
    rows: &[Row],
    columns: &TradeColumns,
    times: &[Timestamp],
    interval: Interval,
    quality: &mut Quality,
) -> Result<Gathered, ReadError> {
    let trade = |(row, at): (&Row, &Timestamp)| {
        columns.trade(row, *at).map_err(|error| row_error(row, error))
    };
    let trades = rows.iter().zip(times).map(trade).collect::<Result<_, _>>()?;
    Ok(gathering::gather(trades, interval, quality))
}

/// The minute of the bar that is stamped `at`; or when it opened, if no minute begins then.
fn minute(at: Timestamp, stamped: Stamped, interval: Interval) -> Result<Minute, Timestamp> {
    let opened = detecting::opened(at, stamped, interval);
    Minute::starting(opened, interval).map_err(|_| opened)
}

fn bar(minute: Minute, numbers: Numbers) -> Bar {
    let Numbers { open, high, low, close, volume, taker_buy } = numbers;
    Bar { minute, open, high, low, close, volume, taker_buy }
}
