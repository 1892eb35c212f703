//! An expression at work, piece by piece.

use crate::candle::Candle;

/// Takes a bar, gives a number, or none.
type Compute = Box<dyn FnMut(&Candle) -> Option<f64> + Send>;

/// A piece.
pub(super) struct Node {
    needs: usize,
    compute: Compute,
}

impl Node {
    /// One that needs so many bars for its first number.
    pub(super) fn new(
        needs: usize,
        compute: impl FnMut(&Candle) -> Option<f64> + Send + 'static,
    ) -> Self {
        Self { needs, compute: Box::new(compute) }
    }

    /// Takes a bar, gives its number. What is not finite is none.
    pub(super) fn next(&mut self, candle: &Candle) -> Option<f64> {
        (self.compute)(candle).filter(|number| number.is_finite())
    }

    /// How many bars it needs for its first number, at least.
    pub(super) fn needs(&self) -> usize {
        self.needs
    }

    /// What `compute`, which needs `more` numbers, makes of this one's.
    pub(super) fn then(
        mut self,
        more: usize,
        mut compute: impl FnMut(f64) -> Option<f64> + Send + 'static,
    ) -> Self {
        let needs = self.needs + more - 1;
        Self::new(needs, move |candle| compute(self.next(candle)?))
    }

    /// What `compute` makes of the numbers of two; both take every bar.
    pub(super) fn with(
        mut self,
        mut other: Self,
        compute: impl Fn(f64, f64) -> f64 + Send + 'static,
    ) -> Self {
        let needs = self.needs.max(other.needs);
        Self::new(needs, move |candle| {
            let (a, b) = (self.next(candle), other.next(candle));
            a.zip(b).map(|(a, b)| compute(a, b))
        })
    }
}

/// A number that a bar has by itself.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// How it is called.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    of: fn(&Candle) -> Option<f64>,
}

/// All of them.
pub const FIELDS: &[Field] = &[
    Field { name: "open", meaning: "first price", of: |candle| Some(candle.open) },
    Field { name: "high", meaning: "highest price", of: |candle| Some(candle.high) },
    Field { name: "low", meaning: "lowest price", of: |candle| Some(candle.low) },
    Field { name: "close", meaning: "last price", of: |candle| Some(candle.close) },
    Field { name: "volume", meaning: "what was traded", of: |candle| Some(candle.volume) },
    Field {
        name: "taker_buy",
        meaning: "how much of it takers bought, where the source says so",
        of: |candle| candle.taker_buy,
    },
    Field {
        name: "typical",
        meaning: "mean of high, low and close",
        of: |candle| Some(candle.typical()),
    },
];

impl Field {
    pub(super) fn node(&self) -> Node {
        Node::new(1, self.of)
    }
}
