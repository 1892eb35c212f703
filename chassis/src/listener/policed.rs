//! A connection whose frames are looked at as they go by: floods end it, and why it ends is said.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use tonic::transport::server::Connected;

use super::{
    complaints::Complaint,
    connections::Peer,
    frames::{Frame, Frames},
    stream::PREFACE_BYTES,
};

/// Frames besides those of requests (PING, SETTINGS and the like) that a client may send in a
/// second: each costs a server work, and HTTP/2 bounds none of them. The busiest client of this
/// project sends a few dozen.
const CONTROL_FRAMES_MAX: usize = 10_000;

/// Bytes that a connection may take in before it is somebody else's turn: a flood on one must not
/// keep the others waiting, and what a byte costs is up to its sender.
const TURN_BYTES: usize = 16 * 1024;

const SECOND: Duration = Duration::from_secs(1);

/// A connection in plain text: what the client says and what it is told pass through.
#[derive(Debug)]
pub struct Policed<IO> {
    io: IO,
    peer: Peer,
    said: Frames,
    told: Frames,
    second: Option<Instant>,
    in_second: usize,
    in_turn: usize,
}

impl<IO: Connected<ConnectInfo = Peer>> Policed<IO> {
    /// From the connection's first byte on.
    pub fn new(io: IO) -> Self {
        let peer = io.connect_info();
        let (said, told) = (Frames::after(PREFACE_BYTES), Frames::after(0));
        Self { io, peer, said, told, second: None, in_second: 0, in_turn: 0 }
    }
}

impl<IO> Policed<IO> {
    /// Whether the client floods the connection.
    fn is_flooded(&mut self, bytes: &[u8]) -> bool {
        let mut control = 0;
        self.said.follow(bytes, |frame| control += usize::from(frame == Frame::Control));
        if control == 0 {
            return false;
        }
        if self.second.is_none_or(|second| second.elapsed() >= SECOND) {
            (self.second, self.in_second) = (Some(Instant::now()), 0);
        }
        self.in_second += control;
        self.in_second > CONTROL_FRAMES_MAX
    }

    fn tell(&mut self, bytes: &[u8]) {
        let peer = &self.peer;
        self.told.follow(bytes, |frame| {
            if let Frame::GoAway(code) = frame
                && let Some(complaint) = Complaint::of_code(code)
            {
                peer.complain(complaint);
            }
        });
    }
}

impl<IO: Connected<ConnectInfo = Peer>> Connected for Policed<IO> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Policed<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.in_turn >= TURN_BYTES {
            this.in_turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let Poll::Ready(read) = Pin::new(&mut this.io).poll_read(cx, buf) else {
            this.in_turn = 0;
            return Poll::Pending;
        };
        read?;
        this.in_turn += buf.filled().len() - before;
        if this.is_flooded(&buf.filled()[before..]) {
            this.peer.complain(Complaint::Excess);
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "flooded with frames",
            )));
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Policed<IO> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write(cx, buf))?;
        this.tell(&buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write_vectored(cx, bufs))?;
        let mut left = written;
        for buf in bufs {
            let part = left.min(buf.len());
            this.tell(&buf[..part]);
            left -= part;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
