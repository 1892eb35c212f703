//! What a check found instead of what it expected.

use std::{fmt, io};

/// What was expected, and what came.
#[derive(Debug, thiserror::Error)]
#[error("expected {expected}; {came}")]
pub struct Wrong {
    /// By the rule.
    pub expected: String,
    /// From the client.
    pub came: String,
}

/// How a check ends.
pub type Outcome = Result<(), Wrong>;

/// What was expected, and what came.
pub fn wrong(expected: impl Into<String>, came: impl fmt::Display) -> Wrong {
    Wrong { expected: expected.into(), came: came.to_string() }
}

/// Fails unless it holds.
pub fn expect(holds: bool, expected: impl Into<String>, came: impl fmt::Debug) -> Outcome {
    if holds { Ok(()) } else { Err(wrong(expected, format_args!("came {came:?}"))) }
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        wrong("that the check can be set up", error)
    }
}
