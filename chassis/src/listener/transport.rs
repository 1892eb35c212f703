//! What a connection runs over: the bare network, or TLS as soon as the handshake is done.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tracing::warn;

use super::connections::Peer;
use crate::{
    seldom::Floods,
    tls::{Accepting, Secured, Tls},
};

/// One connection, in whatever state of protection. It is driven by whoever reads and writes, so
/// that a client that is slow to shake hands holds up nobody else.
#[derive(Debug)]
pub(super) enum Transport<IO> {
    /// Nothing is encrypted here.
    Plain(IO),
    /// The handshake is under way.
    Shaking(Box<Accepting<IO>>, Arc<Floods>),
    /// The peer is known.
    Secured(Box<Secured<IO>>),
    /// The handshake has failed, and the connection is closed.
    Failed,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Transport<IO> {
    /// Under TLS if there is some; `floods` has the failed handshakes of all connections.
    pub(super) fn new(io: IO, tls: Option<&Tls>, floods: &Arc<Floods>) -> Self {
        match tls {
            None => Self::Plain(io),
            Some(tls) => Self::Shaking(Box::new(tls.accept(io)), Arc::clone(floods)),
        }
    }

    /// Whether the handshake is under way.
    pub(super) fn is_shaking(&self) -> bool {
        matches!(self, Self::Shaking(..))
    }

    /// Drives the handshake, if one is under way. Whether it was: true once, when it is done.
    pub(super) fn poll_handshake(
        &mut self,
        peer: &Peer,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        let accepting = match self {
            Self::Plain(_) | Self::Secured(_) => return Poll::Ready(Ok(false)),
            Self::Failed => return Poll::Ready(Err(closed())),
            Self::Shaking(accepting, _) => accepting,
        };
        match ready!(Pin::new(&mut **accepting).poll(cx)) {
            Ok(secured) => {
                peer.identify(secured.peer().clone());
                *self = Self::Secured(Box::new(secured));
                Poll::Ready(Ok(true))
            }
            Err(error) => {
                self.fail(peer, &error.to_string());
                Poll::Ready(Err(error))
            }
        }
    }

    /// Closes a connection whose handshake came to nothing, and says who and why.
    pub(super) fn fail(&mut self, peer: &Peer, why: &str) {
        let Self::Shaking(_, floods) = std::mem::replace(self, Self::Failed) else { return };
        let address = peer.address();
        if let Some(times) = floods.happened(format!("{} {why}", address.ip())) {
            warn!(times, peer = %address, "handshake refused: {why}");
        }
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the handshake has failed")
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Transport<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Self::Secured(io) => Pin::new(&mut **io).poll_read(cx, buf),
            Self::Shaking(..) | Self::Failed => Poll::Ready(Err(closed())),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<IO> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Self::Secured(io) => Pin::new(&mut **io).poll_write(cx, buf),
            Self::Shaking(..) | Self::Failed => Poll::Ready(Err(closed())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Secured(io) => Pin::new(&mut **io).poll_flush(cx),
            Self::Shaking(..) | Self::Failed => Poll::Ready(Err(closed())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Secured(io) => Pin::new(&mut **io).poll_shutdown(cx),
            Self::Shaking(..) | Self::Failed => Poll::Ready(Ok(())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Secured(io) => Pin::new(&mut **io).poll_write_vectored(cx, bufs),
            Self::Shaking(..) | Self::Failed => Poll::Ready(Err(closed())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Shaking(..) | Self::Secured(_) | Self::Failed => false,
        }
    }
}
