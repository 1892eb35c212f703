//! The accept stream of a server, and the connections it yields.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use tonic::transport::server::Connected;
use tracing::warn;

use super::{
    complaints::Complaint,
    connections::{Closed, Connections, Peer},
    seldom::Seldom,
};
use crate::limits::Limits;

/// Bytes by which a client says that it speaks HTTP/2 (RFC 9113, section 3.4).
pub(super) const PREFACE_BYTES: usize = 24;

/// Nothing is accepted for this long after an error: descriptors become free again by time only.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// Accepts from any source of connections, within limits. Never fails: what cannot be accepted is
/// warned of and left.
#[derive(Debug)]
pub struct Guarded<S> {
    source: S,
    limits: Limits,
    connections: Connections,
    pause: Option<Pin<Box<Sleep>>>,
    failed: Seldom,
}

impl<S> Guarded<S> {
    /// Guards `source`, a listener of the machine or of a simulated network; `connections` are
    /// those that it has let in.
    pub fn new(source: S, limits: Limits, connections: Connections) -> Self {
        Self { source, limits, connections, pause: None, failed: Seldom::default() }
    }

    /// Takes a connection in, or closes it.
    fn let_in<IO>(&self, io: IO, address: SocketAddr) -> Option<GuardedStream<IO>> {
        let (peer, closed) = self.connections.admit(address, &self.limits)?;
        Some(GuardedStream::new(io, peer, closed, &self.limits))
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

/// A connection that can be closed from outside and does not wait for ever to be spoken to, nor to
/// be used.
#[derive(Debug)]
pub struct GuardedStream<IO> {
    io: IO,
    peer: Peer,
    /// None: it was closed.
    closed: Option<Closed>,
    /// None: the preface is there.
    preface: Option<Preface>,
    idle: Idle,
}

#[derive(Debug)]
struct Preface {
    bytes_left: usize,
    deadline: Pin<Box<Sleep>>,
}

/// How long nothing was asked.
#[derive(Debug)]
struct Idle {
    timeout: Duration,
    look: Pin<Box<Sleep>>,
    /// Requests that there had been at the last look.
    requests: usize,
}

impl Idle {
    fn new(timeout: Duration) -> Self {
        Self { timeout, look: Box::pin(sleep(timeout)), requests: 0 }
    }

    /// Ready when nothing was asked between two looks.
    fn poll(&mut self, peer: &Peer, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.look.as_mut().poll(cx));
            let requests = peer.requests_ever();
            if requests == self.requests && !peer.is_busy() {
                return Poll::Ready(());
            }
            self.requests = requests;
            self.look.as_mut().reset(Instant::now() + self.timeout);
        }
    }
}

impl<IO> GuardedStream<IO> {
    fn new(io: IO, peer: Peer, closed: Closed, limits: &Limits) -> Self {
        let deadline = Box::pin(sleep(limits.preface_timeout));
        let preface = Some(Preface { bytes_left: PREFACE_BYTES, deadline });
        let idle = Idle::new(limits.idle_timeout);
        Self { io, peer, closed: Some(closed), preface, idle }
    }

    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if let Some(closed) = &mut self.closed {
            // Whether word was sent or the sender is gone makes no difference.
            let _word = ready!(Pin::new(closed).poll(cx));
            self.closed = None;
        }
        Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, "closed by this server"))
    }

    /// Ready when the preface has not come in time; `arrived` bytes have come this time.
    fn poll_preface(&mut self, arrived: usize, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(preface) = &mut self.preface else { return Poll::Pending };
        preface.bytes_left = preface.bytes_left.saturating_sub(arrived);
        if preface.bytes_left == 0 {
            self.preface = None;
            return Poll::Pending;
        }
        ready!(preface.deadline.as_mut().poll(cx));
        self.peer.complain(Complaint::Preface);
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "no HTTP/2 preface in time"))
    }
}

impl<IO> Connected for GuardedStream<IO> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for GuardedStream<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(error) = this.poll_closed(cx) {
            return Poll::Ready(Err(error));
        }
        if this.preface.is_none() && this.idle.poll(&this.peer, cx).is_ready() {
            // Nothing is read any more, as if the client had closed: that ends it in order.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.io).poll_read(cx, buf);
        match this.poll_preface(buf.filled().len() - before, cx) {
            Poll::Ready(error) => Poll::Ready(Err(error)),
            Poll::Pending => read,
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for GuardedStream<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
