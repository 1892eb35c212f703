//! Whether the rows of a source are bars or trades, and which field is what: by the first row.

use crate::{
    columns::{Columns, ColumnsError, Names, Time},
    number::Number,
    table::Row,
    trade_columns::TradeColumns,
};

/// What the rows of a source are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A bar each.
    Bars(Columns),
    /// A trade each.
    Trades(TradeColumns),
}

impl Layout {
    /// What they are, and whether the first row has the names of the columns.
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
        let bars = Columns::by_count(fields).map(Self::Bars);
        let rows = bars.or_else(|| TradeColumns::by_count(fields).map(Self::Trades));
        rows.ok_or(ColumnsError::Unknown(fields))
    }

    /// What they are by the names of the columns alone.
    pub(crate) fn by_name(first: &Row) -> Result<Self, ColumnsError> {
        let names = Names::of(first);
        match TradeColumns::by_name(&names)? {
            Some(trades) => Ok(Self::Trades(trades)),
            None => Columns::by_name(&names).map(Self::Bars),
        }
    }

    /// The places of all columns, that of the time first.
    #[cfg(feature = "parquet")]
    pub(crate) fn places(&self) -> Vec<usize> {
        match self {
            Self::Bars(columns) => columns.places(),
            Self::Trades(columns) => columns.places(),
        }
    }

    /// The place of the column that says yes or no, if there is one.
    #[cfg(feature = "parquet")]
    pub(crate) fn truth(&self) -> Option<usize> {
        match self {
            Self::Bars(_) => None,
            Self::Trades(columns) => columns.truth(),
        }
    }

    /// Where the time of a row is.
    pub(crate) fn time(&self) -> Time {
        match self {
            Self::Bars(columns) => columns.time,
            Self::Trades(columns) => columns.time(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &str) -> Row {
        Row { place: 1, fields: fields.split(',').map(Box::from).collect() }
    }

    #[test]
    fn bars_are_told_by_name_or_by_count() {
        for (first, time, named) in [
            ("timestamp,open,high,low,close,volume", Time::Some(0), true),
            ("Volume,Open Time,Open,High,Low,Close", Time::Open(1), true),
            ("open,high,low,close,volume,close_time", Time::Close(5), true),
            ("price,timestamp,open,high,low,close,volume", Time::Some(1), true),
            ("1640991660000,1,2,0.5,1.5,7", Time::Some(0), false),
            ("2021-12-31 23:01:00,1,2,0.5,1.5,7", Time::Some(0), false),
            ("1,1,2,0.5,1.5,7,1,1,1,4,1,0", Time::Open(0), false),
        ] {
            let (layout, has_names) = Layout::of(&row(first)).unwrap();
            assert!(matches!(layout, Layout::Bars(_)), "{first}");
            assert_eq!((layout.time(), has_names), (time, named), "{first}");
        }
    }

    #[test]
    fn trades_are_told_by_name_or_by_count() {
        for (first, time, numbered, named) in [
            ("timestamp,price,size", 0, false, true),
            ("Trade ID,Price,Amount,Side,Date", 4, true, true),
            ("id,price,qty,quote_qty,time,is_buyer_maker", 4, true, true),
            (
                "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
                5,
                true,
                true,
            ),
            ("1,100.5,2,201,1640991660000,True,True", 4, true, false),
            ("1,100.5,2,7,9,1640991660000,True,True", 5, true, false),
        ] {
            let (layout, has_names) = Layout::of(&row(first)).unwrap();
            let Layout::Trades(trades) = layout else { panic!("{first}: {layout:?}") };
            assert_eq!((layout.time(), has_names), (Time::Some(time), named), "{first}");
            assert_eq!(trades.are_numbered(), numbered, "{first}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        let said = |first| Layout::of(&row(first)).unwrap_err().to_string();
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
        assert_eq!(said("time,price"), "it has no column `size` among `time,price`");
        assert_eq!(said("time,price,qty,size"), "it has two columns for `size`");
        assert_eq!(said("price,size"), "it has no column `timestamp` among `price,size`");
    }
}
