//! What the generator serves over HTTP.

use std::sync::Arc;

use chassis::{
    clock::Clock,
    grid::{Timestamp, Timing},
    http::{Look, Site, probes},
};

use crate::{driver::Traces, figures::Snapshot};

/// The generator's routes.
pub(crate) fn of(traces: Traces, timing: Timing, clock: Clock) -> Site {
    let started = clock.wall();
    let look: Look<Snapshot> = Arc::new(move || {
        let looked = looked(&traces, timing, clock, started);
        Box::pin(async move { looked })
    });
    probes(&look)
}

fn looked(
    traces: &Traces,
    timing: Timing,
    clock: Clock,
    started: Timestamp,
) -> Result<Snapshot, String> {
    let now = clock.now();
    if let Some(why) = traces.pulse.stalled(now) {
        return Err(why);
    }
    let (figures, outcomes) = (traces.figures.borrow().clone(), traces.outcomes.borrow().clone());
    Ok(Snapshot { figures, outcomes, timing, started, now })
}
