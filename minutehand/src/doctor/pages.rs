//! The ports of figures and health: free, or what whoever answers there says of its health.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use chassis::{
    http::HttpAddress,
    listener::{self, Protection},
};
use http::{Request, StatusCode, header::HOST};
use tokio::{net::TcpStream, time::timeout};

use super::finding::Finding;
use crate::{report::length, request};

const CHECK: &str = "port";

/// The page of the part of that name.
pub(super) async fn examine(at: HttpAddress, label: &str, limit: Duration) -> Finding {
    let subject = format!("`http` of {label} ({at})");
    match timeout(limit, ask(at)).await {
        Ok(Ok(StatusCode::OK)) => Finding::ok(CHECK, &subject, "its health is ok"),
        Ok(Ok(StatusCode::SERVICE_UNAVAILABLE)) => {
            Finding::bad(CHECK, &subject, "the loop that does its work stands still")
                .so("look at its log, and start it anew")
        }
        Ok(Ok(status)) => {
            bad(&subject, format!("who listens there answers /healthz with {status}"))
        }
        Ok(Err(Unasked::Nobody)) => free(at, &subject),
        Ok(Err(Unasked::Secured)) => {
            let found = "somebody listens there, and cannot be asked without a certificate";
            Finding::warn(CHECK, &subject, found)
        }
        Ok(Err(Unasked::Failed(why))) => bad(&subject, why),
        Err(_) => bad(&subject, format!("no answer within {}", length(limit))),
    }
}

/// Why nobody has said how it is.
enum Unasked {
    Nobody,
    Secured,
    Failed(String),
}

impl From<io::Error> for Unasked {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::ConnectionRefused {
            return Self::Nobody;
        }
        Self::Failed(error.to_string())
    }
}

async fn ask(at: HttpAddress) -> Result<StatusCode, Unasked> {
    let here = reached(at.socket());
    let stream = TcpStream::connect(here).await?;
    if !at.is_local() {
        return Err(Unasked::Secured);
    }
    let request = Request::get("/healthz").header(HOST, here.to_string()).body(String::new());
    let request = request.expect("an address makes a header");
    let answer = request::send(stream, request).await.map_err(Unasked::Failed)?;
    Ok(answer.status)
}

/// Where this machine reaches a listener: one of all addresses at its own.
fn reached(at: SocketAddr) -> SocketAddr {
    if !at.ip().is_unspecified() {
        return at;
    }
    let loopback =
        if at.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    SocketAddr::new(loopback, at.port())
}

fn free(at: HttpAddress, subject: &str) -> Finding {
    let at = reached(at.socket());
    match listener::bind(at.ip(), at.port(), Protection::Tls) {
        Ok(_) => Finding::ok(CHECK, subject, "free: it does not run"),
        Err(error) => Finding::bad(CHECK, subject, error.to_string()),
    }
}

fn bad(subject: &str, found: String) -> Finding {
    Finding::bad(CHECK, subject, found).so("stop what has the port, or give this one another")
}
