//! A strategy's session as a stream: what was granted, then the notice that ends it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use chassis::grid::Timestamp;
use futures_util::Stream;
use proto::v1;
use tokio::sync::oneshot;
use tonic::Status;

use crate::{
    handle::{Grant, SessionEnd, SessionGuard},
    wire,
};

/// Ends when the driver drops its end; tells the driver when the connection drops this one.
struct Session {
    first: Option<v1::RegisterResponse>,
    /// None: it has ended.
    end: Option<oneshot::Receiver<SessionEnd>>,
    _guard: SessionGuard,
}

/// The stream of a granted session.
pub(super) fn session(
    grant: Grant,
    now: Timestamp,
) -> impl Stream<Item = Result<v1::RegisterResponse, Status>> + Send {
    let first = Some(wire::registered(&grant, now));
    Session { first, end: Some(grant.end), _guard: grant.guard }
}

impl Stream for Session {
    type Item = Result<v1::RegisterResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let told = ready!(Pin::new(end).poll(cx));
        self.end = None;
        Poll::Ready(told.ok().map(|end| Ok(wire::session_end(end))))
    }
}
