//! Signals of what an exchange says.

use std::path::Path;

use chassis::{
    clock::Clock,
    exit::{Exit, Failure},
    grid::Timing,
};
use feed::{
    endpoint::Endpoint, feed::Feed, live::Live, recorder::Recorder, recording::Heard,
    source::Source,
};
use futures_util::future::FutureExt as _;
use indicators::expression::Tree;
use rand::{SeedableRng as _, rngs::StdRng};

use crate::{
    signal::Compute,
    signals::{Notes, Signals},
};

/// Listens to `source`: at `endpoint`, else where it serves everybody; on record, if a file is named.
pub(crate) fn listen(
    (source, signal): (&Source, &Tree),
    (endpoint, record): (Option<&str>, Option<&Path>),
    (timing, clock, rng): (Timing, Clock, &mut StdRng),
) -> Result<Signals, Failure> {
    let usage = |message: String| Exit::Usage.because(message);
    let endpoint = endpoint.unwrap_or(source.venue.endpoint()).parse::<Endpoint>();
    let endpoint = endpoint.map_err(|error| usage(format!("--endpoint: {error}")))?;
    let feed = Feed::new(source.clone(), timing.interval);
    let feed = feed.map_err(|error| usage(error.to_string()))?;
    let mut heard = feed::signals::Signals::new(feed, signal)
        .map_err(|error| usage(format!("signal `{signal}`: {error}")))?;
    let bars = timing.interval;
    let mut about = vec![format!("signals are `{signal}` of {source}, bars of {bars}")];
    let mut faults = Vec::new();
    let recorder = match record {
        None => None,
        Some(file) => {
            let (recorder, torn) = record_into(file, &mut heard, &endpoint)?;
            about.push(format!("what is said is recorded into {}", file.display()));
            if torn > 0 {
                let file = file.display();
                faults
                    .push(format!("{file}: half a line was at its end, {torn} bytes are cut off"));
            }
            Some(recorder)
        }
    };
    let with = (timing, clock, StdRng::from_rng(rng));
    let (live, asker) = Live::new(heard, recorder, endpoint, with)
        .map_err(|error| Exit::Failed.because(format!("source {source}: {error}")))?;
    let compute: Compute = Box::new(move |minute| {
        let asker = asker.clone();
        async move { asker.signal(minute).await.map_err(Into::into) }.boxed()
    });
    let meanwhile = async { Exit::Failed.because(live.run().await.to_string()) }.boxed();
    Ok(Signals { compute, meanwhile, notes: Notes { about, faults } })
}

/// What is in the file already is heard first.
fn record_into(
    file: &Path,
    heard: &mut feed::signals::Signals,
    endpoint: &Endpoint,
) -> Result<(Recorder, u64), Failure> {
    let (source, interval) = (heard.feed().source().clone(), heard.feed().interval());
    let here = Heard { source, interval, endpoint: endpoint.to_string().into() };
    Recorder::open(file, &here, |at, event| heard.apply(at, event)).map_err(|error| {
        let exit = if error.is_final() { Exit::Refused } else { Exit::Failed };
        exit.because(format!("recording {}: {error}", file.display()))
    })
}
