//! Where an exchange is reached, and how a connection to it is made.

use std::{fmt, str::FromStr, time::Duration};

use chassis::outside::{Bytes, Outside};
use tokio::time::timeout;
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

/// A connection.
pub(crate) type Socket = WebSocketStream<Box<dyn Bytes>>;

/// Makes connections to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    uri: Uri,
    server: Outside,
}

impl Dialer {
    /// What the machine trusts is read once; none of it is an error, if it is needed.
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, String> {
        let Endpoint { uri, host, port, secure } = endpoint;
        let server = Outside::new(&host, port, secure)?;
        Ok(Self { uri, server })
    }

    /// A connection, or why there is none.
    pub(crate) async fn dial(&self) -> Result<Socket, String> {
        let dialled = timeout(DIAL_MAX, self.connect()).await;
        dialled.unwrap_or_else(|_| Err(format!("no connection within {} s", DIAL_MAX.as_secs())))
    }

    async fn connect(&self) -> Result<Socket, String> {
        let stream = self.server.connect().await?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let handshake = client_async_with_config(&self.uri, stream, Some(limits)).await;
        // Exchanges answer in plain HTTP where they do not serve, or not as much.
        if let Err(tungstenite::Error::Http(answer)) = &handshake {
            return Err(format!("it answered HTTP {}", answer.status()));
        }
        handshake.map(|(socket, _)| socket).map_err(|error| error.to_string())
    }
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
