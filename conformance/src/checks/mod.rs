//! The checks, by the rule that each holds a client to. A check begins with a stage on which the trader is
//! down and nobody plays yet.

mod asking;
mod trying;
mod refusals;
mod waiting;
mod leaving;
mod sessions;
mod clocks;

use futures_util::future::LocalBoxFuture;

use crate::{stage::Stage, wrong::Outcome};

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The rule, and what it comes to.
    pub name: &'static str,
    /// How many generators there are.
    pub generators: usize,
    /// Plays it.
    pub play: for<'a> fn(&'a mut Stage) -> LocalBoxFuture<'a, Outcome>,
}

/// A check from an asynchronous function.
macro_rules! check {
    ($name:ident, $generators:literal) => {
        $crate::checks::Check {
            name: stringify!($name),
            generators: $generators,
            play: |stage| Box::pin($name(stage)),
        }
    };
}
use check;

/// All of them, those that take long first.
pub fn all() -> Vec<Check> {
    let by_rule = [
        asking::ALL,
        waiting::ALL,
        trying::ALL,
        leaving::ALL,
        sessions::ALL,
        clocks::ALL,
        refusals::ALL,
    ];
    by_rule.concat()
}
