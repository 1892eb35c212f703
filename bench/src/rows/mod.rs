//! What is compared: each row, or family of rows, is one function.

mod backtest;
#[cfg(feature = "bus")]
mod bus;
mod core;
mod footprint;
mod journal;
mod latency;
mod python;
mod scale;
mod submissions;

use std::{path::PathBuf, time::Duration};

use crate::{Result, plot::Plot, report::Row};

/// What a family came to.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    pub(crate) plots: Vec<Plot>,
    /// What could not be measured here, and why.
    pub(crate) missing: Option<String>,
}

impl From<Vec<Row>> for Measured {
    fn from(rows: Vec<Row>) -> Self {
        Self { rows, plots: Vec::new(), missing: None }
    }
}

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Rounds of each comparison, ours and the peer's in turn.
    pub(crate) rounds: usize,
    /// Minutes of a round, where latencies are measured.
    pub(crate) minutes: usize,
    /// How long servers are left alone.
    pub(crate) idle: Duration,
    /// Bars to run backtests over, instead of a random walk.
    pub(crate) data: Option<PathBuf>,
}

/// A family of rows: some rows of the table that are measured together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Family {
    Submissions,
    Python,
    Latency,
    #[cfg(feature = "bus")]
    Bus,
    Scale,
    Core,
    Journal,
    Backtest,
    Footprint,
}

impl Family {
    /// In the order in which they are measured.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Submissions,
        Self::Python,
        Self::Latency,
        #[cfg(feature = "bus")]
        Self::Bus,
        Self::Scale,
        Self::Core,
        Self::Journal,
        Self::Backtest,
        Self::Footprint,
    ];

    /// What it is called on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Submissions => "submissions",
            Self::Python => "python",
            Self::Latency => "latency",
            #[cfg(feature = "bus")]
            Self::Bus => "bus",
            Self::Scale => "scale",
            Self::Core => "core",
            Self::Journal => "journal",
            Self::Backtest => "backtest",
            Self::Footprint => "footprint",
        }
    }

    /// Measures it.
    pub(crate) async fn compare(self, options: &Options) -> Result<Measured> {
        match self {
            Self::Submissions => submissions::submissions(options).await.map(Measured::from),
            Self::Python => python::python(options).await.map(Measured::from),
            Self::Latency => latency::latency(options).await,
            #[cfg(feature = "bus")]
            Self::Bus => bus::bus(options).await.map(Measured::from),
            Self::Scale => scale::scale(options).await,
            Self::Core => core::core(options).map(Measured::from),
            Self::Journal => journal::journal(options).map(Measured::from),
            Self::Backtest => backtest::backtest(options).await,
            Self::Footprint => footprint::footprint(options).await.map(Measured::from),
        }
    }
}
