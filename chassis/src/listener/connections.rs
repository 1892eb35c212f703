//! Who is connected: which connection makes room for a new one, and how all of them are closed.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::oneshot;
use tracing::debug;

use super::complaints::{Complaint, Complaints};
use crate::limits::Limits;

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
    /// Takes a connection in. When there are too many, the oldest one without a request or a
    /// stream makes room; none when all are busy.
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
        let peer = Peer { address, requests: Arc::default(), complaints };
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
    let oldest = open.iter().position(|one| eligible(one) && !one.peer.is_busy())?;
    let evicted = open.remove(oldest);
    debug!(peer = %evicted.peer.address, "closed an idle connection to make room");
    Some(())
}

/// The other end of a connection. Each request carries it among its extensions.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    requests: Arc<Requests>,
    complaints: Arc<Complaints>,
}

/// Requests of one connection, with the streams that they opened.
#[derive(Debug, Default)]
struct Requests {
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
        self.requests.in_flight.fetch_add(1, Ordering::Relaxed);
        self.requests.ever.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.requests))
    }

    /// Requests and streams that are open.
    pub(crate) fn in_flight(&self) -> usize {
        self.requests.in_flight.load(Ordering::Relaxed)
    }

    /// Requests that there were so far.
    pub(super) fn requests_ever(&self) -> usize {
        self.requests.ever.load(Ordering::Relaxed)
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
pub struct Busy(Arc<Requests>);

impl Drop for Busy {
    fn drop(&mut self) {
        let before = self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
        assert!(before > 0, "each guard is counted once");
    }
}
