//! What indicators see of a bar: doubles, of a minute that is over.

use chassis::grid::Minute;
use market::{bar::Closed, number::Number};

/// The numbers of a closed bar. There is none of a bar whose minute is not over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candle {
    minute: Minute,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
    pub(crate) taker_buy: Option<f64>,
}

impl Candle {
    /// The minute, which is over.
    pub const fn minute(&self) -> Minute {
        self.minute
    }

    /// Highest less lowest price.
    pub(crate) fn spread(&self) -> f64 {
        self.high - self.low
    }

    /// The mean of high, low and close.
    pub(crate) fn typical(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    /// Between open and close.
    pub(crate) fn body(&self) -> f64 {
        (self.close - self.open).abs()
    }

    /// From the body up to the high.
    pub(crate) fn upper_shadow(&self) -> f64 {
        self.high - self.open.max(self.close)
    }

    /// From the body down to the low.
    pub(crate) fn lower_shadow(&self) -> f64 {
        self.open.min(self.close) - self.low
    }

    /// 1 where the close is not below the open, else -1.
    pub(crate) fn colour(&self) -> f64 {
        if self.close >= self.open { 1.0 } else { -1.0 }
    }

    /// This one and a later one as a candle of `minute`, which holds both.
    pub(crate) fn merged(&self, later: &Self, minute: Minute) -> Self {
        Self {
            minute,
            open: self.open,
            high: self.high.max(later.high),
            low: self.low.min(later.low),
            close: later.close,
            volume: self.volume + later.volume,
            taker_buy: self.taker_buy.zip(later.taker_buy).map(|(a, b)| a + b),
        }
    }

    /// The same numbers as those of another minute.
    pub(crate) fn of_minute(self, minute: Minute) -> Self {
        Self { minute, ..self }
    }
}

impl From<Closed<'_>> for Candle {
    fn from(closed: Closed<'_>) -> Self {
        let bar = closed.bar();
        Self {
            minute: bar.minute,
            open: bar.open.nearest(),
            high: bar.high.nearest(),
            low: bar.low.nearest(),
            close: bar.close.nearest(),
            volume: bar.volume.nearest(),
            taker_buy: bar.taker_buy.map(Number::nearest),
        }
    }
}
