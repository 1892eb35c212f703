//! Where an exchange is reached, and how a connection to it is made.

use std::{fmt, io::ErrorKind, str::FromStr, sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, http::Uri, protocol::WebSocketConfig},
};

/// How long it may take to be connected.
const DIAL_MAX: Duration = Duration::from_secs(5);

/// Largest message that is taken: a snapshot of a thousand trades is a quarter of it.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A WebSocket's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
}

/// Why a text is no WebSocket's address.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{}` is no address of a WebSocket: expected wss://HOST[:PORT]/PATH, or ws:// without TLS", .0.escape_debug())]
pub struct NoEndpoint(String);

impl FromStr for Endpoint {
    type Err = NoEndpoint;

    fn from_str(text: &str) -> Result<Self, NoEndpoint> {
        let read = || {
            let uri: Uri = text.parse().ok()?;
            let (secure, default_port) = match uri.scheme_str()? {
                "wss" => (true, 443),
                "ws" => (false, 80),
                _ => return None,
            };
            let host = uri.host()?;
            let port =
                if uri.authority()?.as_str() == host { default_port } else { uri.port_u16()? };
            let host = host.trim_matches(['[', ']']).to_owned();
            Some(Self { uri, host, port, secure })
        };
        read().ok_or_else(|| NoEndpoint(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

/// Bytes in both directions, encrypted or not.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A connection.
pub(crate) type Socket = WebSocketStream<Box<dyn Bytes>>;

/// Makes connections to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    endpoint: Endpoint,
    tls: Option<Arc<ClientConfig>>,
}

impl Dialer {
    /// What the machine trusts is read once; none of it is an error, if it is needed.
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, String> {
        let tls = endpoint.secure.then(trusting).transpose()?;
        Ok(Self { endpoint, tls })
    }

    /// A connection, or why there is none.
    pub(crate) async fn dial(&self) -> Result<Socket, String> {
        let dialled = timeout(DIAL_MAX, self.connect()).await;
        dialled.unwrap_or_else(|_| Err(format!("no connection within {} s", DIAL_MAX.as_secs())))
    }

    async fn connect(&self) -> Result<Socket, String> {
        let Endpoint { uri, host, port, .. } = &self.endpoint;
        let stream = TcpStream::connect((&**host, *port)).await;
        let stream = stream.map_err(|error| {
            let refused = error.kind() == ErrorKind::ConnectionRefused;
            if refused { "connection refused".to_owned() } else { error.to_string() }
        })?;
        let stream: Box<dyn Bytes> = match &self.tls {
            None => Box::new(stream),
            Some(config) => {
                let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
                let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
                Box::new(connecting.await.map_err(|error| format!("TLS: {error}"))?)
            }
        };
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let handshake = client_async_with_config(uri, stream, Some(limits)).await;
        // Exchanges answer in plain HTTP where they do not serve, or not as much.
        if let Err(tungstenite::Error::Http(answer)) = &handshake {
            return Err(format!("it answered HTTP {}", answer.status()));
        }
        handshake.map(|(socket, _)| socket).map_err(|error| error.to_string())
    }
}

/// Trusts whom the machine trusts.
fn trusting() -> Result<Arc<ClientConfig>, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(format!(
            "this machine trusts no certificate authority{why}: install some (on Debian: ca-certificates), or name a file by SSL_CERT_FILE"
        ));
    }
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_websockets_address() {
        let endpoint: Endpoint = "wss://stream.binance.com:9443/ws".parse().unwrap();
        assert_eq!(
            (endpoint.host.as_str(), endpoint.port, endpoint.secure),
            ("stream.binance.com", 9443, true)
        );
        assert_eq!(endpoint.to_string(), "wss://stream.binance.com:9443/ws");
        let endpoint: Endpoint = "ws://[::1]/".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.secure), ("::1", 80, false));
        for text in ["", "stream.binance.com", "https://a", "ws://", "ws://a:99999", "ws:///a"] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
