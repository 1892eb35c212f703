//! Expressions that read a history as time passes: which bar is due, and what they make of it. The one
//! place that says so, for replays and for backtests.

use std::sync::Arc;

use chassis::grid::{Minute, Timestamp};
use market::history::{History, NoBar};

use crate::{
    candle::Candle,
    expression::{BuildError, Expression, NoValue, Tree},
};

/// A history, how far it has been read, and what the expressions made of the last bar.
#[derive(Debug)]
pub struct Reader {
    history: Arc<History>,
    /// How many of its bars have been read.
    read: usize,
    /// Minute of the last of them.
    last: Option<Minute>,
    expressions: Vec<Expression>,
    values: Vec<Result<f64, NoValue>>,
}

impl Reader {
    /// Before the first bar, without expressions.
    pub fn new(history: Arc<History>) -> Self {
        Self { history, read: 0, last: None, expressions: Vec::new(), values: Vec::new() }
    }

    /// One more expression, before any bar has been read.
    pub fn add(&mut self, tree: &Tree) -> Result<(), BuildError> {
        assert_eq!(self.read, 0, "all expressions take every bar");
        self.expressions.push(Expression::over(tree, &self.history)?);
        Ok(())
    }

    /// What is read.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Reads every bar that is over at `now`: what each expression makes of the one that ended last, in the
    /// order in which they were added. If `now` is earlier than before, all is read again.
    pub fn values(&mut self, now: Timestamp) -> Result<&[Result<f64, NoValue>], NoBar> {
        let interval = self.history.interval();
        let due = Minute::containing(now, interval).previous(interval);
        if self.last > Some(due) {
            self.begin_again();
        }
        while let Some(closed) = self.history.nth_closed(self.read, now) {
            let candle = Candle::from(closed);
            self.values.clear();
            self.values.extend(self.expressions.iter_mut().map(|one| one.next(&candle)));
            self.last = Some(candle.minute());
            self.read += 1;
        }
        if self.last != Some(due) {
            self.history.bar(due, now)?;
        }
        Ok(&self.values)
    }

    fn begin_again(&mut self) {
        for expression in &mut self.expressions {
            let again = Expression::over(expression.tree(), &self.history);
            *expression = again.expect("it was built before");
        }
        (self.read, self.last) = (0, None);
    }
}
