//! Links to servers: where they are, and how they are dialled.

use std::{fmt, io, str::FromStr, sync::Arc, time::Duration};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use crate::tls::{Role, Secured, Tls};

/// A dial into a black hole is given up after this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// An idle link is probed this often …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);

/// … and is dead when the probe is not answered within this: five seconds in all (rule R4).
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest answer taken from a server, in bytes: what servers of this project send at most.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// `HOST:PORT` of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    host: Box<str>,
    port: u16,
}

/// A text that is no address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not HOST:PORT, like 127.0.0.1:1010 or [::1]:1010 or trader.example:1010")]
pub struct AddressError(String);

impl Address {
    /// A port of this machine.
    pub fn local(port: u16) -> Self {
        Self { host: "127.0.0.1".into(), port }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fail = || AddressError(text.escape_debug().to_string());
        let (host, port) = text.rsplit_once(':').ok_or_else(fail)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(fail)?;
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (host.contains(':') && !bracketed) {
            return Err(fail());
        }
        // What a URI takes for something else than its host would be passed over there.
        let endpoint =
            Endpoint::from_shared(format!("http://{host}:{port}")).map_err(|_| fail())?;
        if endpoint.uri().host() != Some(host) {
            return Err(fail());
        }
        Ok(Self { host: host.into(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// How links are made: over TCP, or over a simulated network; in the clear, or under mutual TLS.
#[derive(Clone)]
pub struct Dialer {
    scheme: &'static str,
    dial: Arc<Dial>,
}

type Dial = dyn Fn(Endpoint, Role) -> Channel + Send + Sync;

impl Dialer {
    /// Over the machine's network, in the clear.
    pub fn tcp() -> Self {
        Self::new(|endpoint| endpoint.connect_lazy())
    }

    /// Over the machine's network, under TLS if there is some.
    pub fn over_tcp(tls: Option<Tls>) -> Self {
        tls.map_or_else(Self::tcp, |tls| Self::secured(tls, connect))
    }

    /// Over anything that turns an endpoint into a channel, in the clear.
    pub fn new(dial: impl Fn(Endpoint) -> Channel + Send + Sync + 'static) -> Self {
        Self { scheme: "http", dial: Arc::new(move |endpoint, _| dial(endpoint)) }
    }

    /// Under TLS, over what `connect` yields for an address.
    pub fn secured<IO, F>(
        tls: Tls,
        connect: impl Fn(Uri) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = io::Result<IO>> + Send + 'static,
    {
        let dial = move |endpoint: Endpoint, role| {
            let (tls, connect) = (tls.clone(), connect.clone());
            let connector = service_fn(move |uri| secure(tls.clone(), role, connect(uri)));
            endpoint.connect_with_connector_lazy(connector)
        };
        Self { scheme: "https", dial: Arc::new(dial) }
    }

    /// A channel to `address`: dialled at the first call, and again at the next call after a loss.
    /// Under TLS, the server there must be of `role`.
    pub fn channel(&self, address: &Address, role: Role) -> Channel {
        let endpoint = Endpoint::from_shared(format!("{}://{address}", self.scheme))
            .expect("an address was tried as an endpoint when it was parsed")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        (self.dial)(endpoint, role)
    }
}

async fn secure<IO: AsyncRead + AsyncWrite + Unpin>(
    tls: Tls,
    role: Role,
    connecting: impl Future<Output = io::Result<IO>>,
) -> io::Result<TokioIo<Secured<IO>>> {
    tls.connect(connecting.await?, role).await.map(TokioIo::new)
}

/// A connection to the host and port of an address, whose name is looked up anew each time.
async fn connect(uri: Uri) -> io::Result<TcpStream> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or_default())).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_addresses_are_host_and_port() {
        for good in ["127.0.0.1:1010", "localhost:1", "[::1]:65535", "a-b.example:1010"] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
        for bad in
            ["", ":", "1010", "host", "host:", ":1010", "host:0", "host:65536", "::1:10", "a b:1"]
        {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
        for no_host in ["host?x", "host/x", "host#\0", "me@host", "[::1]?"] {
            assert!(format!("{no_host}:1010").parse::<Address>().is_err(), "{no_host}");
        }
        assert_eq!(Address::local(1010).to_string(), "127.0.0.1:1010");
    }
}
