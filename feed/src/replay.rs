//! What a recording comes to: the bars that were settled, and the signals that were given.

use std::{collections::BTreeMap, io::BufRead};

use chassis::grid::{Minute, Timestamp, Timing};
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
    let mut feed = Feed::new(recording.heard().source.clone(), recording.heard().interval)?;
    let mut bars: Vec<Bar> = Vec::new();
    while let Some((at, event)) = recording.next()? {
        bars.extend(feed.apply(at, &event).filter_map(|settled| settled.bar.ok()));
    }
    Ok(of_bars(bars, recording.heard().interval, now)?)
}

/// What a recording gave for each minute it was asked for before the grace of `timing` was over, as the
/// signal `signal`. Of a minute that was asked for twice, because the generator started again in it, it is
/// the signal, if there was one.
pub fn signals<R: BufRead>(
    mut recording: Recording<R>,
    signal: &Tree,
    timing: Timing,
) -> Result<BTreeMap<Minute, Result<f64, NoSignal>>, ReplayError> {
    let feed = Feed::new(recording.heard().source.clone(), recording.heard().interval)?;
    let mut signals = Signals::new(feed, signal).map_err(Box::new)?;
    let mut given = BTreeMap::new();
    while let Some((at, event)) = recording.next()? {
        signals.apply(at, &event);
        if let Event::Asked(minute) = event
            && at <= timing.deadline(minute)
            && !matches!(given.get(&minute), Some(Ok(_)))
        {
            given.insert(minute, signals.signal(minute));
        }
    }
    Ok(given)
}
