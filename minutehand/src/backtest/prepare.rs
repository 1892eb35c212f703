//! From a plan to what is run over history.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use backtest::study::{self, Signals, Silence, Study};
use chassis::{
    exit::{Exit, Failure},
    grid::{Interval, Timestamp, Timing},
    name::Name,
};
use feed::{recording::is_recording, replay};
use indicators::expression::Tree;
use market::{convention::Declared, history::History, reading::read_file};
use strategy::decide::Rule;

use crate::plan::{self, Bars, Computes, Live, Plan, Source};

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
        let mut files = Files { now, read: Vec::new() };
        let generators = plan.generators.iter().map(|of| files.generator(of, data));
        let generators = generators.collect::<Result<Vec<_>, _>>()?;
        let files = files.read;
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

/// Files while they are read, each once.
struct Files {
    now: Timestamp,
    read: Vec<(PathBuf, Arc<History>)>,
}

impl Files {
    /// A generator, of its own source or of `data`.
    fn generator(
        &mut self,
        generator: &plan::Generator,
        data: Option<&Path>,
    ) -> Result<study::Generator, Failure> {
        let signals = match (&generator.computes, data) {
            (Computes::Random(_), _) => {
                return Err(usage(&format!(
                    "{}: random numbers have no history: give it `source` and `signal`",
                    generator.label()
                )));
            }
            (
                Computes::Bars(Bars { signal, .. }) | Computes::Live(Live { signal, .. }),
                Some(data),
            ) => self.computed(data, signal, Declared::default())?,
            (Computes::Bars(bars), None) => {
                self.computed(&bars.source, &bars.signal, bars.declared)?
            }
            (Computes::Live(live), None) => self.recorded(generator, live)?,
        };
        Ok(study::Generator { name: generator.identity().name, signals })
    }

    fn computed(
        &mut self,
        file: &Path,
        signal: &Tree,
        declared: Declared,
    ) -> Result<Signals, Failure> {
        let history = self.place(file, declared)?;
        Ok(Signals::Of { history, signal: signal.clone() })
    }

    /// What the generator gave when it ran, by its recording.
    fn recorded(&mut self, generator: &plan::Generator, live: &Live) -> Result<Signals, Failure> {
        let Some(file) = &live.record else {
            return Err(usage(&format!(
                "{}: what {} says is not recorded: give it `record`, or name bars with --data",
                generator.label(),
                live.source
            )));
        };
        self.place(file, Declared::default())?;
        let given = replay::signals(file, &live.signal).map_err(|error| unread(file, &error))?;
        let given = given.into_iter().map(|(minute, signal)| {
            (minute, signal.map_err(|why| why.to_string().into_boxed_str()))
        });
        Ok(Signals::Recorded(Arc::new(given.collect())))
    }

    /// The place of a file among those that are read.
    fn place(&mut self, file: &Path, declared: Declared) -> Result<usize, Failure> {
        if let Some(place) = self.read.iter().position(|(other, _)| other == file) {
            return Ok(place);
        }
        let history = if is_recording(file) {
            replay::history(file, self.now).map_err(|error| unread(file, &error))?
        } else {
            read_file(file, declared, self.now).map_err(|error| unread(file, &error))?
        };
        self.read.push((file.to_owned(), Arc::new(history)));
        Ok(self.read.len() - 1)
    }
}

fn unread(file: &Path, error: &dyn std::error::Error) -> Failure {
    Exit::Failed.because(format!("data {}: {error}", file.display()))
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
