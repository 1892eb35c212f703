//! Taking a port, and saying plainly why that cannot be done.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use futures_util::{Stream, stream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tracing::{debug, warn};

use crate::{
    exit::{Exit, Failure},
    tls::Tls,
};

/// Connections that the kernel holds until they are accepted: as many as a server keeps at most,
/// so that all of them may come back at once after a restart.
const BACKLOG: u32 = 1_024;

/// Ports below this need a right of their own.
const PRIVILEGED_BELOW: u16 = 1_024;

/// A privileged port that may not be used is this much below the one that is proposed instead.
const PROPOSED_ABOVE: u16 = 10_000;

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address can be reached from other machines, and nothing protects it.
    #[error(
        "{0} can be reached from other machines, and connections are not encrypted: listen on 127.0.0.1, use mutual TLS (--tls-ca, --tls-cert, --tls-key), or say --insecure if the network is trusted"
    )]
    Exposed(IpAddr),
    /// Another process has the port.
    #[error(
        "{0} is in use by another process: stop that one, or choose another port with --port (0 takes a free one)"
    )]
    InUse(SocketAddr),
    /// The port needs a right that the process does not have.
    #[error(
        "no right to listen on {address}: ports below 1024 need root or CAP_NET_BIND_SERVICE; use a port above, like --port {free}"
    )]
    Forbidden {
        /// As asked for.
        address: SocketAddr,
        /// A port that is free and needs no right.
        free: u16,
    },
    /// Anything else.
    #[error("cannot listen on {address}: {error}")]
    Failed {
        /// As asked for.
        address: SocketAddr,
        /// The operating system's word.
        #[source]
        error: io::Error,
    },
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let exit = match &error {
            BindError::Exposed(_) => Exit::Usage,
            BindError::InUse(_) | BindError::Forbidden { .. } | BindError::Failed { .. } => {
                Exit::Failed
            }
        };
        exit.because(error.to_string())
    }
}

/// What protects a server from whoever reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing: it is for this machine only.
    Nothing,
    /// Nothing, and it is said that the network is trusted.
    Trust,
    /// Mutual TLS.
    Tls,
}

impl Protection {
    /// By what the command line says.
    pub fn of(tls: Option<&Tls>, insecure: bool) -> Self {
        match tls {
            Some(_) => Self::Tls,
            None if insecure => Self::Trust,
            None => Self::Nothing,
        }
    }
}

/// Listens on `host` and `port`; port 0 takes a free one. An address beyond this machine is taken
/// only with protection, and trust is warned of at each start. Needs a Tokio runtime.
pub fn bind(host: IpAddr, port: u16, protection: Protection) -> Result<TcpListener, BindError> {
    let exposed = !host.to_canonical().is_loopback();
    if exposed && protection == Protection::Nothing {
        return Err(BindError::Exposed(host));
    }
    let address = SocketAddr::new(host, port);
    let listener = listen(address).map_err(|error| explain(address, error))?;
    if exposed && protection == Protection::Trust {
        warn!(
            "insecure: whoever reaches {address} over the network may call this server, and nothing is encrypted"
        );
    }
    Ok(listener)
}

/// The connections of a listener, for [`Guarded`](super::Guarded).
pub fn incoming(
    listener: TcpListener,
) -> impl Stream<Item = io::Result<(TcpStream, SocketAddr)>> + Unpin {
    stream::poll_fn(move |cx| {
        let accepted = listener.poll_accept(cx);
        let taken = accepted.map_ok(|(io, from)| {
            send_at_once(&io);
            let from = as_local(from, io.local_addr().ok());
            (io, from)
        });
        taken.map(Some)
    })
}

/// A machine that calls one of its own addresses is as near as over loopback. (No packet comes from
/// outside with such a source: the kernel drops it.)
fn as_local(from: SocketAddr, to: Option<SocketAddr>) -> SocketAddr {
    match to {
        Some(to) if to.ip() == from.ip() && !from.ip().is_loopback() => {
            SocketAddr::new(Ipv4Addr::LOCALHOST.into(), from.port())
        }
        Some(_) | None => from,
    }
}

/// A message is small and somebody waits for it.
fn send_at_once(io: &TcpStream) {
    if let Err(error) = io.set_nodelay(true) {
        debug!(%error, "small messages to a peer may be delayed");
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server does not wait for connections of its predecessor to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn explain(address: SocketAddr, error: io::Error) -> BindError {
    if error.kind() == io::ErrorKind::AddrInUse {
        return BindError::InUse(address);
    }
    let forbidden = error.kind() == io::ErrorKind::PermissionDenied;
    if forbidden
        && (1..PRIVILEGED_BELOW).contains(&address.port())
        && let Some(free) = free_port(address)
    {
        return BindError::Forbidden { address, free };
    }
    BindError::Failed { address, error }
}

/// A port above the privileged ones that is free at this moment.
fn free_port(address: SocketAddr) -> Option<u16> {
    [address.port() + PROPOSED_ABOVE, 0].into_iter().find_map(|port| {
        let listener = std::net::TcpListener::bind((address.ip(), port)).ok()?;
        Some(listener.local_addr().ok()?.port())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn fault_57_a_machine_that_calls_itself_is_local() {
        let at = |address: &str| address.parse::<SocketAddr>().unwrap();
        for (from, to, seen) in [
            ("192.0.2.1:9", "192.0.2.1:1010", "127.0.0.1:9"),
            ("192.0.2.7:9", "192.0.2.1:1010", "192.0.2.7:9"),
            ("[2001:db8::1]:9", "[2001:db8::1]:1010", "127.0.0.1:9"),
            ("[::1]:9", "[::1]:1010", "[::1]:9"),
            ("127.0.0.1:9", "127.0.0.1:1010", "127.0.0.1:9"),
        ] {
            assert_eq!(as_local(at(from), Some(at(to))), at(seen), "{from} to {to}");
        }
    }

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn c1_beyond_loopback_only_when_said_so() {
        for host in ["0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1"] {
            let error = bind(host.parse().unwrap(), 0, Protection::Nothing).unwrap_err();
            let said = error.to_string();
            assert!(said.contains("--insecure") && said.contains("--tls-ca"), "{said}");
            assert_eq!(Failure::from(error).exit, Exit::Usage);
        }
        for protection in [Protection::Trust, Protection::Tls] {
            assert!(bind("0.0.0.0".parse().unwrap(), 0, protection).is_ok());
        }
        assert!(bind(LOOPBACK, 0, Protection::Nothing).is_ok());
    }

    #[tokio::test]
    async fn fault_38_a_port_in_use_is_named() {
        let first = bind(LOOPBACK, 0, Protection::Nothing).unwrap();
        let taken = first.local_addr().unwrap();
        let error = bind(LOOPBACK, taken.port(), Protection::Nothing).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{taken} is in use by another process: stop that one, or choose another port with --port (0 takes a free one)"
            )
        );
        assert_eq!(Failure::from(error).exit, Exit::Failed);
    }

    #[test]
    fn c1_a_forbidden_port_comes_with_a_free_one_above() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let error = explain("127.0.0.1:1000".parse().unwrap(), denied());
        let BindError::Forbidden { free, .. } = error else { panic!("{error}") };
        assert!(free >= PRIVILEGED_BELOW);
        assert!(error.to_string().ends_with(&format!("like --port {free}")), "{error}");
        let error = explain("127.0.0.1:1010".parse().unwrap(), denied());
        assert!(matches!(error, BindError::Forbidden { free, .. } if free >= PRIVILEGED_BELOW));
        let error = explain("127.0.0.1:5000".parse().unwrap(), denied());
        assert!(matches!(error, BindError::Failed { .. }), "{error}");
    }
}
