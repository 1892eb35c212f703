//! What is known of minutes, one after the other.

use chassis::grid::Minute;
use market::bar::Bar;

/// A minute of which no more will be heard: its bar, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The minute.
    pub minute: Minute,
    /// Its bar, or why there is none.
    pub bar: Result<Bar, Box<str>>,
}

/// More minutes than that between two messages are not gone through: a clock is out, or so long was
/// nobody there (ten weeks of a minute each) that what was before is of no use.
pub(crate) const GONE_THROUGH_MAX: u64 = 100_000;
