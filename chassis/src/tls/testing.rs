//! An authority for tests, and certificates of any kind from it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType, date_time_ymd,
};
use tempfile::TempDir;

use super::{Files, Role};

/// An authority, with its files in a directory that goes when it goes.
pub struct Authority {
    directory: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What a certificate says. By default it is good for both ends, throughout 2026.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its URIs.
    pub uris: Vec<String>,
    /// Year, month and day of its beginning.
    pub from: (i32, u8, u8),
    /// Year, month and day of its end.
    pub to: (i32, u8, u8),
    /// Whether a client may show it.
    pub client: bool,
    /// Whether a server may show it.
    pub server: bool,
}

impl Leaf {
    /// Of one role and name.
    pub fn of(role: Role, name: &str) -> Self {
        let uris = vec![format!("spiffe://minutehand/{role}/{name}")];
        Self { uris, from: (2026, 1, 1), to: (2027, 1, 1), client: true, server: true }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::named("authority")
    }
}

impl Authority {
    /// A new one, with a name that others may have as well.
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("keys can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("it signs itself");
        let authority = Self { directory: TempDir::new().expect("a directory"), issuer };
        write(&authority.ca(), &pem("CERTIFICATE", authority.issuer.der()));
        authority
    }

    /// Where its certificate is.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A file among its files.
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// A certificate for both ends.
    pub fn issue(&self, role: Role, name: &str) -> Files {
        self.write(&format!("{role}-{name}"), &Leaf::of(role, name))
    }

    /// A certificate of any kind, in files of this name; those before are replaced.
    pub fn write(&self, file: &str, leaf: &Leaf) -> Files {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = leaf
            .uris
            .iter()
            .map(|uri| SanType::URI(uri.as_str().try_into().expect("ASCII")))
            .collect();
        let date = |(year, month, day)| date_time_ymd(year, month, day);
        (params.not_before, params.not_after) = (date(leaf.from), date(leaf.to));
        let uses = [
            (leaf.client, ExtendedKeyUsagePurpose::ClientAuth),
            (leaf.server, ExtendedKeyUsagePurpose::ServerAuth),
        ];
        params.extended_key_usages =
            uses.into_iter().filter(|(may, _)| *may).map(|(_, usage)| usage).collect();
        let key = KeyPair::generate().expect("keys can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("it signs");
        let files = Files {
            ca: self.ca(),
            certificate: self.path(&format!("{file}.pem")),
            key: self.path(&format!("{file}.key")),
        };
        write(&files.certificate, &pem("CERTIFICATE", certificate.der()));
        write(&files.key, &pem("PRIVATE KEY", &key.serialize_der()));
        files
    }
}

/// By renaming, as renewals should, and for the owner only.
fn write(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    fs::write(&beside, text).expect("a file can be written");
    fs::set_permissions(&beside, Permissions::from_mode(0o600)).expect("it is ours");
    fs::rename(&beside, file).expect("it is ours");
}

fn pem(what: &str, der: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(der);
    let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>();
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", lines.join("\n"))
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("directory", &self.directory.path())
            .finish_non_exhaustive()
    }
}
