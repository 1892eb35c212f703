//! Where a part serves its pages: the value of `--http`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

/// An address to listen on. A port alone is one of this machine's loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpAddress(SocketAddr);

/// A text that says nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no address to listen on: write a port, like 9100, or an address with one, like 127.0.0.1:9100 or [::1]:9100"
)]
pub struct HttpAddressError(String);

impl HttpAddress {
    /// The address itself.
    pub const fn socket(self) -> SocketAddr {
        self.0
    }

    /// Its port; 0: a free one.
    pub const fn port(self) -> u16 {
        self.0.port()
    }

    /// Whether only this machine reaches it.
    pub fn is_local(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }
}

impl FromStr for HttpAddress {
    type Err = HttpAddressError;

    fn from_str(text: &str) -> Result<Self, HttpAddressError> {
        let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let named = || text.strip_prefix("localhost:")?.parse().ok().map(local);
        let parsed = text.parse().ok().map(local).or_else(named).or_else(|| text.parse().ok());
        parsed.map(Self).ok_or_else(|| HttpAddressError(text.escape_debug().to_string()))
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_a_port_alone_is_one_of_this_machine() {
        for (text, address) in [
            ("9100", "127.0.0.1:9100"),
            ("0", "127.0.0.1:0"),
            ("localhost:9100", "127.0.0.1:9100"),
            ("127.0.0.1:9100", "127.0.0.1:9100"),
            ("0.0.0.0:9100", "0.0.0.0:9100"),
            ("[::1]:9100", "[::1]:9100"),
        ] {
            let parsed: HttpAddress = text.parse().unwrap();
            assert_eq!(parsed.to_string(), address, "{text}");
            assert_eq!(parsed.is_local(), !text.starts_with("0.0"), "{text}");
        }
        for wrong in ["", ":9100", "65536", "::1:9100", "trader:9100", "127.0.0.1", "-1", "9100 "] {
            assert!(wrong.parse::<HttpAddress>().is_err(), "{wrong}");
        }
    }
}
