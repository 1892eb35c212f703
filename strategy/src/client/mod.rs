//! The calls of a strategy: to its generators for signals, to its trader to be heard.

mod generator;
mod trader;
mod link;

pub(crate) use generator::{Failed, Generator};

pub(crate) use link::{Heard, Link};
pub(crate) use trader::Trader;
