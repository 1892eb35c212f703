//! Signals as people write them: `zscore(close, 20)`, `ema(close, 12) - ema(close, 26)`.
//!
//! An expression is read ([`Tree`]), then built for bars of an interval ([`Expression`]), which takes
//! closed bars and gives one number for each. [`FUNCTIONS`] and [`FIELDS`] are all that it may name.

mod token;
mod tree;
mod parse;
mod node;
mod error;
mod argument;
mod function;
mod build;

use std::fmt::{self, Write as _};

use chassis::grid::Interval;
use market::history::History;

pub use error::BuildError;
pub use function::{FUNCTIONS, Function};
pub use node::{FIELDS, Field};
pub use parse::ParseError;
pub use tree::Tree;

use crate::candle::Candle;
use node::Node;

/// An expression at work: what it has seen of bars so far is in it.
pub struct Expression {
    tree: Tree,
    node: Node,
    seen: usize,
}

/// Why an expression has no value.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoValue {
    /// It has not seen enough bars.
    #[error("`{expression}` is warming up: {seen} of {needs} bars")]
    WarmingUp {
        /// What was asked for.
        expression: String,
        /// How many bars it has seen.
        seen: usize,
        /// How many it needs at least.
        needs: usize,
    },
    /// It has no finite value.
    #[error(
        "`{0}` has no finite value: something divides by zero, or has nothing to be computed from (no move, no volume, no turn so far)"
    )]
    Undefined(String),
}

impl Expression {
    /// Builds `tree` for bars of `interval`.
    pub fn new(tree: &Tree, interval: Interval) -> Result<Self, BuildError> {
        let node = build::build(tree, interval)?;
        Ok(Self { tree: tree.clone(), node, seen: 0 })
    }

    /// Builds `tree` for the bars of `history`.
    pub fn over(tree: &Tree, history: &History) -> Result<Self, BuildError> {
        if tree.reads_taker_buy() && !history.has_taker_buy() {
            return Err(BuildError::NoTakerBuy(tree.to_string()));
        }
        Self::new(tree, history.interval())
    }

    /// Takes a bar, gives the value.
    pub fn next(&mut self, candle: &Candle) -> Result<f64, NoValue> {
        self.seen = self.seen.saturating_add(1);
        self.node.next(candle).ok_or_else(|| self.no_value())
    }

    fn no_value(&self) -> NoValue {
        let (expression, seen, needs) = (self.tree.to_string(), self.seen, self.node.needs());
        if seen < needs {
            NoValue::WarmingUp { expression, seen, needs }
        } else {
            NoValue::Undefined(expression)
        }
    }

    /// What it was built from.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression")
            .field("tree", &self.tree)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

/// All that an expression may name, in lines.
pub fn listing() -> String {
    let mut text = "of each bar that is over:\n".to_owned();
    for Field { name, meaning, .. } in FIELDS {
        writeln!(text, "  {name:<40}{meaning}").expect("a text takes all");
    }
    text.push_str("\nfunctions, of x and y that are such things themselves:\n");
    for Function { name, parameters, meaning, .. } in FUNCTIONS {
        writeln!(text, "  {:<40}{meaning}", format!("{name}({parameters})"))
            .expect("a text takes all");
    }
    text.push_str("\nnumbers, + - * / and brackets. Longer bars: resample(5m, ema(close, 12))\n");
    text
}
