//! What the trader serves over HTTP.

use std::sync::Arc;

use chassis::{
    clock::Clock,
    http::{Look, Site, probes},
};

use crate::{
    figures::Snapshot,
    handle::{Handle, Request},
    page,
};

/// The trader's routes, answered through `handle` by the loop that owns the core.
pub fn of(handle: Handle, clock: Clock) -> Site {
    let asked = handle.clone();
    let look: Look<Snapshot> = Arc::new(move || {
        let handle = asked.clone();
        Box::pin(async move { handle.ask(Request::Look).await.map_err(|error| error.to_string()) })
    });
    page::on(probes(&look), handle, clock)
}
