//! From a plan to what is run over history.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use backtest::study::{self, Silence, Study};
use chassis::{
    exit::{Exit, Failure},
    grid::{Interval, Timestamp, Timing},
    name::Name,
};
use indicators::expression::Tree;
use market::{convention::Declared, history::History, reading::read_file};
use strategy::decide::Rule;

use crate::plan::{self, Computes, Plan, Source};

/// A plan with its data, from which studies are made.
pub(super) struct Prepared {
    timing: Timing,
    /// The files, in the order in which generators name them.
    pub(super) files: Vec<(PathBuf, Arc<History>)>,
    generators: Vec<study::Generator>,
    strategies: Vec<(Name, Vec<usize>, Rule)>,
    silences: Vec<Silence>,
    /// What a reader of the results should know.
    pub(super) notes: Vec<String>,
}

impl Prepared {
    /// Reads the data of `plan`, or `data` in their place, as they are known at `now`.
    pub(super) fn new(
        plan: &Plan,
        data: Option<&Path>,
        silences: &[Silence],
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let mut files: Vec<(PathBuf, Arc<History>)> = Vec::new();
        let mut generators = Vec::new();
        for generator in &plan.generators {
            let (source, signal) = bars(generator)?;
            let file = data.unwrap_or(source);
            let known = files.iter().position(|(other, _)| other == file);
            let history = if let Some(place) = known {
                place
            } else {
                files.push((file.to_owned(), Arc::new(history(file, now)?)));
                files.len() - 1
            };
            let name = generator.identity().name;
            generators.push(study::Generator { name, history, signal: signal.clone() });
        }
        let strategies = plan.strategies.iter().map(strategy).collect::<Result<_, _>>()?;
        let (file, first) = files.first().ok_or_else(|| usage("the plan has no generators"))?;
        let (timing, bars, minutes) =
            (timing(plan, first.interval())?, first.interval(), plan.timing.interval);
        let mut notes = vec![format!("traded at the prices of {}", file.display())];
        if bars != minutes {
            notes.push(format!("a minute is a bar of {bars} here, not the plan's {minutes}"));
        }
        Ok(Self { timing, files, generators, strategies, silences: silences.to_vec(), notes })
    }

    /// What is run: a new one each time, since strategies remember.
    pub(super) fn study(&self) -> Study {
        let strategies = self.strategies.iter().map(|(name, signals, rule)| study::Strategy {
            name: name.clone(),
            signals: signals.clone(),
            decide: Box::new(*rule),
        });
        Study {
            timing: self.timing,
            histories: self.files.iter().map(|(_, history)| Arc::clone(history)).collect(),
            generators: self.generators.clone(),
            strategies: strategies.collect(),
            silences: self.silences.clone(),
        }
    }

    /// What is traded: the first generator's data.
    pub(super) fn traded(&self) -> &History {
        let (_, history) = self.files.first().expect("there is one");
        history
    }
}

/// The plan's, if its minutes are as long as a bar: a replay may go faster.
fn timing(plan: &Plan, interval: Interval) -> Result<Timing, Failure> {
    if plan.timing.interval == interval {
        return Ok(plan.timing);
    }
    Timing::new(interval, None, None)
        .map_err(|error| usage(&format!("bars of {interval}: {error}")))
}

fn bars(generator: &plan::Generator) -> Result<(&Path, &Tree), Failure> {
    match &generator.computes {
        Computes::Bars(bars) => Ok((&bars.source, &bars.signal)),
        Computes::Random(_) => Err(usage(&format!(
            "{}: random numbers have no history: give it `source` and `signal`",
            generator.label()
        ))),
    }
}

fn history(file: &Path, now: Timestamp) -> Result<History, Failure> {
    read_file(file, Declared::default(), now)
        .map_err(|error| Exit::Failed.because(format!("data {}: {error}", file.display())))
}

fn strategy(strategy: &plan::Strategy) -> Result<(Name, Vec<usize>, Rule), Failure> {
    let place = |source: &Source| match source {
        Source::Generator(place) => Ok(*place),
        Source::Elsewhere(address) => Err(usage(&format!(
            "strategy {}: the generator at {address} is not of this plan, so it has no history",
            strategy.name
        ))),
    };
    let signals = strategy.signals.iter().map(place).collect::<Result<_, _>>()?;
    Ok((strategy.name.clone(), signals, strategy.decide.unwrap_or_default()))
}

fn usage(message: &str) -> Failure {
    Exit::Usage.because(message)
}

/// `X=2026-11-20T10:00:00Z..2026-11-20T10:05:00Z`
pub(super) fn silence(text: &str) -> Result<Silence, String> {
    let read = || {
        let (name, span) = text.split_once('=')?;
        let (from, until) = span.split_once("..")?;
        let (from, until) = (Timestamp::parse(from)?, Timestamp::parse(until)?);
        let strategy = name.parse().ok()?;
        (from < until).then_some(Silence { strategy, from, until })
    };
    read().ok_or_else(|| {
        "expected NAME=FROM..UNTIL, in UTC like X=2026-11-20T10:00:00Z..2026-11-20T10:05:00Z"
            .to_owned()
    })
}

/// A number of hundredths of a per cent.
pub(super) fn bps(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=10_000.0).contains(number));
    number.ok_or_else(|| "it is a number from 0 to 10000".to_owned())
}
