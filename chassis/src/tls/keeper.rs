//! What is in force: read from files, and read again when they change.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustls::{
    ClientConfig, ServerConfig, client::Resumption, crypto::ring, pki_types::UnixTime,
    server::NoServerSessionStorage, sign::SingleCertAndKey, time_provider::TimeProvider,
    version::TLS13,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};
use tracing::{error, info, warn};

use super::{
    files::{Credentials, Files, FilesError, Stamp},
    identity::{Identity, Role},
    judge::{Expecting, Judge},
    words::unix_time,
};
use crate::clock::Clock;

/// The files are looked at this often at most: a renewed certificate is in use within it.
const LOOK_PAUSE: Duration = Duration::from_secs(3);

/// An end that is nearer than this is warned of …
const WARN_BEFORE: Duration = Duration::from_hours(14 * 24);

/// … this often.
const WARN_PAUSE: Duration = Duration::from_hours(24);

/// What gRPC speaks inside …
const HTTP_2: &[u8] = b"h2";

/// … and what pages are sent over.
const HTTP_1: &[u8] = b"http/1.1";

/// Mutual TLS from files. Clones share what is in force.
#[derive(Clone)]
pub struct Tls(Arc<Keeper>, Spoken);

/// What a server speaks inside.
#[derive(Clone, Copy)]
enum Spoken {
    Grpc,
    Pages,
}

struct Keeper {
    files: Files,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    in_force: Arc<InForce>,
    /// Of the files as they were read last, whether they were taken or not.
    stamp: Stamp,
    looked_at: Instant,
    warned_at: Option<Instant>,
}

/// One version of the files, made ready.
pub(super) struct InForce {
    server: Arc<ServerConfig>,
    pages: Arc<ServerConfig>,
    pub(super) judge: Judge,
    credentials: Credentials,
    time: Arc<Wall>,
}

/// The wall clock, as certificates are judged by.
#[derive(Debug)]
struct Wall(Clock);

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(self.0.wall()))
    }
}

impl Tls {
    /// Reads the files, and says what is wrong with them.
    pub fn open(files: Files, clock: Clock) -> Result<Self, FilesError> {
        let stamp = files.stamp();
        let in_force = Arc::new(InForce::read(&files, clock)?);
        let state = State { in_force, stamp, looked_at: Instant::now(), warned_at: None };
        Ok(Self(Arc::new(Keeper { files, clock, state: Mutex::new(state) }), Spoken::Grpc))
    }

    /// The same for a server that speaks HTTP/1.1 inside.
    #[must_use]
    pub(crate) fn for_pages(self) -> Self {
        Self(self.0, Spoken::Pages)
    }

    /// What a server's handshake at this moment goes by.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        let in_force = self.in_force();
        Arc::clone(match self.1 {
            Spoken::Grpc => &in_force.server,
            Spoken::Pages => &in_force.pages,
        })
    }

    /// Whose certificate this process has.
    pub fn identity(&self) -> Identity {
        self.lock().in_force.credentials.identity.clone()
    }

    /// Keeps an eye on the files, which SIGHUP has read at once, and warns before the certificate
    /// ends, while `work` is done.
    pub async fn attend<T>(this: Option<&Self>, work: impl Future<Output = T>) -> T {
        let attending = async {
            if let Some(this) = this {
                this.keep().await;
            }
            std::future::pending().await
        };
        tokio::select! {
            biased;
            done = work => done,
            never = attending => never,
        }
    }

    async fn keep(&self) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return error!("renewed certificates are not noticed: {error}"),
        };
        loop {
            self.warn_of_the_end();
            tokio::select! {
                biased;
                _ = hangup.recv() => self.read_again(),
                () = sleep(LOOK_PAUSE) => self.look(),
            }
        }
    }

    /// What a handshake at this moment goes by.
    pub(super) fn in_force(&self) -> Arc<InForce> {
        self.look();
        Arc::clone(&self.lock().in_force)
    }

    /// The time by which certificates are judged.
    pub(super) fn now(&self) -> UnixTime {
        unix_time(self.0.clock.wall())
    }

    /// Reads the files again if they have changed.
    fn look(&self) {
        let mut state = self.lock();
        if state.looked_at.elapsed() < LOOK_PAUSE {
            return;
        }
        state.looked_at = Instant::now();
        let stamp = self.0.files.stamp();
        if stamp != state.stamp {
            self.read(&mut state, stamp);
        }
    }

    /// Reads the files again, changed or not.
    pub(super) fn read_again(&self) {
        let stamp = self.0.files.stamp();
        self.read(&mut self.lock(), stamp);
    }

    /// What cannot be used is said so once, and what was in force stays.
    fn read(&self, state: &mut State, stamp: Stamp) {
        state.stamp = stamp;
        let before = &state.in_force.credentials;
        match InForce::read(&self.0.files, self.0.clock) {
            Ok(read) if read.credentials.identity == before.identity => {
                let Credentials { identity, expires, .. } = &read.credentials;
                info!("the certificate of {identity} was read again: valid until {expires}");
                state.in_force = Arc::new(read);
                state.warned_at = None;
            }
            Ok(read) => {
                let (file, now_for) = (self.0.files.certificate.clone(), read.credentials.identity);
                let error = FilesError::OtherIdentity(file, now_for, before.identity.clone());
                warn!("{error}; the former certificate stays in use until {}", before.expires);
            }
            Err(error) => {
                warn!("{error}; the former certificate stays in use until {}", before.expires);
            }
        }
    }

    fn warn_of_the_end(&self) {
        let mut state = self.lock();
        let Credentials { identity, expires, .. } = &state.in_force.credentials;
        let (now, expires) = (self.0.clock.wall(), *expires);
        let said = state.warned_at.is_some_and(|at| at.elapsed() < WARN_PAUSE);
        if said || expires > now.plus(WARN_BEFORE) {
            return;
        }
        if expires > now {
            warn!("the certificate of {identity} expires at {expires}: renew it in place");
        } else {
            error!("the certificate of {identity} expired at {expires}: renew it in place");
        }
        state.warned_at = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever held it left one version or the other, and both are whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says where the files are, and nothing of what is in them.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.0.files).finish()
    }
}

impl InForce {
    fn read(files: &Files, clock: Clock) -> Result<Self, FilesError> {
        let credentials = files.load(clock.wall())?;
        let unusable = |why: String| FilesError::Unusable(files.ca.clone(), why);
        let judge = Judge::new(Arc::clone(&credentials.roots))
            .map_err(|error| unusable(error.to_string()))?;
        let time = Arc::new(Wall(clock));
        let server = server(&credentials, judge.clone(), Arc::clone(&time))
            .map_err(|error| unusable(error.to_string()))?;
        let mut pages = server.clone();
        pages.alpn_protocols = vec![HTTP_1.to_vec()];
        let (server, pages) = (Arc::new(server), Arc::new(pages));
        Ok(Self { server, pages, judge, credentials, time })
    }

    /// For a connection to a server of this role.
    pub(super) fn client(&self, role: Role) -> Arc<ClientConfig> {
        let expecting = Expecting { judge: self.judge.clone(), role };
        let provider = Arc::new(ring::default_provider());
        let time = Arc::clone(&self.time) as Arc<dyn TimeProvider>;
        let mut config = ClientConfig::builder_with_details(provider, time)
            .with_protocol_versions(&[&TLS13])
            .expect("a server was made ready with the same")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(expecting))
            .with_client_cert_resolver(self.own());
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        config.resumption = Resumption::disabled();
        // The host's name is of no interest, and nobody on the way needs to know it.
        config.enable_sni = false;
        Arc::new(config)
    }

    fn own(&self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(Arc::clone(&self.credentials.own)))
    }
}

fn server(
    credentials: &Credentials,
    judge: Judge,
    time: Arc<Wall>,
) -> Result<ServerConfig, rustls::Error> {
    let own = SingleCertAndKey::from(Arc::clone(&credentials.own));
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(judge))
        .with_cert_resolver(Arc::new(own));
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
