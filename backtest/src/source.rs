//! Signals over history: each bar goes once through all expressions that read it.

use std::sync::Arc;

use chassis::grid::{Interval, Minute};
use indicators::{
    candle::Candle,
    expression::{Expression, NoValue},
};
use market::history::{History, NoBar};

use crate::study::{Generator, Unfit};

/// A history, and how far it has been read.
#[derive(Debug)]
struct Reader {
    history: Arc<History>,
    /// How many of its bars have been read.
    read: usize,
    /// The expressions that read it, by the place of their generator, and what the last bar came to.
    expressions: Vec<(usize, Expression, Result<f64, NoValue>)>,
}

/// All generators.
#[derive(Debug)]
pub(crate) struct Sources {
    interval: Interval,
    readers: Vec<Reader>,
    /// The present minute's signal of each generator.
    signals: Vec<Result<f64, Missing>>,
}

/// Why there is no signal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Missing {
    #[error(transparent)]
    NoBar(#[from] NoBar),
    #[error(transparent)]
    NoValue(#[from] NoValue),
    #[error("it has seen no bar")]
    Nothing,
}

impl Sources {
    pub(crate) fn new(
        histories: Vec<Arc<History>>,
        generators: &[Generator],
        interval: Interval,
    ) -> Result<Self, Unfit> {
        let reader = |history| Reader { history, read: 0, expressions: Vec::new() };
        let mut readers: Vec<Reader> = histories.into_iter().map(reader).collect();
        for (place, generator) in generators.iter().enumerate() {
            let built = Expression::over(&generator.signal, &readers[generator.history].history);
            let failed = |error| {
                let (generator, error) = (generator.name.clone(), Box::new(error));
                Unfit::Signal { generator, error }
            };
            let expression = built.map_err(failed)?;
            let nothing = Ok(f64::NAN);
            readers[generator.history].expressions.push((place, expression, nothing));
        }
        let signals = vec![Err(Missing::Nothing); generators.len()];
        Ok(Self { interval, readers, signals })
    }

    /// Reads up to the beginning of `minute`: the signal of each generator, in their order.
    pub(crate) fn signals(&mut self, minute: Minute) -> &[Result<f64, Missing>] {
        let due = minute.previous(self.interval);
        for reader in &mut self.readers {
            reader.signal(minute, due, &mut self.signals);
        }
        &self.signals
    }
}

impl Reader {
    /// Puts what its expressions come to when `minute` begins, which is of the bar of `due`.
    fn signal(&mut self, minute: Minute, due: Minute, signals: &mut [Result<f64, Missing>]) {
        let missing = if self.read_up_to(minute) == Some(due) {
            None
        } else {
            let why = self.history.bar(due, minute.start()).err();
            Some(why.map_or(Missing::Nothing, Missing::NoBar))
        };
        for (place, _, value) in &self.expressions {
            signals[*place] = match &missing {
                Some(missing) => Err(missing.clone()),
                None => value.clone().map_err(Missing::NoValue),
            };
        }
    }

    /// Reads all bars that are over when `minute` begins; the minute of the last one that was read now.
    fn read_up_to(&mut self, minute: Minute) -> Option<Minute> {
        let mut last = None;
        while let Some(closed) = self.history.nth_closed(self.read, minute.start()) {
            let candle = Candle::from(closed);
            for (_, expression, value) in &mut self.expressions {
                *value = expression.next(&candle);
            }
            last = Some(candle.minute());
            self.read += 1;
        }
        last
    }
}
