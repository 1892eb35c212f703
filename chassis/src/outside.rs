//! Connections to servers that are no part of the system: exchanges, and whoever takes alarms.

use std::{io::ErrorKind, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Bytes in both directions, encrypted or not.
pub trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A server of somebody else.
#[derive(Clone, Debug)]
pub struct Outside {
    host: String,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
}

impl Outside {
    /// By name or address without brackets. Where it is `secure`, whom this machine trusts is read once;
    /// an error says that this is nobody.
    pub fn new(host: &str, port: u16, secure: bool) -> Result<Self, String> {
        let tls = secure.then(trusting).transpose()?;
        Ok(Self { host: host.to_owned(), port, tls })
    }

    /// A connection, or why there is none. Whoever calls limits the time.
    pub async fn connect(&self) -> Result<Box<dyn Bytes>, String> {
        let stream = TcpStream::connect((&*self.host, self.port)).await.map_err(|error| {
            let refused = error.kind() == ErrorKind::ConnectionRefused;
            if refused { "connection refused".to_owned() } else { error.to_string() }
        })?;
        let Some(config) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
        Ok(Box::new(connecting.await.map_err(|error| format!("TLS: {error}"))?))
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
