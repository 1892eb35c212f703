//! All checks of one client, several at a time.

use std::io::{self, Write};

use chassis::grid::Timing;
use futures_util::{StreamExt as _, stream};

use crate::{
    checks::Check,
    client::Template,
    stage::Stage,
    wrong::{Outcome, wrong},
};

/// Lines of a client that are shown when it fails.
const SHOWN_MAX: usize = 20;

/// How a check ended.
#[derive(Debug)]
pub struct Ended {
    /// The check's name.
    pub name: &'static str,
    /// Whether the client did as the rule says.
    pub outcome: Outcome,
    /// What the client said.
    pub said: Vec<String>,
}

/// Runs the checks, `jobs` at a time, and writes each as it ends. Those that failed, in the order of ending.
pub async fn run(
    checks: &[Check],
    template: &Template,
    timing: Timing,
    jobs: usize,
    mut out: impl Write,
) -> io::Result<Vec<Ended>> {
    let playing = stream::iter(checks).map(|check| play(check, template, timing));
    let mut playing = playing.buffer_unordered(jobs);
    let mut failed = Vec::new();
    while let Some(ended) = playing.next().await {
        write(&mut out, &ended)?;
        if ended.outcome.is_err() {
            failed.push(ended);
        }
    }
    Ok(failed)
}

async fn play(check: &Check, template: &Template, timing: Timing) -> Ended {
    let name = check.name;
    let mut stage = match Stage::new(template, timing, check.generators) {
        Ok(stage) => stage,
        Err(error) => return Ended { name, outcome: Err(error), said: Vec::new() },
    };
    let mut outcome = (check.play)(&mut stage).await;
    let said = stage.said().await;
    // A client that was never one is told apart from one that is wrong.
    if said.is_empty() && outcome.is_err() {
        outcome = outcome.map_err(|error| {
            let came = format!("{}; it printed nothing at all", error.came);
            wrong(error.expected, came)
        });
    }
    Ended { name, outcome, said }
}

fn write(out: &mut impl Write, ended: &Ended) -> io::Result<()> {
    let rule = ended.name.replacen('_', " ", 1).replace('_', " ");
    let Err(error) = &ended.outcome else { return writeln!(out, "pass  {rule}") };
    writeln!(out, "FAIL  {rule}\n      expected: {}\n      {}", error.expected, error.came)?;
    let skipped = ended.said.len().saturating_sub(SHOWN_MAX);
    for line in &ended.said[skipped..] {
        writeln!(out, "      | {line}")?;
    }
    Ok(())
}
