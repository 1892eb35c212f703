//! What a recording comes to: the bars that were settled, and the signals that were given.

use std::{collections::BTreeMap, io::BufRead};

use chassis::grid::{Minute, Timestamp};
use indicators::expression::{BuildError, Tree};
use market::{
    bar::Bar,
    history::History,
    reading::{ReadError, of_bars},
};

use crate::{
    event::Event,
    feed::{Feed, NoBars},
    recording::{Recording, RecordingError},
    signals::{NoSignal, Signals},
};

/// Why nothing comes of a recording.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Its bars are none that can be made.
    #[error(transparent)]
    NoBars(#[from] NoBars),
    /// What is to be computed cannot be.
    #[error(transparent)]
    Signal(#[from] Box<BuildError>),
    /// There is no bar in it.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The bars of a recording, as a history that is known at `now`.
pub fn history<R: BufRead>(
    mut recording: Recording<R>,
    now: Timestamp,
) -> Result<History, ReplayError> {
    let mut feed = Feed::new(recording.source().clone(), recording.interval())?;
    let mut bars: Vec<Bar> = Vec::new();
    while let Some((at, event)) = recording.next()? {
        bars.extend(feed.apply(at, &event).filter_map(|settled| settled.bar.ok()));
    }
    Ok(of_bars(bars, recording.interval(), now)?)
}

/// What a recording gave for each minute it was asked for, as the signal `signal`. Where a
/// minute was asked for twice, because the generator started again in it, its signal is the first one.
pub fn signals<R: BufRead>(
    mut recording: Recording<R>,
    signal: &Tree,
) -> Result<BTreeMap<Minute, Result<f64, NoSignal>>, ReplayError> {
    let feed = Feed::new(recording.source().clone(), recording.interval())?;
    let mut signals = Signals::new(feed, signal).map_err(Box::new)?;
    let mut given = BTreeMap::new();
    while let Some((at, event)) = recording.next()? {
        signals.apply(at, &event);
        if let Event::Asked(minute) = event
            && !matches!(given.get(&minute), Some(Ok(_)))
        {
            given.insert(minute, signals.signal(minute));
        }
    }
    Ok(given)
}
