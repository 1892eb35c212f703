//! Which field of a row of trades is what.

use crate::{
    columns::{ColumnsError, Names, RowError, SOME_TIME, Time, field, number},
    gathering::Placed,
    table::Row,
    tick::Tick,
};
use chassis::grid::Timestamp;

/// Fields of a row of trades by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TradeColumns {
    pub(crate) time: usize,
    price: usize,
    size: usize,
    side: Option<Side>,
    id: Option<usize>,
}

/// Where a row says who took the other's offer, and in which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Whether the buyer had offered: `true` or `false`.
    BuyerOffered(usize),
    /// What the taker did: `buy` or `sell`.
    Taker(usize),
}

/// Seven fields: number, price, size, quote size, time, whether the buyer had offered, whether it was the best
/// price (Binance, spot trades).
const TRADES: TradeColumns =
    TradeColumns { time: 4, price: 1, size: 2, side: Some(Side::BuyerOffered(5)), id: Some(0) };

/// Eight fields: number, price, size, numbers of the first and the last trade in it, time, whether the buyer had
/// offered, whether it was the best price (Binance, aggregate trades).
const AGGREGATE: TradeColumns =
    TradeColumns { time: 5, side: Some(Side::BuyerOffered(6)), ..TRADES };

/// What columns are called, besides [`SOME_TIME`], without case, blanks, `_` and `-`.
const TRADE_TIME: &[&str] = &["transacttime", "tradetime"];
const PRICE: &[&str] = &["price", "p"];
const SIZE: &[&str] = &["size", "quantity", "qty", "amount", "volume", "q"];
const ID: &[&str] = &["id", "tradeid", "aggtradeid"];
const BUYER_OFFERED: &[&str] = &["isbuyermaker", "buyermaker"];
const TAKER: &[&str] = &["side", "takerside"];

impl TradeColumns {
    /// Those of a source without names, if that many fields are trades.
    pub(crate) fn by_count(fields: usize) -> Option<Self> {
        match fields {
            7 => Some(TRADES),
            8 => Some(AGGREGATE),
            _ => None,
        }
    }

    /// The columns by their names, if these are of trades: they have a price, and no open.
    pub(crate) fn by_name(names: &Names<'_>) -> Result<Option<Self>, ColumnsError> {
        if names.find(PRICE).is_none() || names.find(&["open", "o"]).is_some() {
            return Ok(None);
        }
        let time = names.find(SOME_TIME).or_else(|| names.find(TRADE_TIME));
        let offered = names.find(BUYER_OFFERED).map(Side::BuyerOffered);
        Ok(Some(Self {
            time: time.map_or_else(|| names.need("timestamp", &[]), Ok)?,
            price: names.need("price", PRICE)?,
            size: names.need("size", SIZE)?,
            side: offered.or_else(|| names.find(TAKER).map(Side::Taker)),
            id: names.find(ID),
        }))
    }

    /// The places of all of them, that of the time first.
    #[cfg(feature = "parquet")]
    pub(crate) fn places(&self) -> Vec<usize> {
        let side = self.side.map(|(Side::BuyerOffered(at) | Side::Taker(at))| at);
        [self.time, self.price, self.size].into_iter().chain(side).chain(self.id).collect()
    }

    /// The place of the column that says yes or no, if there is one.
    #[cfg(feature = "parquet")]
    pub(crate) fn truth(&self) -> Option<usize> {
        match self.side? {
            Side::BuyerOffered(at) => Some(at),
            Side::Taker(_) => None,
        }
    }

    /// Whether the source counts its trades.
    pub(crate) fn are_numbered(&self) -> bool {
        self.id.is_some()
    }

    /// Where the time of a row is.
    pub(crate) fn time(&self) -> Time {
        Time::Some(self.time)
    }

    /// The trade of a row, which was at `at`.
    pub(crate) fn trade(&self, row: &Row, at: Timestamp) -> Result<Placed, RowError> {
        let (price, size) = (number(row, self.price, "price")?, number(row, self.size, "size")?);
        let taker_buys = self.side.map(|side| side.taker_buys(row)).transpose()?;
        let id = self.id.map(|id| whole(row, id)).transpose()?;
        Ok(Placed { place: row.place, id, tick: Tick { at, price, size, taker_buys } })
    }
}

impl Side {
    fn taker_buys(self, row: &Row) -> Result<bool, RowError> {
        let (at, buys, sells) = match self {
            Self::BuyerOffered(at) => (at, ["false", "0"], ["true", "1"]),
            Self::Taker(at) => (at, ["buy", "b"], ["sell", "s"]),
        };
        let text = field(row, at, "side")?.to_lowercase();
        let expected = || format!("`{}` or `{}`", buys[0], sells[0]);
        match text.as_str() {
            word if buys.contains(&word) => Ok(true),
            word if sells.contains(&word) => Ok(false),
            _ => {
                Err(RowError::Word { what: "side", text: text.into(), expected: expected().into() })
            }
        }
    }
}

fn whole(row: &Row, at: usize) -> Result<u64, RowError> {
    let text = field(row, at, "number")?;
    text.parse().map_err(|_| RowError::Word {
        what: "number",
        text: text.into(),
        expected: "a whole number that counts the trades".into(),
    })
}
