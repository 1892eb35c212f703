//! Who is connected: which connection makes room for a new one, and how all of them are closed.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::oneshot;
use tracing::debug;

use super::complaints::{Complaint, Complaints};
use crate::{limits::Limits, tls::Identity};

/// The open connections of one server. Clones are the same connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: Arc<Mutex<Vec<Connection>>>,
    complaints: Arc<Complaints>,
}

/// One open connection, as seen from outside of it. Dropping this closes it.
#[derive(Debug)]
struct Connection {
    peer: Peer,
    close: oneshot::Sender<()>,
}

/// A connection's own end: it is to be closed as soon as this says so.
pub(crate) type Closed = oneshot::Receiver<()>;

impl Connections {
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
        let mut open = self.lock();
        open.retain(|connection| !connection.close.is_closed());
        let complaints = Arc::clone(&self.complaints);
        let peer = Peer { address, about: Arc::default(), complaints };
        let of_peer = |connection: &Connection| connection.peer.host() == peer.host();
        let from_there = open.iter().filter(|connection| of_peer(connection)).count();
        if !peer.is_local() && from_there >= limits.connections_per_peer_max {
            make_room(&mut open, of_peer)?;
        }
        if open.len() >= limits.connections_max {
            make_room(&mut open, |_| true)?;
        }
        assert!(open.len() < limits.connections_max, "room was made");
        let (close, closed) = oneshot::channel();
        open.push(Connection { peer: peer.clone(), close });
        Some((peer, closed))
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lock().iter().filter(|connection| !connection.close.is_closed()).count()
    }

    /// Closes all of them, whatever they are doing.
    pub fn close_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing panics half-way through a change, so the list is whole whoever held it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the oldest idle connection among the eligible ones, which stand in order of arrival.
fn make_room(open: &mut Vec<Connection>, eligible: impl Fn(&Connection) -> bool) -> Option<()> {
    let idle = |one: &Connection| eligible(one) && !one.peer.is_busy();
    let stranger = open.iter().position(|one| idle(one) && !one.peer.is_introduced());
    let oldest = stranger.or_else(|| open.iter().position(idle))?;
    let evicted = open.remove(oldest);
    debug!(peer = %evicted.peer.address, "closed an idle connection to make room");
    Some(())
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
