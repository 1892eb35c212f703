//! Links over the simulated network, which can be cut.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use chassis::channel::{Address, Dialer};
use futures_util::{Stream, stream};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::Uri;
use turmoil::net::{TcpListener, TcpStream};

use super::stage;
use crate::record::What;

/// Where the trader listens.
pub(crate) const TRADER_PORT: u16 = 1010;

/// Where each generator listens.
pub(crate) const GENERATOR_PORT: u16 = 1000;

/// What cuts the connections from one host to another.
type Links = BTreeMap<(Rc<str>, String), Vec<CancellationToken>>;

thread_local! {
    /// Links that were dialled, from host to host, and may be open.
    static LINKS: RefCell<Links> = RefCell::default();
}

/// Forgets the links of an earlier run.
pub(crate) fn begin() {
    LINKS.with_borrow_mut(BTreeMap::clear);
}

/// Where a host listens.
pub(crate) fn address(host: &str, port: u16) -> Address {
    format!("{host}:{port}").parse().expect("hosts have short names")
}

/// Dials over the simulated network.
pub(crate) fn dialer() -> Dialer {
    Dialer::new(|endpoint| {
        endpoint.connect_with_connector_lazy(tower::service_fn(|uri: Uri| Box::pin(dial(uri))))
    })
}

async fn dial(uri: Uri) -> io::Result<TokioIo<Link>> {
    let server = uri.host().unwrap_or_default().to_owned();
    stage::see(What::Dialled { to: server.clone() });
    let io = TcpStream::connect((server.as_str(), uri.port_u16().unwrap_or_default())).await?;
    let cut = CancellationToken::new();
    let is_cut = Box::pin(cut.clone().cancelled_owned());
    LINKS.with_borrow_mut(|links| {
        links.entry((stage::host(), server)).or_default().push(cut.clone());
    });
    Ok(TokioIo::new(Link { io, cut, is_cut }))
}

/// Resets every open connection that `client` has to `server`, and says whether there may have been
/// any.
pub(crate) fn cut(client: &str, server: &str) -> bool {
    let cut = LINKS.with_borrow_mut(|links| links.remove(&(client.into(), server.to_owned())));
    let cut = cut.unwrap_or_default();
    cut.iter().for_each(CancellationToken::cancel);
    !cut.is_empty()
}

/// The connections that come in at a port of the host that is at work. There is no TLS here, and all
/// hosts pass for one machine: without it, nobody operates from another.
pub(crate) async fn listen(
    port: u16,
) -> io::Result<impl Stream<Item = io::Result<(TcpStream, SocketAddr)>>> {
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    Ok(stream::unfold(listener, async |listener| {
        let taken = listener.accept().await.map(as_of_this_machine);
        Some((taken, listener))
    }))
}

fn as_of_this_machine((stream, from): (TcpStream, SocketAddr)) -> (TcpStream, SocketAddr) {
    (stream, (Ipv4Addr::LOCALHOST, from.port()).into())
}

/// A client's end of a connection.
struct Link {
    io: TcpStream,
    cut: CancellationToken,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer")
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(reset()));
        }
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.is_cancelled() {
            return Poll::Ready(Err(reset()));
        }
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
