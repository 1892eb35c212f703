//! From the flag to a thread that serves.

use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    HttpAddress,
    server::{DRAIN_TIMEOUT, serve},
    site::Site,
};
use crate::{
    exit::{Exit, Failure},
    listener::{self, BindError, Protection},
    tls::Tls,
};

/// The thread ends by itself within this, once it is told to.
const CLOSE_TIMEOUT: Duration = DRAIN_TIMEOUT.saturating_add(Duration::from_secs(1));

/// A port that is taken, and on which nobody answers yet.
#[derive(Debug)]
pub struct Bound {
    listener: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    secured: bool,
}

/// A site that is served.
#[derive(Debug)]
pub struct Open {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Bound {
    /// Takes the port of `--http`. On loopback nothing is encrypted and nobody shows a certificate;
    /// beyond it the part's own TLS is asked for, or `--insecure`. Needs a Tokio runtime.
    fn bind(at: HttpAddress, tls: Option<&Tls>, insecure: bool) -> Result<Self, Failure> {
        let protection = Protection::of(tls, insecure);
        let socket = at.socket();
        let listener = listener::bind(socket.ip(), socket.port(), protection)
            .map_err(|error| refused(&error))?;
        let failed = |error| Exit::Failed.because(format!("--http {at}: {error}"));
        let address = listener.local_addr().map_err(failed)?;
        let listener = listener.into_std().map_err(failed)?;
        let encrypts = tls.filter(|_| !at.is_local()).cloned();
        Ok(Self { listener, address, tls: encrypts, secured: tls.is_some() })
    }

    /// The same, if it is asked for.
    pub fn asked(
        at: Option<HttpAddress>,
        tls: Option<&Tls>,
        insecure: bool,
    ) -> Result<Option<Self>, Failure> {
        at.map(|at| Self::bind(at, tls, insecure)).transpose()
    }

    /// Serves `site` from a thread of its own, and says where.
    pub fn open(self, site: Site) -> Result<Open, Failure> {
        let Self { listener, address, tls, secured } = self;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let page = if site.has_page() { " (in a browser: a page)" } else { "" };
        let stop = CancellationToken::new();
        let (done, ended) = oneshot::channel::<()>();
        let stopping = stop.clone();
        let failed =
            |error| Exit::Failed.because(format!("--http: cannot start a thread: {error}"));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let work = async move {
            // It was one of Tokio's before, so that it does not block.
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    serve(site, listener::incoming(listener), (tls, secured), stopping).await;
                }
                Err(error) => warn!("--http {address}: {error}"),
            }
            drop(done);
        };
        let thread = std::thread::Builder::new().name("http".to_owned());
        thread.spawn(move || runtime.block_on(work)).map_err(failed)?;
        info!("figures and health on {scheme}://{address}/{page}");
        Ok(Open { stop, ended })
    }
}

impl Open {
    /// Ends what is being asked, and gives the port back.
    pub async fn close(self) {
        self.stop.cancel();
        let _ended_or_late = timeout(CLOSE_TIMEOUT, self.ended).await;
    }
}

/// Serves a site while `work` is done, if there is one, and a port for it.
pub async fn beside<T>(
    bound: Option<(Bound, Site)>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let open = bound.map(|(bound, site)| bound.open(site)).transpose()?;
    let done = work.await;
    if let Some(open) = open {
        open.close().await;
    }
    done
}

/// In the words of this flag.
fn refused(error: &BindError) -> Failure {
    let (exit, why) = match error {
        BindError::Exposed(_) => (Exit::Usage, error.to_string()),
        BindError::InUse(address) => (
            Exit::Failed,
            format!(
                "{address} is in use by another process: choose another port (0 takes a free one)"
            ),
        ),
        BindError::Forbidden { address, free } => (
            Exit::Failed,
            format!(
                "no right to listen on {address}: ports below 1024 need root or CAP_NET_BIND_SERVICE; use a port above, like {free}"
            ),
        ),
        BindError::Failed { .. } => (Exit::Failed, error.to_string()),
    };
    exit.because(format!("--http: {why}"))
}
