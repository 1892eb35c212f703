//! Links to servers: where they are, and how they are dialled.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use tonic::transport::{Channel, Endpoint};

/// A dial into a black hole is given up after this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// An idle link is probed this often …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);

/// … and is dead when the probe is not answered within this: five seconds in all (rule R4).
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest answer taken from a server, in bytes: what servers of this project send at most.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// `HOST:PORT` of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    host: Box<str>,
    port: u16,
}

/// A text that is no address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not HOST:PORT, like 127.0.0.1:1010 or [::1]:1010 or trader.example:1010")]
pub struct AddressError(String);

impl Address {
    /// A port of this machine.
    pub fn local(port: u16) -> Self {
        Self { host: "127.0.0.1".into(), port }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fail = || AddressError(text.escape_debug().to_string());
        let (host, port) = text.rsplit_once(':').ok_or_else(fail)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(fail)?;
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (host.contains(':') && !bracketed) {
            return Err(fail());
        }
        Endpoint::from_shared(format!("http://{host}:{port}")).map_err(|_| fail())?;
        Ok(Self { host: host.into(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// How links are made: over TCP, or over a simulated network.
#[derive(Clone)]
pub struct Dialer(Arc<dyn Fn(Endpoint) -> Channel + Send + Sync>);

impl Dialer {
    /// Over the machine's network.
    pub fn tcp() -> Self {
        Self(Arc::new(|endpoint| endpoint.connect_lazy()))
    }

    /// Over anything that turns an endpoint into a channel.
    pub fn new(dial: impl Fn(Endpoint) -> Channel + Send + Sync + 'static) -> Self {
        Self(Arc::new(dial))
    }

    /// A channel to `address`: dialled at the first call, and again at the next call after a loss.
    pub fn channel(&self, address: &Address) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .expect("an address was tried as an endpoint when it was parsed")
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        (self.0)(endpoint)
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_addresses_are_host_and_port() {
        for good in ["127.0.0.1:1010", "localhost:1", "[::1]:65535", "a-b.example:1010"] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
        for bad in
            ["", ":", "1010", "host", "host:", ":1010", "host:0", "host:65536", "::1:10", "a b:1"]
        {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
        assert_eq!(Address::local(1010).to_string(), "127.0.0.1:1010");
    }
}
