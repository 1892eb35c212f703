//! Whose a certificate is: a role and a name, as a URI among its subject alternative names.

use std::{fmt, str::FromStr};

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::name::{Name, untrusted};

/// What the URI of an identity begins with; role and name follow.
const PREFIX: &str = "spiffe://minutehand/";

/// What the bearer of a certificate does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Serves signals.
    Generator,
    /// Decides from signals.
    Strategy,
    /// Takes the median.
    Trader,
    /// Takes strategies off the list, halts and resumes.
    Operator,
}

/// Whose a certificate is: `spiffe://minutehand/ROLE/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// What it does.
    pub role: Role,
    /// Its name: that of the strategy, the generator, the trader or the person.
    pub name: Name,
}

/// A certificate that does not say whose it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
    /// It names nobody.
    #[error("the certificate names no identity: it needs the URI {PREFIX}ROLE/NAME")]
    Missing,
    /// It names several.
    #[error("the certificate has several URIs: it needs one, {PREFIX}ROLE/NAME")]
    Several,
    /// What it names is nobody of this project.
    #[error(
        "{0} is not an identity: it is {PREFIX}ROLE/NAME, and a role is generator, strategy, trader or operator"
    )]
    Foreign(String),
}

impl Role {
    const ALL: [Self; 4] = [Self::Generator, Self::Strategy, Self::Trader, Self::Operator];

    /// As it stands in the URI.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Strategy => "strategy",
            Self::Trader => "trader",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Identity {
    /// As it stands in a certificate.
    pub fn uri(&self) -> String {
        format!("{PREFIX}{}/{}", self.role, self.name)
    }

    /// The one that a certificate names. The parser is that of the verification, so that both read
    /// the same.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<Self, IdentityError> {
        let certificate = EndEntityCert::try_from(certificate)
            .map_err(|error| IdentityError::Unreadable(error.to_string()))?;
        let mut uris = certificate.valid_uri_names();
        match (uris.next(), uris.next()) {
            (None, _) => Err(IdentityError::Missing),
            (Some(uri), None) => uri.parse(),
            (Some(_), Some(_)) => Err(IdentityError::Several),
        }
    }
}

/// `strategy X`
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role, self.name)
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(uri: &str) -> Result<Self, IdentityError> {
        let read = || {
            let (role, name) = uri.strip_prefix(PREFIX)?.split_once('/')?;
            let role = Role::ALL.into_iter().find(|known| known.as_str() == role)?;
            Some(Self { role, name: name.parse().ok()? })
        };
        read().ok_or_else(|| IdentityError::Foreign(untrusted(uri)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_55_an_identity_has_one_form() {
        let good: Identity = "spiffe://minutehand/strategy/Mean-reversion_2.1".parse().unwrap();
        assert_eq!(good.to_string(), "strategy Mean-reversion_2.1");
        assert_eq!(good.uri().parse(), Ok(good));
        for role in Role::ALL {
            let uri = format!("{PREFIX}{role}/x");
            assert_eq!(uri.parse::<Identity>().map(|identity| identity.role), Ok(role));
        }
        for bad in [
            "",
            "spiffe://minutehand",
            "spiffe://minutehand/strategy",
            "spiffe://minutehand/strategy/",
            "spiffe://minutehand/strategy/X/",
            "spiffe://minutehand/strategy/X/Y",
            "spiffe://minutehand/strategy/X?",
            "spiffe://minutehand/strategy/%58",
            "spiffe://minutehand/Strategy/X",
            "spiffe://minutehand/root/X",
            "SPIFFE://minutehand/strategy/X",
            "spiffe://minutehand.example/strategy/X",
            "https://minutehand/strategy/X",
            "spiffe://minutehand/operator\0/X",
        ] {
            assert_eq!(
                bad.parse::<Identity>(),
                Err(IdentityError::Foreign(untrusted(bad))),
                "{bad:?}"
            );
        }
    }
}
