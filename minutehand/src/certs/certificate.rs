//! What a certificate says: read back from its file, and compared with what it should say.

use std::{collections::BTreeSet, fmt, net::IpAddr, path::Path, str::FromStr};

use chassis::grid::Timestamp;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    pem::parse_x509_pem,
    prelude::{ASN1Time, FromDer as _},
};

/// A host under which a server is reached: what clients of other makers look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// By name.
    Name(String),
    /// By address.
    Address(IpAddr),
}

/// What a certificate may be used for: one of the two, never both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    /// To be called.
    Server,
    /// To call.
    Client,
}

/// How long a certificate lasts.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// From when on it should be renewed.
    pub due: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

/// How long the certificate in a file lasts; none if there is none in it.
pub fn life(file: &Path) -> Option<Life> {
    let certificate = Certificate::in_pem(&std::fs::read(file).ok()?)?;
    Some(Life { due: certificate.due(), until: certificate.until })
}

/// A certificate and what it says.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// Every URI among its names.
    pub(super) uris: Vec<String>,
    pub(super) hosts: BTreeSet<Host>,
    /// None: any, several, or something else.
    pub(super) usage: Option<Usage>,
    pub(super) is_authority: bool,
    /// The public key, as `SubjectPublicKeyInfo`.
    pub(super) public_key: Vec<u8>,
}

impl Certificate {
    /// The first certificate in a file's contents; none if they do not begin with one.
    pub(super) fn in_pem(contents: &[u8]) -> Option<Self> {
        let (_, pem) = parse_x509_pem(contents).ok()?;
        (pem.label == "CERTIFICATE").then_some(())?;
        Self::in_der(pem.contents)
    }

    /// The certificate that these bytes are.
    pub(super) fn in_der(der: Vec<u8>) -> Option<Self> {
        let (_, x509) = X509Certificate::from_der(&der).ok()?;
        let names = x509.subject_alternative_name().ok()?;
        let names = names.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
        let certificate = Self {
            from: timestamp(x509.validity().not_before),
            until: timestamp(x509.validity().not_after),
            uris: names.iter().filter_map(uri).collect(),
            hosts: names.iter().filter_map(host).collect(),
            usage: usage(&x509),
            is_authority: x509.is_ca(),
            public_key: x509.public_key().raw.to_vec(),
            der: Vec::new(),
        };
        Some(Self { der, ..certificate })
    }

    /// Whether the holder of this CA has signed `other`.
    pub(super) fn has_signed(&self, other: &Self) -> bool {
        let (this, other) = (self.parsed(), other.parsed());
        other.issuer() == this.subject() && other.verify_signature(Some(this.public_key())).is_ok()
    }

    fn parsed(&self) -> X509Certificate<'_> {
        X509Certificate::from_der(&self.der).expect("it was parsed when it was read").1
    }

    /// When a third of its life is left, which is when it should be renewed.
    pub(super) fn due(&self) -> Timestamp {
        self.until.minus(self.until.since(self.from) / 3)
    }
}

fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_micros(time.timestamp().saturating_mul(1_000_000))
}

fn uri(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::URI(uri) = name { Some((*uri).to_owned()) } else { None }
}

fn host(name: &GeneralName<'_>) -> Option<Host> {
    if let GeneralName::DNSName(name) = name {
        return Some(Host::Name((*name).to_owned()));
    }
    let GeneralName::IPAddress(bytes) = name else { return None };
    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
    address.ok().map(Host::Address)
}

fn usage(x509: &X509Certificate<'_>) -> Option<Usage> {
    let usage = x509.extended_key_usage().ok()??.value;
    match (usage.any, usage.server_auth, usage.client_auth) {
        (false, true, false) => Some(Usage::Server),
        (false, false, true) => Some(Usage::Client),
        _ => None,
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let is_label = |label: &str| {
            let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(allowed)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= 253 && text.split('.').all(is_label) {
            return Ok(Self::Name(text.to_owned()));
        }
        Err("write a host's name or address, like trader.example or 10.0.0.5".to_owned())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}
