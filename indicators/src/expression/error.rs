//! Why an expression that can be read cannot be built.

use chassis::grid::Interval;

use crate::resample::NoMultiple;

/// Why an expression cannot be built.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BuildError {
    /// There is no such field.
    #[error("`{name}` is no field of a bar: there are {known}")]
    NoField {
        /// What was asked for.
        name: Box<str>,
        /// What there is.
        known: String,
    },
    /// It is a function, and was given nothing.
    #[error("`{name}` is a function: write it as `{name}({parameters})`")]
    NoArguments {
        /// What was asked for.
        name: Box<str>,
        /// What it takes.
        parameters: &'static str,
    },
    /// There is no such function.
    #[error("there is no function `{name}`: there are {known}")]
    NoFunction {
        /// What was asked for.
        name: Box<str>,
        /// What there is.
        known: String,
    },
    /// Too few arguments, or too many.
    #[error("`{name}({parameters})` was given {given} arguments")]
    Count {
        /// Which function.
        name: &'static str,
        /// What it takes.
        parameters: &'static str,
        /// How many it was given.
        given: usize,
    },
    /// An argument of a kind that does not fit.
    #[error("`{name}({parameters})`: expected {expected} for `{parameter}`, found `{found}`")]
    Argument {
        /// Which function.
        name: &'static str,
        /// What it takes.
        parameters: &'static str,
        /// Which of it.
        parameter: &'static str,
        /// What would fit.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A length of time where a number should be.
    #[error("`{0}` is a length of time, not a number: only `resample` takes one")]
    Every(Interval),
    /// The source does not say what takers bought.
    #[error("the source has no column of what takers bought, which `{0}` is computed from")]
    NoTakerBuy(String),
    /// Bars cannot be put together like that.
    #[error(transparent)]
    Resample(#[from] NoMultiple),
}
