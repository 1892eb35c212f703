//! Who is connected: which connection makes room for a new one, and how all of them are closed.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::sync::oneshot;
use tracing::debug;

use super::complaints::{Complaint, Complaints};
use crate::{limits::Limits, tls::Identity};

/// The open connections of one server. Clones are the same connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: Arc<Mutex<Open>>,
    complaints: Arc<Complaints>,
}

/// Those that are open, in order of arrival.
#[derive(Debug, Default)]
struct Open {
    by_arrival: BTreeMap<u64, Connection>,
    arrived: u64,
}

/// One open connection, as seen from outside of it. Dropping this closes it.
#[derive(Debug)]
struct Connection {
    peer: Peer,
    _close: oneshot::Sender<()>,
}

/// A connection's own end: it is to be closed as soon as this says so. Dropping it gives back its
/// place.
#[derive(Debug)]
pub(crate) struct Closed {
    word: oneshot::Receiver<()>,
    connections: Connections,
    arrival: u64,
}

impl Closed {
    /// Ready when the connection is to be closed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Whether word was sent or the sender is gone makes no difference.
        Pin::new(&mut self.word).poll(cx).map(|_word| ())
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.connections.lock().by_arrival.remove(&self.arrival);
    }
}

impl Connections {
    /// Those of a server of pages, which has its own words for what its clients should not do.
    pub(crate) fn of_pages() -> Self {
        Self { complaints: Arc::new(Complaints::of_pages()), ..Self::default() }
    }

    /// Takes a connection in. When there are too many, the oldest one that has not introduced
    /// itself makes room, or else the oldest without a request or a stream; none when all are busy.
    pub(crate) fn admit(&self, address: SocketAddr, limits: &Limits) -> Option<(Peer, Closed)> {
        let admitted = self.find_room(address, limits);
        if admitted.is_none() {
            self.complaints.make(Complaint::Connections, address);
        }
        admitted
    }

    fn find_room(&self, address: SocketAddr, limits: &Limits) -> Option<(Peer, Closed)> {
        let complaints = Arc::clone(&self.complaints);
        let peer = Peer { address, about: Arc::default(), complaints };
        let of_peer = |connection: &Connection| connection.peer.host() == peer.host();
        let mut open = self.lock();
        let from_there = || open.by_arrival.values().filter(|one| of_peer(one)).count();
        if !peer.is_local() && from_there() >= limits.connections_per_peer_max {
            open.make_room(of_peer)?;
        }
        if open.by_arrival.len() >= limits.connections_max {
            open.make_room(|_| true)?;
        }
        assert!(open.by_arrival.len() < limits.connections_max, "room was made");
        let (close, word) = oneshot::channel();
        open.arrived += 1;
        let arrival = open.arrived;
        open.by_arrival.insert(arrival, Connection { peer: peer.clone(), _close: close });
        Some((peer, Closed { word, connections: self.clone(), arrival }))
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().by_arrival.len()
    }

    /// Closes all of them, whatever they are doing.
    pub fn close_all(&self) {
        self.lock().by_arrival.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing panics half-way through a change, so the list is whole whoever held it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes the oldest idle connection among the eligible ones: one that has not introduced
    /// itself, if there is any.
    fn make_room(&mut self, eligible: impl Fn(&Connection) -> bool) -> Option<()> {
        let idle = |one: &Connection| eligible(one) && !one.peer.is_busy();
        let mut all_idle = self.by_arrival.iter().filter(|(_, one)| idle(one));
        let (&oldest, _) = all_idle.clone().next()?;
        let stranger = all_idle.find(|(_, one)| !one.peer.is_introduced());
        let oldest = stranger.map_or(oldest, |(&stranger, _)| stranger);
        let evicted = self.by_arrival.remove(&oldest).expect("it was just found");
        debug!(peer = %evicted.peer.address, "closed an idle connection to make room");
        Some(())
    }
}

/// The other end of a connection. Each request carries it among its extensions.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    about: Arc<About>,
    complaints: Arc<Complaints>,
}

/// What is known of one connection besides its address: who is at its other end, and the requests so
/// far, with the streams that they opened.
#[derive(Debug, Default)]
struct About {
    introduced: AtomicBool,
    identity: OnceLock<Identity>,
    in_flight: AtomicUsize,
    ever: AtomicUsize,
}

impl Peer {
    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        self.host().is_loopback()
    }

    /// Marks the connection as busy until the guard is dropped: it makes room for nobody.
    pub fn busy(&self) -> Busy {
        self.about.in_flight.fetch_add(1, Ordering::Relaxed);
        self.about.ever.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.about))
    }

    /// Whose certificate it has shown; none without TLS.
    pub fn identity(&self) -> Option<&Identity> {
        self.about.identity.get()
    }

    /// It has shown its certificate.
    pub(super) fn identify(&self, identity: Identity) {
        let first = self.about.identity.set(identity).is_ok();
        assert!(first, "a connection has one handshake");
    }

    /// It speaks HTTP/2, and TLS if that is asked for.
    pub(super) fn introduce(&self) {
        self.about.introduced.store(true, Ordering::Relaxed);
    }

    fn is_introduced(&self) -> bool {
        self.about.introduced.load(Ordering::Relaxed)
    }

    /// Requests and streams that are open.
    pub(crate) fn in_flight(&self) -> usize {
        self.about.in_flight.load(Ordering::Relaxed)
    }

    /// Requests that there were so far.
    pub(super) fn requests_ever(&self) -> usize {
        self.about.ever.load(Ordering::Relaxed)
    }

    /// Says in the log what it does, once in a while.
    pub(crate) fn complain(&self, complaint: Complaint) {
        self.complaints.make(complaint, self.address);
    }

    pub(super) fn is_busy(&self) -> bool {
        self.in_flight() > 0
    }

    fn host(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }
}

/// A request in flight or a stream that is open.
#[derive(Debug)]
pub struct Busy(Arc<About>);

impl Drop for Busy {
    fn drop(&mut self) {
        let before = self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        assert!(before > 0, "each guard is counted once");
    }
}
