//! Who is connected: which connection makes room for a new one, and how all of them are closed.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::oneshot;
use tracing::debug;

/// File descriptors that are kept for everything else: journal, logs, the runtime, what is being
/// accepted or closed.
const DESCRIPTORS_RESERVED: usize = 32;

/// How many connections a server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all: about 25 KB each.
    pub connections_max: usize,
    /// From one address of another machine, so that one of them cannot keep out the others.
    pub per_peer_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections_max: 1_024, per_peer_max: 64 }
    }
}

impl Limits {
    /// The default, or fewer connections where the machine allows fewer file descriptors. Raises
    /// the process's soft limit of descriptors to its hard limit first.
    pub fn of_this_process() -> Self {
        let Rlimit { mut current, maximum } = getrlimit(Resource::Nofile);
        if current != maximum {
            match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
                Ok(()) => current = maximum,
                Err(error) => debug!(%error, "the limit of file descriptors stays as it is"),
            }
        }
        let descriptors = current.and_then(|limit| usize::try_from(limit).ok());
        Self::default().within(descriptors.unwrap_or(usize::MAX))
    }

    fn within(self, descriptors: usize) -> Self {
        let left = descriptors.saturating_sub(DESCRIPTORS_RESERVED).max(1);
        Self { connections_max: self.connections_max.min(left), ..self }
    }
}

/// The open connections of one server. Clones are the same connections.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<Vec<Connection>>>);

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
    pub(crate) fn admit(&self, address: SocketAddr, limits: Limits) -> Option<(Peer, Closed)> {
        let mut open = self.lock();
        open.retain(|connection| !connection.close.is_closed());
        let peer = Peer { address, in_flight: Arc::default() };
        let of_peer = |connection: &Connection| connection.peer.host() == peer.host();
        let from_there = open.iter().filter(|connection| of_peer(connection)).count();
        if !peer.is_local() && from_there >= limits.per_peer_max {
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    in_flight: Arc<AtomicUsize>,
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
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.in_flight))
    }

    fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }

    fn host(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }
}

/// A request in flight or a stream that is open.
#[derive(Debug)]
pub struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        let before = self.0.fetch_sub(1, Ordering::Relaxed);
        assert!(before > 0, "each guard is counted once");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_62_few_descriptors_mean_few_connections() {
        let most = Limits::default();
        assert_eq!(most.within(usize::MAX), most);
        assert_eq!(most.within(64).connections_max, 32);
        assert_eq!(most.within(3).connections_max, 1);
        assert!(Limits::of_this_process().connections_max >= 1);
    }
}
