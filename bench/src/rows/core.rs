//! The core alone: what a minute of a million decisions costs it beside taking each of them in.

use std::{hint::black_box, time::Duration};

use instructions::Minutes;
use tokio::time::Instant;

use crate::{
    Result,
    figures::scattered,
    report::{Row, Target},
    rows::Options,
};

const DECISIONS: usize = 1_000_000;

/// From the boundary and from the last decision on to the verdict, against reading the values once
/// and selecting the middle one.
pub(crate) fn core(options: &Options) -> Result<Vec<Row>> {
    let mut minutes = Minutes::new(DECISIONS)?;
    let values: Vec<f64> = (0..DECISIONS).map(scattered).collect();
    let rounds: Vec<[f64; 2]> = (0..options.rounds)
        .map(|_| {
            let ours = run(&mut minutes, &values);
            [ours.as_secs_f64() * 1e3, select(&values).as_secs_f64() * 1e3]
        })
        .collect();
    let name = "core: boundary and verdict of 1,000,000 decisions";
    let peer = "one read and `select_nth_unstable`";
    Ok(vec![Row::paired(name, "ms", peer, &rounds, Target::AtMost(3.0))])
}

/// What it takes at least: every value is read once, and the middle one selected.
fn select(values: &[f64]) -> Duration {
    let begun = Instant::now();
    let mut read = black_box(values).to_vec();
    let half = read.len() / 2;
    let (_, middle, _) = read.select_nth_unstable_by(half, f64::total_cmp);
    black_box(middle);
    begun.elapsed()
}

/// How long the core takes at the boundary and for the last decision, which ends the minute.
fn run(minutes: &mut Minutes, values: &[f64]) -> Duration {
    let begun = Instant::now();
    minutes.begin();
    let mut took = begun.elapsed();
    let last = values.len() - 1;
    for (strategy, value) in values[..last].iter().enumerate() {
        minutes.take(minutes.submission(strategy, *value));
    }
    let submission = minutes.submission(last, values[last]);
    let begun = Instant::now();
    let records = minutes.end(submission);
    took += begun.elapsed();
    minutes.rest(records);
    took
}
