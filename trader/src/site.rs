//! What the trader serves over HTTP.

use std::sync::Arc;

use chassis::http::{Look, Site, probes};

use crate::{
    figures::Snapshot,
    handle::{Handle, Request},
};

/// The trader's routes, answered through `handle` by the loop that owns the core.
pub fn of(handle: Handle) -> Site {
    let look: Look<Snapshot> = Arc::new(move || {
        let handle = handle.clone();
        Box::pin(async move { handle.ask(Request::Look).await.map_err(|error| error.to_string()) })
    });
    probes(&look)
}
