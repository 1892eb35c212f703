//! What a strategy serves over HTTP.

use std::sync::Arc;

use chassis::http::{Look, Site, probes};
use tokio::sync::{mpsc, oneshot};

use crate::{
    figures::{LOOKS_MAX, Snapshot},
    run::Config,
};

/// The routes of the strategy that will run by `config`, answered by its loop.
pub(crate) fn of(config: &mut Config) -> Site {
    let (ask, looks) = mpsc::channel(LOOKS_MAX);
    config.looks = Some(looks);
    let look: Look<Snapshot> = Arc::new(move || {
        let ask = ask.clone();
        Box::pin(async move { answer(&ask).await.ok_or_else(|| "stopping".to_owned()) })
    });
    probes(&look)
}

async fn answer(ask: &mpsc::Sender<oneshot::Sender<Snapshot>>) -> Option<Snapshot> {
    let (look, answer) = oneshot::channel();
    ask.send(look).await.ok()?;
    answer.await.ok()
}
