//! Verdicts written by hand, and the numbers behind them.

use std::time::Duration;

use chassis::grid::{Interval, Minute, Timestamp};

use crate::value;

/// The run begins at this moment: a minute before the first boundary.
const EPOCH: &str = "2026-11-20T12:00:00Z";

/// A verdict to be written.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) values: Option<[f64; 3]>,
    pub(super) said: Vec<Said>,
    pub(super) causes: Vec<(&'static str, &'static str)>,
    /// After the boundary, in milliseconds.
    pub(super) closed: i64,
}

/// A submission behind it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) name: &'static str,
    pub(super) epoch: u64,
    pub(super) decision: Option<f64>,
    pub(super) signal: f64,
}

/// The start of minute `n`; the run begins a minute before the first one.
pub(super) fn start(n: i64) -> Timestamp {
    Timestamp::parse(EPOCH).unwrap().plus(Duration::from_secs(60 * n.unsigned_abs()))
}

/// Minute `n`.
pub(super) fn minute(n: i64) -> Minute {
    Minute::containing(start(n), Interval::default())
}

/// What `g` computes for a minute.
pub(super) fn signal(n: i64) -> f64 {
    value::signal(7, "g", 0, minute(n))
}

/// What a strategy decides in a minute.
pub(super) fn decision(name: &str, n: i64) -> f64 {
    value::decision(name, [signal(n)])
}

impl Said {
    pub(super) fn well(name: &'static str, n: i64) -> Self {
        let epoch = if name == "a" { 1 } else { 2 };
        Self { name, epoch, decision: Some(decision(name, n)), signal: signal(n) }
    }
}

impl Row {
    /// The median of what these say in minute `n`.
    pub(super) fn median(names: &[&'static str], n: i64) -> Self {
        let said: Vec<Said> = names.iter().map(|name| Said::well(name, n)).collect();
        let mut values: Vec<f64> = said.iter().filter_map(|said| said.decision).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        let values = Some([low.midpoint(high), values[0], values[values.len() - 1]]);
        Self { kind: "median", state: "OK", values, said, causes: Vec::new(), closed: 100 }
    }

    /// A minute in which only these spoke, with these causes.
    pub(super) fn failed(
        names: &[&'static str],
        n: i64,
        causes: &[(&'static str, &'static str)],
    ) -> Self {
        let said = names.iter().map(|name| Said::well(name, n)).collect();
        let (values, causes) = (None, causes.to_vec());
        Self { kind: "failed", state: "ERROR", values, said, causes, closed: 10_000 }
    }
}
