//! Where traces go.

use std::{fmt, str::FromStr};

#[cfg(feature = "otlp")]
use std::time::Duration;

#[cfg(feature = "otlp")]
use tonic::transport::Channel;

use crate::channel::{Address, AddressError};

/// A dial into a black hole is given up after this.
#[cfg(feature = "otlp")]
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

const SCHEME: &str = "http://";

/// A collector that takes OTLP over gRPC: `http://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Address);

/// A text that is no endpoint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EndpointError {
    /// Encrypted.
    #[error(
        "traces are exported without TLS: name a collector of this machine, like http://127.0.0.1:4317, and let it pass them on encrypted"
    )]
    Tls,
    /// Of another form.
    #[error("write it like http://127.0.0.1:4317, the gRPC port of an OTLP collector")]
    Form,
    /// Not a place.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.starts_with("https://") {
            return Err(EndpointError::Tls);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(EndpointError::Form)?;
        Ok(Self(rest.strip_suffix('/').unwrap_or(rest).parse()?))
    }
}

#[cfg(feature = "otlp")]
impl Endpoint {
    /// A link to it, which is made with the first call.
    pub(super) fn dial(&self) -> Channel {
        tonic::transport::Endpoint::from_shared(self.to_string())
            .expect("an address was tried as an endpoint when it was parsed")
            .connect_timeout(CONNECT_TIMEOUT)
            .connect_lazy()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_endpoints_are_urls_of_hosts_and_ports() {
        for good in ["http://127.0.0.1:4317", "http://[::1]:4317/", "http://otel.example:4317"] {
            let endpoint: Endpoint = good.parse().unwrap();
            assert_eq!(endpoint.to_string(), good.trim_end_matches('/'));
        }
        assert_eq!("https://127.0.0.1:4317".parse::<Endpoint>(), Err(EndpointError::Tls));
        for bad in [
            "",
            "127.0.0.1:4317",
            "grpc://127.0.0.1:4317",
            "http://",
            "http://host",
            "http://host:4317/v1/traces",
            "http://host:0",
            "HTTP://host:4317",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
