//! A strategy's session as a stream: what was granted, then the notice that ends it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use chassis::grid::Timestamp;
use futures_util::Stream;
use proto::v1;
use tokio::sync::mpsc;
use tonic::Status;

use crate::{
    handle::{Grant, SessionEnd, SessionGuard},
    wire,
};

/// Ends when the driver drops its end; tells the driver when the connection drops this one.
struct Session {
    first: Option<v1::RegisterResponse>,
    notices: mpsc::Receiver<SessionEnd>,
    _guard: SessionGuard,
}

/// The stream of a granted session.
pub(super) fn session(
    grant: Grant,
    now: Timestamp,
) -> impl Stream<Item = Result<v1::RegisterResponse, Status>> + Send {
    let first = Some(wire::registered(&grant, now));
    Session { first, notices: grant.notices, _guard: grant.guard }
}

impl Stream for Session {
    type Item = Result<v1::RegisterResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.notices.poll_recv(cx).map(|end| end.map(|end| Ok(wire::session_end(end))))
    }
}
