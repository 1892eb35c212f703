//! What a run is failed for.

use std::fmt;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which: its name in the table of [`super`].
    pub invariant: &'static str,
    /// What was seen, and what it was judged by.
    pub what: String,
}

impl Violation {
    /// Of `invariant`, since `what`.
    pub fn new(invariant: &'static str, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// `i8_no_median_in_error: …`
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

impl std::error::Error for Violation {}

/// What a check comes to.
pub type Checked = Result<(), Violation>;

/// Fails for `invariant` unless `holds`; `what` is only put into words then.
pub(super) fn ensure(
    invariant: &'static str,
    holds: bool,
    what: impl FnOnce() -> String,
) -> Checked {
    if holds { Ok(()) } else { Err(Violation::new(invariant, what())) }
}
