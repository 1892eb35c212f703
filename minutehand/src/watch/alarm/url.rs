//! An address that events are posted to, and how much of it may be shown: a path, a query or a password
//! is often all that a caller needs to be let in.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::Uri;
use percent_encoding::percent_decode_str;

/// Where events are posted to.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// Under TLS or not.
    pub(super) secure: bool,
    /// A name or an address, without brackets.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    /// Host and port as they are named to the server.
    pub(super) authority: String,
    /// Path and query.
    pub(super) target: String,
    /// `Basic …`, if it has a user and a password.
    pub(super) credentials: Option<String>,
}

/// A text that is no such address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected https://HOST[:PORT]/PATH, or http:// without TLS")]
pub struct UrlError;

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.parse().map_err(|_| UrlError)?;
        let (secure, default_port) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(UrlError),
        };
        let whole = uri.authority().ok_or(UrlError)?.as_str();
        let (user, authority) = match whole.rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, whole),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(UrlError)?;
        let port = match authority.strip_prefix(host) {
            Some("") => default_port,
            Some(_) => uri.port_u16().filter(|port| *port != 0).ok_or(UrlError)?,
            None => return Err(UrlError),
        };
        Ok(Self {
            secure,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authority: authority.to_owned(),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            credentials: user.map(basic),
        })
    }
}

/// `user:password` of an address, where both may be percent-encoded (RFC 3986), as the header has it (RFC 7617).
fn basic(user: &str) -> String {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
    let whole = [decoded(user), decoded(password)].join(&b':');
    format!("Basic {}", BASE64_STANDARD.encode(whole))
}

/// Without what a stranger must not know.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        let rest = if self.target == "/" { "" } else { "…" };
        write!(f, "{scheme}://{}/{rest}", self.authority)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let url: Url = "https://hooks.example/a/b?c=d".parse().unwrap();
        assert_eq!((url.secure, &*url.host, url.port), (true, "hooks.example", 443));
        assert_eq!((&*url.target, &url.credentials), ("/a/b?c=d", &None));
        let url: Url = "http://ann:word@[::1]:8080".parse().unwrap();
        assert_eq!((url.secure, &*url.host, url.port), (false, "::1", 8080));
        assert_eq!((&*url.authority, &*url.target), ("[::1]:8080", "/"));
        assert_eq!(url.credentials.as_deref(), Some("Basic YW5uOndvcmQ="));
        for (user, header) in [("ann:p%40ss", "Basic YW5uOnBAc3M="), ("ann", "Basic YW5uOg==")] {
            let url: Url = format!("https://{user}@h/").parse().unwrap();
            assert_eq!(url.credentials.as_deref(), Some(header), "{user}");
        }
        for bad in [
            "",
            "a",
            "ftp://a/",
            "https://",
            "https:///a",
            "http://a:0/",
            "http://a:99999/",
            "http://a b/",
        ] {
            assert_eq!(bad.parse::<Url>(), Err(UrlError), "{bad}");
        }
    }

    #[test]
    fn what_lets_a_caller_in_is_not_shown() {
        for (url, shown) in [
            ("https://hooks.example/services/T0/B0/secret", "https://hooks.example/…"),
            ("https://ann:word@h.example:8443/?token=t", "https://h.example:8443/…"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
        ] {
            let url: Url = url.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("Url({shown})"));
        }
    }
}
