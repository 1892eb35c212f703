//! What every part says of itself to machines: `/metrics`, `/healthz` and `/readyz`.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use http::StatusCode;
use tokio::time::timeout;

use super::{
    answer::{Answer, refused, text, with_type},
    site::{Route, Site},
    visitor::Whom,
};
use crate::figures::{CONTENT_TYPE, Page};

/// A loop that does not answer for so long stands still.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Causes that a probe is told.
const REASONS_MAX: usize = 16;

/// What a part is at one moment.
pub trait Snapshot: Send + 'static {
    /// Its figures.
    fn figures(&self) -> Page;

    /// Whether it may be traded on.
    fn readiness(&self) -> Readiness;
}

/// Whether a part may be traded on, in lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Yes or no.
    pub ready: bool,
    /// What it is, in one line.
    pub summary: String,
    /// Why not, a line each, by name.
    pub reasons: Vec<String>,
}

/// How a part is looked at: by a question to the loop that owns its minutes, which answers between two
/// steps of its work, or by what it leaves each time it goes round; an error says why it cannot.
pub type Look<S> = Arc<dyn Fn() -> BoxFuture<'static, Result<S, String>> + Send + Sync>;

/// The three routes. All of them look at the loop, so that each tells of the one that works, and not of a
/// thread that still breathes.
pub fn probes<S: Snapshot>(look: &Look<S>) -> Site {
    let route = |show: fn(&S) -> Answer| {
        let look = Arc::clone(look);
        Route::get(Whom::Anyone, move |_| {
            let looking = look();
            async move { looked(looking).await.map_or_else(|refusal| refusal, |it| show(&it)) }
        })
    };
    Site::default()
        .with(
            "/metrics",
            route(|it| with_type(StatusCode::OK, CONTENT_TYPE, it.figures().into_text())),
        )
        .with("/healthz", route(|_| text(StatusCode::OK, "ok\n")))
        .with("/readyz", route(|it| shown(&it.readiness())))
}

async fn looked<S>(looking: BoxFuture<'static, Result<S, String>>) -> Result<S, Answer> {
    let why = match timeout(LOOK_TIMEOUT, looking).await {
        Ok(Ok(snapshot)) => return Ok(snapshot),
        Ok(Err(why)) => why,
        Err(_) => format!(
            "stalled: the loop that owns the minutes has not answered for {} s",
            LOOK_TIMEOUT.as_secs()
        ),
    };
    Err(refused(StatusCode::SERVICE_UNAVAILABLE, &why))
}

fn shown(readiness: &Readiness) -> Answer {
    let Readiness { ready, summary, reasons } = readiness;
    let status = if *ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut lines = vec![summary.clone()];
    lines.extend(reasons.iter().take(REASONS_MAX).cloned());
    if let Some(more @ 1..) = reasons.len().checked_sub(REASONS_MAX) {
        lines.push(format!("and {more} more"));
    }
    text(status, lines.join("\n") + "\n")
}
