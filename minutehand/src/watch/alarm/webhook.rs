//! An HTTP server that takes events: a POST each, on a connection of its own.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use http::{
    Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::url::Url;
use crate::{report::length, request};

/// Who posts.
const AGENT: &str = concat!("minutehand/", env!("CARGO_PKG_VERSION"));

/// Why an event was not taken.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) why: String,
    /// Whether another try will not be taken either.
    pub(super) for_good: bool,
}

impl Failed {
    pub(super) fn passing(why: String) -> Self {
        Self { why, for_good: false }
    }
}

/// Posts to one address.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    url: Url,
    tls: Option<Arc<ClientConfig>>,
}

impl Webhook {
    /// What the machine trusts is read once; none of it is an error, if it is needed.
    pub(super) fn new(url: Url) -> Result<Self, String> {
        let tls = url.secure.then(trusting).transpose()?;
        Ok(Self { url, tls })
    }

    /// Where it posts to, without what a stranger must not know.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Posts it once. An answer other than 2xx is a failure; one that says that this side is wrong is so for good.
    pub(super) async fn post(&self, id: &str, json: String, limit: Duration) -> Result<(), Failed> {
        let posted = timeout(limit, self.try_to_post(id, json)).await;
        let status = posted
            .unwrap_or_else(|_| Err(format!("no answer within {}", length(limit))))
            .map_err(Failed::passing)?;
        if status.is_success() {
            return Ok(());
        }
        let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
        let for_good = status.is_client_error() && !may_pass.contains(&status);
        Err(Failed { why: format!("it answered {status}"), for_good })
    }

    async fn try_to_post(&self, id: &str, json: String) -> Result<StatusCode, String> {
        let Url { host, port, .. } = &self.url;
        let stream = TcpStream::connect((&**host, *port)).await.map_err(|error| no_link(&error))?;
        match &self.tls {
            None => self.send(stream, id, json).await,
            Some(config) => {
                let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
                let connecting = TlsConnector::from(Arc::clone(config)).connect(name, stream);
                let stream = connecting.await.map_err(|error| format!("TLS: {error}"))?;
                self.send(stream, id, json).await
            }
        }
    }

    async fn send<IO>(&self, stream: IO, id: &str, json: String) -> Result<StatusCode, String>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        request::send(stream, self.request(id, json)).await
    }

    fn request(&self, id: &str, json: String) -> Request<String> {
        let Url { authority, target, credentials, .. } = &self.url;
        let request = Request::post(target)
            .header(HOST, authority)
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "application/json")
            // Receivers that know the header take a retry for what it is (draft-ietf-httpapi-idempotency-key-header).
            .header("idempotency-key", format!("\"{id}\""));
        let request = match credentials {
            Some(credentials) => request.header(AUTHORIZATION, credentials),
            None => request,
        };
        request.body(json).expect("the address was read as one")
    }
}

fn no_link(error: &io::Error) -> String {
    let refused = error.kind() == ErrorKind::ConnectionRefused;
    if refused { "connection refused".to_owned() } else { error.to_string() }
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
