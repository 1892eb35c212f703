//! Signals of what an exchange says.

use std::path::Path;

use chassis::{
    clock::Clock,
    exit::{Exit, Failure},
    grid::Timing,
};
use feed::{
    endpoint::Endpoint,
    feed::Feed,
    live::{Live, Stopped},
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
    let heard = feed::signals::Signals::new(feed, signal)
        .map_err(|error| usage(format!("signal `{signal}`: {error}")))?;
    let with = (timing, clock, StdRng::from_rng(rng));
    let (live, asker) = Live::new(heard, record.map(Path::to_owned), endpoint, with)
        .map_err(|error| Exit::Failed.because(format!("source {source}: {error}")))?;
    let compute: Compute = Box::new(move |minute| {
        let asker = asker.clone();
        async move { asker.signal(minute).await.map_err(Into::into) }.boxed()
    });
    let meanwhile = async { ended(&live.run().await) }.boxed();
    let bars = timing.interval;
    let about = vec![format!("signals are `{signal}` of {source}, bars of {bars}")];
    Ok(Signals { compute, meanwhile, notes: Notes { about, faults: Vec::new() } })
}

fn ended(stopped: &Stopped) -> Failure {
    let exit = match stopped {
        Stopped::Unopened { error, .. } if error.is_final() => Exit::Refused,
        Stopped::Unopened { .. } | Stopped::Unrecorded { .. } => Exit::Failed,
    };
    exit.because(stopped.to_string())
}
