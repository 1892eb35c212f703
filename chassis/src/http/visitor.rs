//! Who asks, and what that one may: by certificate, by machine, and by what a browser says of the page
//! that sent it.
//!
//! A browser on this machine will send any page's requests to loopback. A page on the internet reads an
//! answer only under its own name, and so has to make its name lead here (DNS rebinding): `Host` tells.
//! And it may post without reading the answer: `Origin` tells.

use std::net::{IpAddr, SocketAddr};

use http::{
    HeaderMap, Method, StatusCode,
    header::{HOST, ORIGIN},
};

use crate::{
    listener::Peer,
    tls::{Identity, Role},
};

/// Who may ask for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Whoever gets here: how the part fares, in names, states and times, and nothing of what is
    /// traded.
    Anyone,
    /// Whoever may read over gRPC: with TLS, whoever has a certificate.
    Readers,
    /// Operators: with TLS by their certificates, without by being on this machine.
    Operators,
}

/// What protects a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// The part has no TLS.
    Nothing,
    /// The part has TLS, but this port is on loopback, where nobody shows a certificate.
    Plain,
    /// Nobody gets here without a certificate.
    Certificates,
}

/// Who sent a request. It is among the request's extensions.
#[derive(Clone, Debug)]
pub struct Visitor {
    address: SocketAddr,
    is_local: bool,
    identity: Option<Identity>,
    operates: bool,
}

/// Why a request is refused: a code for machines and words for people.
pub(super) type Refusal = (StatusCode, &'static str);

impl Visitor {
    pub(super) fn new(peer: &Peer, guard: Guard) -> Self {
        let (address, is_local) = (peer.address(), peer.is_local());
        let identity = peer.identity().cloned();
        let mut visitor = Self { address, is_local, identity, operates: false };
        visitor.operates = visitor.may(guard, Whom::Operators).is_ok();
        visitor
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whose certificate it has shown; none without TLS.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Whether it gets through to what is for operators.
    pub fn operates(&self) -> bool {
        self.operates
    }

    /// Refuses what must not be answered.
    pub(super) fn admit(
        &self,
        guard: Guard,
        whom: Whom,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(), Refusal> {
        let host = host(headers)?;
        let may_be_led = self.is_local || whom != Whom::Anyone;
        if may_be_led && guard != Guard::Certificates && !is_an_address(host) {
            return Err((
                StatusCode::MISDIRECTED_REQUEST,
                "any name may be made to lead here: ask for this server by its address, like http://127.0.0.1:PORT/",
            ));
        }
        if !matches!(*method, Method::GET | Method::HEAD) && is_from_elsewhere(host, headers) {
            return Err((StatusCode::FORBIDDEN, "another site's page may not ask for this"));
        }
        self.may(guard, whom)
    }

    fn may(&self, guard: Guard, whom: Whom) -> Result<(), Refusal> {
        let operates = match guard {
            Guard::Nothing => self.is_local,
            Guard::Plain => false,
            Guard::Certificates => {
                self.identity.as_ref().is_some_and(|identity| identity.role == Role::Operator)
            }
        };
        match (whom, guard) {
            (Whom::Anyone, _) | (Whom::Readers, Guard::Nothing | Guard::Certificates) => Ok(()),
            (Whom::Operators, _) if operates => Ok(()),
            (Whom::Readers | Whom::Operators, Guard::Plain) => Err((
                StatusCode::FORBIDDEN,
                "this is shown to certificates only, and on loopback none is asked for: let --http listen on an address of the network",
            )),
            (Whom::Operators, Guard::Certificates) => {
                Err((StatusCode::FORBIDDEN, "this needs a certificate of the role operator"))
            }
            (Whom::Operators, Guard::Nothing) => {
                Err((StatusCode::FORBIDDEN, "without TLS this is for the server's own machine"))
            }
        }
    }
}

/// The one host that a request names.
fn host(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) => Ok(host),
        _ => Err((StatusCode::BAD_REQUEST, "a request has one Host header")),
    }
}

/// An address cannot be led elsewhere, and neither can `localhost`. The port may be that of a tunnel.
fn is_an_address(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

/// A browser says which page a request comes from; what says nothing is no browser.
fn is_from_elsewhere(host: &str, headers: &HeaderMap) -> bool {
    let same = |origin: &str| {
        let authority = origin.split_once("://").map(|(_scheme, authority)| authority);
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    headers.get_all(ORIGIN).iter().any(|origin| !origin.to_str().is_ok_and(same))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    fn visitor(address: &str, role: Option<Role>) -> Visitor {
        let address: SocketAddr = address.parse().unwrap();
        let is_local = address.ip().to_canonical().is_loopback();
        let identity = role.map(|role| Identity { role, name: "a".parse().unwrap() });
        Visitor { address, is_local, identity, operates: false }
    }

    #[test]
    fn fault_57_who_may_what_by_certificate_and_by_machine() {
        use {Guard as G, Role as R, Whom as W};
        let (here, there) = ("127.0.0.1:9", "192.0.2.7:9");
        for (from, role, guard, anyone, readers, operators) in [
            (here, None, G::Nothing, true, true, true),
            (there, None, G::Nothing, true, true, false),
            (here, None, G::Plain, true, false, false),
            (there, Some(R::Strategy), G::Certificates, true, true, false),
            (here, Some(R::Strategy), G::Certificates, true, true, false),
            (there, Some(R::Operator), G::Certificates, true, true, true),
        ] {
            let visitor = visitor(from, role);
            let may = [W::Anyone, W::Readers, W::Operators].map(|whom| {
                let headers = headers(&[("host", "127.0.0.1:9100")]);
                visitor.admit(guard, whom, &Method::GET, &headers).is_ok()
            });
            assert_eq!(may, [anyone, readers, operators], "{from} {role:?} {guard:?}");
        }
    }

    #[test]
    fn fault_57_a_name_that_was_led_here_gets_nothing() {
        let get = |from: &str, guard, hosts: &[(&str, &str)]| {
            let admitted =
                visitor(from, None).admit(guard, Whom::Anyone, &Method::GET, &headers(hosts));
            admitted.map_err(|(status, _)| status.as_u16())
        };
        for (host, expected) in [
            ("127.0.0.1:9100", Ok(())),
            ("127.0.0.1", Ok(())),
            ("localhost:8080", Ok(())),
            ("LocalHost", Ok(())),
            ("[::1]:9100", Ok(())),
            ("192.0.2.1:9100", Ok(())),
            ("evil.example", Err(421)),
            ("evil.example:9100", Err(421)),
            ("127.0.0.1.evil.example", Err(421)),
            ("localhost.evil.example", Err(421)),
            ("127.0.0.1:x", Err(421)),
            ("", Err(421)),
        ] {
            for guard in [Guard::Nothing, Guard::Plain] {
                assert_eq!(get("127.0.0.1:9", guard, &[("host", host)]), expected, "{host}");
            }
        }
        assert_eq!(get("127.0.0.1:9", Guard::Nothing, &[]), Err(400));
        let two = [("host", "127.0.0.1"), ("host", "127.0.0.1")];
        assert_eq!(get("127.0.0.1:9", Guard::Nothing, &two), Err(400));
        // Over a network that is trusted scrapers call the server by its name there; what is traded is
        // no browser's that a page of the internet has led there.
        assert_eq!(get("192.0.2.7:9", Guard::Nothing, &[("host", "trader:9100")]), Ok(()));
        for (host, expected) in [("trader:9100", false), ("192.0.2.1:9100", true)] {
            let read = visitor("192.0.2.7:9", None).admit(
                Guard::Nothing,
                Whom::Readers,
                &Method::GET,
                &headers(&[("host", host)]),
            );
            assert_eq!(read.is_ok(), expected, "{host}");
        }
        assert_eq!(get("127.0.0.1:9", Guard::Certificates, &[("host", "trader:9100")]), Ok(()));
    }

    #[test]
    fn fault_57_no_other_page_posts() {
        let post = |more: &[(&str, &str)]| {
            let mut pairs = vec![("host", "127.0.0.1:9100")];
            pairs.extend(more);
            let visitor = visitor("127.0.0.1:9", None);
            let headers = headers(&pairs);
            visitor.admit(Guard::Nothing, Whom::Operators, &Method::POST, &headers).is_ok()
        };
        assert!(post(&[]), "no browser");
        assert!(post(&[("origin", "http://127.0.0.1:9100")]));
        for origin in ["http://evil.example", "null", "", "http://127.0.0.1:9101", "127.0.0.1:9100"]
        {
            assert!(!post(&[("origin", origin)]), "{origin}");
        }
        assert!(!post(&[("origin", "http://127.0.0.1:9100"), ("origin", "null")]));
    }
}
