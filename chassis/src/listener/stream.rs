//! A connection that can be closed from outside and does not wait for ever to be spoken to, nor to
//! be used.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use tonic::transport::server::Connected;

use super::{
    complaints::Complaint,
    connections::{Closed, Peer},
    transport::Transport,
};
use crate::limits::Limits;

/// Bytes by which a client says that it speaks HTTP/2 (RFC 9113, section 3.4).
pub(super) const PREFACE_BYTES: usize = 24;

/// A connection that can be closed from outside and does not wait for ever to be spoken to, nor to
/// be used.
#[derive(Debug)]
pub struct GuardedStream<IO> {
    transport: Transport<IO>,
    peer: Peer,
    /// None: it was closed.
    closed: Option<Closed>,
    /// None: the preface is there.
    preface: Option<Preface>,
    idle: Idle,
}

/// The client has yet to introduce itself.
#[derive(Debug)]
struct Preface {
    bytes_left: usize,
    /// After the handshake.
    timeout: Duration,
    /// Of the handshake, then of the preface.
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

impl<IO: AsyncRead + AsyncWrite + Unpin> GuardedStream<IO> {
    pub(super) fn new(
        transport: Transport<IO>,
        peer: Peer,
        closed: Closed,
        limits: &Limits,
    ) -> Self {
        let timeout = limits.preface_timeout;
        let first = if transport.is_shaking() { limits.handshake_timeout } else { timeout };
        let deadline = Box::pin(sleep(first));
        let preface = Some(Preface { bytes_left: PREFACE_BYTES, timeout, deadline });
        let idle = Idle::new(limits.idle_timeout);
        Self { transport, peer, closed: Some(closed), preface, idle }
    }

    /// Ready when there is something to read from and write to. A server writes first, so that
    /// both drive the handshake.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(error) = self.poll_closed(cx) {
            return Poll::Ready(Err(error));
        }
        match self.transport.poll_handshake(&self.peer, cx) {
            Poll::Ready(Ok(done)) => {
                if let Some(preface) = self.preface.as_mut().filter(|_| done) {
                    preface.deadline.as_mut().reset(Instant::now() + preface.timeout);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_late(cx).map(Err),
        }
    }

    /// Ready when a handshake under way is not done in time.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(preface) = &mut self.preface else { return Poll::Pending };
        ready!(preface.deadline.as_mut().poll(cx));
        let why = "TLS: not done within --handshake-timeout";
        self.transport.fail(&self.peer, why);
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, why))
    }

    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if let Some(closed) = &mut self.closed {
            ready!(closed.poll(cx));
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
            self.peer.introduce();
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

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for GuardedStream<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_open(cx))?;
        if this.preface.is_none() && this.idle.poll(&this.peer, cx).is_ready() {
            // Nothing is read any more, as if the client had closed: that ends it in order.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.transport).poll_read(cx, buf);
        match this.poll_preface(buf.filled().len() - before, cx) {
            Poll::Ready(error) => Poll::Ready(Err(error)),
            Poll::Pending => read,
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedStream<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?;
        Pin::new(&mut self.transport).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?;
        Pin::new(&mut self.transport).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }
}
