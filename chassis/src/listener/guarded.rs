//! The accept stream of a server.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Sleep, sleep},
};
use tracing::warn;

use super::{connections::Connections, stream::GuardedStream, transport::Transport};
use crate::{
    limits::Limits,
    seldom::{Floods, Seldom},
    tls::Tls,
};

/// Nothing is accepted for this long after an error: descriptors become free again by time only.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// Accepts from any source of connections, within limits. Never fails: what cannot be accepted is
/// warned of and left.
#[derive(Debug)]
pub struct Guarded<S> {
    source: S,
    limits: Limits,
    connections: Connections,
    tls: Option<Tls>,
    handshakes: Arc<Floods>,
    pause: Option<Pin<Box<Sleep>>>,
    failed: Seldom,
}

impl<S> Guarded<S> {
    /// Guards `source`, a listener of the machine or of a simulated network; `connections` are
    /// those that it has let in.
    pub fn new(source: S, limits: Limits, connections: Connections) -> Self {
        let (handshakes, failed) = (Arc::default(), Seldom::default());
        Self { source, limits, connections, tls: None, handshakes, pause: None, failed }
    }

    /// Lets nobody in but by mutual TLS, if there is some.
    #[must_use]
    pub fn secured(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Takes a connection in, or closes it.
    fn let_in<IO>(&self, io: IO, address: SocketAddr) -> Option<GuardedStream<IO>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let (peer, closed) = self.connections.admit(address, &self.limits)?;
        let transport = Transport::new(io, self.tls.as_ref(), &self.handshakes);
        Some(GuardedStream::new(transport, peer, closed, &self.limits))
    }

    /// Whether the error is about the listener, rather than a client that has gone meanwhile.
    fn fails(&mut self, error: &io::Error) -> bool {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, NotConnected};
        if matches!(error.kind(), ConnectionAborted | ConnectionReset | NotConnected) {
            return false;
        }
        if let Some(times) = self.failed.happened() {
            warn!(times, "cannot accept connections: {error}; trying again every 100 ms");
        }
        true
    }
}

impl<S, IO> Stream for Guarded<S>
where
    S: Stream<Item = io::Result<(IO, SocketAddr)>> + Unpin,
    IO: AsyncRead + AsyncWrite + Unpin,
{
    type Item = Result<GuardedStream<IO>, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(cx));
                this.pause = None;
            }
            let taken = match ready!(this.source.poll_next_unpin(cx)) {
                None => return Poll::Ready(None),
                Some(Ok((io, address))) => this.let_in(io, address),
                Some(Err(error)) => {
                    this.pause = this.fails(&error).then(|| Box::pin(sleep(ERROR_PAUSE)));
                    None
                }
            };
            if let Some(taken) = taken {
                return Poll::Ready(Some(Ok(taken)));
            }
        }
    }
}
