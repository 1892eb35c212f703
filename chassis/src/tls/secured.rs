//! A connection under TLS whose other end is looked at again from time to time.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use rustls::pki_types::{DnsName, ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use tokio_rustls::{Accept, TlsAcceptor, TlsConnector, TlsStream};
use tracing::warn;

use super::{
    identity::{Identity, Role},
    judge::End,
    keeper::Tls,
    words::plain,
};

/// The peer's certificate is judged again this often, by what is in force then: one that has
/// expired, or whose authority is trusted no more, is disconnected within a minute.
const JUDGED_EVERY: Duration = Duration::from_secs(30);

/// What a server sends first of all: its settings take less.
const FIRST_BYTES_MAX: usize = 256;

/// A connection under TLS.
pub struct Secured<IO> {
    io: TlsStream<IO>,
    tls: Tls,
    end: End,
    peer: Identity,
    next_look: Pin<Box<Sleep>>,
    /// What was read before anybody asked for it.
    early: Vec<u8>,
}

/// A handshake that a server takes part in.
pub(crate) struct Accepting<IO> {
    accept: Accept<IO>,
    tls: Tls,
}

impl Tls {
    /// The handshake of a server with whoever dialled. Drives nothing until it is polled.
    pub(crate) fn accept<IO: AsyncRead + AsyncWrite + Unpin>(&self, io: IO) -> Accepting<IO> {
        let acceptor = TlsAcceptor::from(self.server());
        Accepting { accept: acceptor.accept(io), tls: self.clone() }
    }

    /// The handshake with a server that must be of `role`. Returns once that server has let this
    /// side in: with TLS 1.3 a client is through with the handshake before its certificate is
    /// looked at, and a refusal would otherwise come in the midst of the first call.
    pub async fn connect<IO>(&self, io: IO, role: Role) -> io::Result<Secured<IO>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let connector = TlsConnector::from(self.in_force().client(role));
        let anybody = ServerName::DnsName(DnsName::try_from("minutehand").expect("a name"));
        let io = connector.connect(anybody, io).await.map_err(|error| explained(&error))?;
        let mut secured = Secured::new(TlsStream::Client(io), self.clone(), End::Server(role))?;
        let mut first = [0; FIRST_BYTES_MAX];
        let length = secured.io.read(&mut first).await.map_err(|error| explained(&error))?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        secured.early = first[..length].to_vec();
        Ok(secured)
    }
}

/// The same error in plain words.
fn explained(error: &io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let why = match inner {
        Some(error) => plain(error),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it closed the connection during the handshake".to_owned()
        }
        None => error.to_string(),
    };
    io::Error::new(error.kind(), format!("TLS: {why}"))
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Future for Accepting<IO> {
    type Output = io::Result<Secured<IO>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let accepted = ready!(Pin::new(&mut self.accept).poll(cx));
        let io = accepted.map_err(|error| explained(&error))?;
        Poll::Ready(Secured::new(TlsStream::Server(io), self.tls.clone(), End::Client))
    }
}

impl<IO> Secured<IO> {
    fn new(io: TlsStream<IO>, tls: Tls, end: End) -> io::Result<Self> {
        let peer = judge(&io, &tls, end)?;
        let next_look = Box::pin(sleep(JUDGED_EVERY));
        Ok(Self { io, tls, end, peer, next_look, early: Vec::new() })
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Identity {
        &self.peer
    }

    /// Ready when the peer may not stay; else the next look will wake the task.
    fn poll_look(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.next_look.as_mut().poll(cx));
            self.next_look.as_mut().reset(Instant::now() + JUDGED_EVERY);
            if let Err(error) = judge(&self.io, &self.tls, self.end) {
                warn!("{} is disconnected: {error}", self.peer);
                return Poll::Ready(error);
            }
        }
    }
}

/// Whose the certificate at the other end is, by what is in force at this moment.
fn judge<IO>(io: &TlsStream<IO>, tls: &Tls, end: End) -> io::Result<Identity> {
    let (_, connection) = io.get_ref();
    let chain = connection.peer_certificates().unwrap_or_default();
    let judged = tls.in_force().judge.judge(end, chain, tls.now());
    judged.map_err(|error| {
        io::Error::new(io::ErrorKind::PermissionDenied, format!("TLS: {}", plain(&error)))
    })
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(error) = this.poll_look(cx) {
            return Poll::Ready(Err(error));
        }
        if !this.early.is_empty() {
            let length = this.early.len().min(buf.remaining());
            buf.put_slice(&this.early[..length]);
            this.early.drain(..length);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.io).poll_read(cx, buf)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<IO> {
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
}

impl<IO> fmt::Debug for Secured<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl<IO> fmt::Debug for Accepting<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accepting")
    }
}
