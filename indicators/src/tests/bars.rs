//! Bars for tests, and expressions over them.

use chassis::grid::{Interval, Minute, Timestamp};
use market::{bar::Bar, number::Number};

use crate::{
    candle::Candle,
    expression::{Expression, NoValue, Tree},
};

/// The candle of the n-th minute of a day: open, high, low, close, volume and what takers bought.
pub(super) fn candle(n: i64, numbers: [f64; 6]) -> Candle {
    let interval = Interval::default();
    let noon = Timestamp::parse("2026-11-20T12:00:00Z").unwrap().as_micros();
    let minute = Minute::containing(Timestamp::from_micros(noon + n * 60_000_000), interval);
    let [open, high, low, close, volume, bought] =
        numbers.map(|number| Number::of(number).unwrap());
    let bar = Bar { minute, open, high, low, close, volume, taker_buy: Some(bought) };
    bar.closed(interval, minute.next(interval).start()).unwrap().into()
}

/// Candles that close at these prices and do not move otherwise.
pub(super) fn closes(prices: &[f64]) -> Vec<Candle> {
    let candle = |(n, price): (i64, &f64)| candle(n, [*price, *price, *price, *price, 1.0, 0.5]);
    (0..).zip(prices).map(candle).collect()
}

/// What an expression comes to, bar by bar.
pub(super) fn values(expression: &str, candles: &[Candle]) -> Vec<Result<f64, NoValue>> {
    let tree: Tree = expression.parse().unwrap();
    let mut expression = Expression::new(&tree, Interval::default()).unwrap();
    candles.iter().map(|candle| expression.next(candle)).collect()
}
