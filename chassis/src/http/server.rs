//! Conversations over HTTP/1.1: how many, how long, and how they end.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected as _;
use tracing::debug;

use super::{
    CONNECTIONS_MAX, CONNECTIONS_PER_PEER_MAX, HEADERS_BYTES_MAX, HEADERS_MAX, site::Site,
    stalling::Stalling, visitor::Guard,
};
use crate::{
    limits::Limits,
    listener::{Connections, Guarded, GuardedStream},
    tls::Tls,
};

/// How long the headers of a request may take, counted from the end of the one before: longer than the
/// usual pause of a scraper, which then need not dial again.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);

/// Requests that are being answered are waited for this long at a stop.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// What one connection keeps in memory of what it was sent, in bytes: a list of headers, and as much again.
const BUFFER_BYTES_MAX: usize = 2 * HEADERS_BYTES_MAX;

/// Serves `site` over the connections that `incoming` accepts, until `stop`.
///
/// With `tls`, whoever asks must show a certificate. `secured` says that the part has TLS: where there is
/// none on this port nevertheless, it gives away only what is for anyone.
pub async fn serve<IO>(
    site: Site,
    incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
    (tls, secured): (Option<Tls>, bool),
    stop: CancellationToken,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let guard = match (&tls, secured) {
        (Some(_), _) => Guard::Certificates,
        (None, true) => Guard::Plain,
        (None, false) => Guard::Nothing,
    };
    let connections = Connections::of_pages();
    let tls = tls.map(Tls::for_pages);
    let taken = Guarded::new(Box::pin(incoming), limits(), connections.clone()).secured(tls);
    let mut taken = pin!(taken);
    let site = Arc::new(site);
    let mut work = pin!(site.work());
    let mut conversations = JoinSet::new();
    loop {
        select! {
            biased;
            () = stop.cancelled() => break,
            Some(_ended) = conversations.join_next() => {}
            never = &mut work => match never {},
            Some(Ok(stream)) = taken.next() => {
                conversations.spawn(converse(stream, Arc::clone(&site), guard, stop.clone()));
            }
        }
    }
    let drained = async { while conversations.join_next().await.is_some() {} };
    if timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        debug!(connections = connections.count(), "closed what was still open at the stop");
        connections.close_all();
        conversations.shutdown().await;
    }
}

/// Those of a part's flags are about gRPC.
fn limits() -> Limits {
    Limits {
        connections_max: CONNECTIONS_MAX,
        connections_per_peer_max: CONNECTIONS_PER_PEER_MAX,
        ..Limits::default()
    }
}

async fn converse<IO>(
    stream: GuardedStream<IO>,
    site: Arc<Site>,
    guard: Guard,
    stop: CancellationToken,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = stream.connect_info();
    let answering = peer.clone();
    let service = service_fn(move |request| {
        let (site, peer) = (Arc::clone(&site), answering.clone());
        async move { Ok::<_, Infallible>(site.answer(guard, &peer, request).await) }
    });
    let io = TokioIo::new(Stalling::new(stream));
    let mut conversation = pin!(builder().serve_connection(io, service));
    let ended = select! {
        biased;
        ended = &mut conversation => ended,
        () = stop.cancelled() => {
            conversation.as_mut().graceful_shutdown();
            conversation.await
        }
    };
    if let Err(error) = ended {
        debug!(peer = %peer.address(), "a conversation over HTTP ended: {error}");
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEADERS_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX);
    builder
}
