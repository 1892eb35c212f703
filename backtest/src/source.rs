//! The signals of all generators, from histories that are read as time passes.

use std::sync::Arc;

use chassis::grid::Minute;
use indicators::{expression::NoValue, reader::Reader};
use market::history::{History, NoBar};

use crate::study::{Generator, Unfit};

/// Why there is no signal.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NoSignal {
    #[error(transparent)]
    NoBar(#[from] NoBar),
    #[error(transparent)]
    NoValue(#[from] NoValue),
}

/// A reader of each history, and the signals of the present minute.
#[derive(Debug)]
pub(crate) struct Sources {
    /// With the places of the generators whose expressions it reads.
    readers: Vec<(Reader, Vec<usize>)>,
    signals: Vec<Result<f64, NoSignal>>,
}

impl Sources {
    pub(crate) fn new(
        histories: Vec<Arc<History>>,
        generators: &[Generator],
    ) -> Result<Self, Unfit> {
        let reader = |history| (Reader::new(history), Vec::new());
        let mut readers: Vec<_> = histories.into_iter().map(reader).collect();
        for (place, generator) in generators.iter().enumerate() {
            let (reader, places) = &mut readers[generator.history];
            reader.add(&generator.signal).map_err(|error| {
                let (generator, error) = (generator.name.clone(), Box::new(error));
                Unfit::Signal { generator, error }
            })?;
            places.push(place);
        }
        // The first minute puts each of them.
        let signals = vec![Ok(f64::NAN); generators.len()];
        Ok(Self { readers, signals })
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
        &self.signals
    }
}
