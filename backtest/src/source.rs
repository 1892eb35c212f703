//! The signals of all generators, from histories that are read as time passes.

use std::{collections::BTreeMap, sync::Arc};

use chassis::{grid::Minute, name::Name};
use indicators::{
    expression::{BuildError, NoValue},
    reader::Reader,
};
use market::history::{History, NoBar};

use crate::study::{Generator, Signals, Unfit};

/// Why there is no signal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NoSignal {
    #[error(transparent)]
    NoBar(#[from] NoBar),
    #[error(transparent)]
    NoValue(#[from] NoValue),
    #[error("{0}")]
    Recorded(Box<str>),
    #[error("it was not running")]
    NotRunning,
}

/// What a generator gave live, minute by minute.
type Given = BTreeMap<Minute, Result<f64, Box<str>>>;

/// A reader of each history, and the signals of the present minute.
#[derive(Debug)]
pub(crate) struct Sources {
    /// With the places of the generators whose expressions it reads.
    readers: Vec<(Reader, Vec<usize>)>,
    /// With the place of the generator that gave them.
    recorded: Vec<(Arc<Given>, usize)>,
    signals: Vec<Result<f64, NoSignal>>,
}

impl Sources {
    pub(crate) fn new(
        histories: Vec<Arc<History>>,
        generators: &[Generator],
    ) -> Result<Self, Unfit> {
        let reader = |history| (Reader::new(history), Vec::new());
        let mut readers: Vec<_> = histories.into_iter().map(reader).collect();
        let mut recorded = Vec::new();
        for (place, generator) in generators.iter().enumerate() {
            match &generator.signals {
                Signals::Recorded(given) => recorded.push((Arc::clone(given), place)),
                Signals::Of { history, signal } => {
                    let (reader, places) = &mut readers[*history];
                    let name = &generator.name;
                    reader.add(signal).map_err(|error| unfit(name, error))?;
                    places.push(place);
                }
            }
        }
        // The first minute puts each of them.
        let signals = vec![Ok(f64::NAN); generators.len()];
        Ok(Self { readers, recorded, signals })
    }

    /// The signal of each generator when `minute` begins, in their order.
    pub(crate) fn signals(&mut self, minute: Minute) -> &[Result<f64, NoSignal>] {
        for (reader, places) in &mut self.readers {
            let values = reader.values(minute.start());
            for (n, place) in places.iter().enumerate() {
                self.signals[*place] = match &values {
                    Ok(values) => values[n].clone().map_err(NoSignal::NoValue),
                    Err(no_bar) => Err(NoSignal::NoBar(no_bar.clone())),
                };
            }
        }
        for (given, place) in &self.recorded {
            self.signals[*place] = match given.get(&minute) {
                Some(Ok(signal)) => Ok(*signal),
                Some(Err(why)) => Err(NoSignal::Recorded(why.clone())),
                None => Err(NoSignal::NotRunning),
            };
        }
        &self.signals
    }
}

fn unfit(generator: &Name, error: BuildError) -> Unfit {
    Unfit::Signal { generator: generator.clone(), error: Box::new(error) }
}
