//! Serving: the limits that every server has, and how it stops.

mod access;
mod routes;
mod health;
#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use futures_util::{Stream, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tracing::warn;

use crate::{
    limits::Limits,
    listener::{Connections, Guarded, Policed},
    tls::Tls,
};

/// Longest answer given: what clients take at most. Longer lists are paged.
pub use crate::channel::ANSWER_BYTES_MAX;
pub use access::{Access, Caller, May};
pub use health::{HEALTH_ACCESS, Health, HealthService, health};
pub use routes::{Routes, RoutesError};

/// A quiet connection is probed this often …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);

/// … and is dead when the probe is not answered within this: five seconds in all (rule R4).
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Streams that a client opened and reset before they were looked at: more is a rapid-reset attack.
const PENDING_RESETS_MAX: usize = 20;

/// Streams that this server reset for a client's errors: more is a flood of malformed requests.
/// tonic sets no limit by itself.
const ERROR_RESETS_MAX: usize = 64;

/// Longest question to the services that every server has, health and reflection, in bytes: a name.
const NAME_BYTES_MAX: usize = 4 * 1024;

/// Longest list of headers, in bytes: bounds a flood of CONTINUATION frames.
const HEADERS_BYTES_MAX: u32 = 8 * 1024;

/// Longest frame, in bytes: HTTP/2's smallest maximum, since messages are small.
const FRAME_BYTES_MAX: u32 = 16 * 1024;

/// What a client may send ahead on one stream, in bytes: four times the longest request.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;

/// What a client may send ahead on one connection, in bytes: bounds the memory that it can pin.
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;

/// Open requests and streams are waited for this long at a stop, then dropped: tonic alone would
/// wait for ever on an open stream.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A closed connection's task ends within this.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers calls to `routes` over the connections that `incoming` accepts, until `stop`; then
/// accepts nothing more, lets what is open end within five seconds, and closes the rest.
///
/// With `tls`, whoever calls must show a certificate, and may do what its role allows.
///
/// Stop first whatever feeds open streams, so that they end by themselves.
pub async fn serve<IO>(
    routes: Routes,
    incoming: impl Stream<Item = io::Result<(IO, SocketAddr)>>,
    limits: Limits,
    tls: Option<Tls>,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connections = Connections::default();
    let limits = limits.of_this_process();
    let routes = if tls.is_some() { routes.for_known_callers() } else { routes };
    let guarded = Guarded::new(Box::pin(incoming), limits, connections.clone()).secured(tls);
    let policed = guarded.map(|taken| taken.map(Policed::new));
    let (routes, stopped) = (routes.within(&limits), stop.clone().cancelled_owned());
    let mut serving = pin!(builder(&limits).serve_with_incoming_shutdown(routes, policed, stopped));
    let drained = async {
        stop.cancelled().await;
        sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        biased;
        ended = &mut serving => return ended,
        () = drained => {}
    }
    warn!(
        connections = connections.count(),
        "closed what was still open {} s after the stop",
        DRAIN_TIMEOUT.as_secs()
    );
    connections.close_all();
    timeout(CLOSE_TIMEOUT, serving).await.unwrap_or(Ok(()))
}

/// A server with every limit set. `tcp_nodelay` is the accept stream's business.
fn builder(limits: &Limits) -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(u32::try_from(limits.streams_max).unwrap_or(u32::MAX))
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS_MAX))
        .http2_max_local_error_reset_streams(Some(ERROR_RESETS_MAX))
        .http2_max_header_list_size(HEADERS_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
}
