//! Three files: the authority's certificate, this process's own, and its key.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    sign::CertifiedKey,
};
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::{
    identity::{Identity, IdentityError},
    words::{timestamp, unix_time},
};
use crate::grid::Timestamp;

/// Rights of anybody but the owner.
const OF_OTHERS: u32 = 0o077;

/// Longest file that is read, in bytes: an authority's certificates, old and new, and then some.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Later than any certificate's end.
const END_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));

/// Where certificates and key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Certificates of the authority, or of an old and a new one.
    pub ca: PathBuf,
    /// This process's own, with those between it and the authority's, if any.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// What is in them, checked.
pub(super) struct Credentials {
    pub(super) roots: Arc<RootCertStore>,
    pub(super) own: Arc<CertifiedKey>,
    pub(super) identity: Identity,
    pub(super) expires: Timestamp,
}

/// What tells one version of the files from the next, without reading them.
pub(super) type Stamp = [Option<(u64, i64, i64, u64)>; 3];

/// Files that cannot be used. Never says what is in them.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// One cannot be read.
    #[error("cannot read {file}: {error}", file = .0.display(), error = .1)]
    Unreadable(PathBuf, #[source] io::Error),
    /// One is far too long.
    #[error("{} is longer than {FILE_BYTES_MAX} bytes: it is no certificate and no key", .0.display())]
    TooLong(PathBuf),
    /// The key is not the owner's alone.
    #[error("{file} can be used by others than its owner (mode {mode:04o}): chmod 600 {file}", file = .0.display(), mode = .1)]
    Exposed(PathBuf, u32),
    /// There is no certificate in it, or a broken one.
    #[error("{} has no whole certificate in PEM form (BEGIN CERTIFICATE)", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in it, or a broken one.
    #[error("{} has no whole private key in PEM form (BEGIN PRIVATE KEY)", .0.display())]
    NoKey(PathBuf),
    /// The key is of a kind that is not supported, or another certificate's.
    #[error("the key {} does not belong to the certificate {}", .0.display(), .1.display())]
    OtherKey(PathBuf, PathBuf),
    /// The certificate does not say whose it is.
    #[error("{file}: {error}", file = .0.display(), error = .1)]
    Identity(PathBuf, #[source] IdentityError),
    /// The certificate's time is over.
    #[error("{file}: the certificate expired at {at}: renew it", file = .0.display(), at = .1)]
    Expired(PathBuf, Timestamp),
    /// The authority has not issued it.
    #[error("{} was not issued by the authority of {}", .0.display(), .1.display())]
    OtherAuthority(PathBuf, PathBuf),
    /// Something else is wrong with the certificate.
    #[error("{file}: the certificate cannot be used: {why}", file = .0.display(), why = .1)]
    Unusable(PathBuf, String),
    /// Renewed files are those of somebody else.
    #[error("{} is for {}, and this process is {}", .0.display(), .1, .2)]
    OtherIdentity(PathBuf, Identity, Identity),
}

impl Files {
    /// Reads and checks them.
    pub(super) fn load(&self, now: Timestamp) -> Result<Credentials, FilesError> {
        let roots = self.roots()?;
        let chain = certificates(&self.certificate)?;
        let identity = Identity::of(&chain[0])
            .map_err(|error| FilesError::Identity(self.certificate.clone(), error))?;
        let expires = self.check(&chain, &roots, now)?;
        let own = CertifiedKey::from_der(chain, key(&self.key)?, &ring::default_provider())
            .map_err(|_| FilesError::OtherKey(self.key.clone(), self.certificate.clone()))?;
        Ok(Credentials { roots: Arc::new(roots), own: Arc::new(own), identity, expires })
    }

    /// Differs as soon as one of the files does.
    pub(super) fn stamp(&self) -> Stamp {
        [&self.ca, &self.certificate, &self.key].map(|file| {
            let about = fs::metadata(file).ok()?;
            Some((about.ino(), about.mtime(), about.mtime_nsec(), about.len()))
        })
    }

    fn roots(&self) -> Result<RootCertStore, FilesError> {
        let mut roots = RootCertStore::empty();
        for anchor in certificates(&self.ca)? {
            roots
                .add(anchor)
                .map_err(|error| FilesError::Unusable(self.ca.clone(), error.to_string()))?;
        }
        Ok(roots)
    }

    /// Whether the authority's certificates vouch for the chain, and until when it is in force. A
    /// chain that comes into force only later is none of this side's business: the others say so.
    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        roots: &RootCertStore,
        now: Timestamp,
    ) -> Result<Timestamp, FilesError> {
        let file = || self.certificate.clone();
        let unusable = |error: Error| FilesError::Unusable(file(), error.to_string());
        let certificate = EndEntityCert::try_from(&chain[0]).map_err(unusable)?;
        let algorithms = ring::default_provider().signature_verification_algorithms.all;
        let at = |time| {
            let (anchors, between) = (&roots.roots, &chain[1..]);
            certificate
                .verify_for_usage(algorithms, anchors, between, time, AnyUse, None, None)
                .map(|_| ())
        };
        // The parser of certificates tells the end of one only when it is over.
        let expires = match at(END_OF_TIME) {
            Err(Error::CertExpired { not_after, .. }) => timestamp(not_after),
            _ => Timestamp::MAX,
        };
        match at(unix_time(now)) {
            Ok(()) | Err(Error::CertNotValidYet { .. }) => Ok(expires),
            Err(Error::CertExpired { .. }) => Err(FilesError::Expired(file(), expires)),
            Err(Error::UnknownIssuer | Error::InvalidSignatureForPublicKey) => {
                Err(FilesError::OtherAuthority(file(), self.ca.clone()))
            }
            Err(error) => Err(unusable(error)),
        }
    }
}

/// Whether a certificate is for clients or for servers is for the other side to judge.
struct AnyUse;

impl ExtendedKeyUsageValidator for AnyUse {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// One at least.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, FilesError> {
    let text = read(file, |_| Ok(()))?;
    let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(FilesError::NoCertificate(file.to_owned())),
    }
}

/// What the parser has to say of a broken key could quote it, so that nobody gets to read it.
fn key(file: &Path) -> Result<PrivateKeyDer<'static>, FilesError> {
    let text = read(file, |mode| {
        let exposed = mode & OF_OTHERS != 0;
        if exposed { Err(FilesError::Exposed(file.to_owned(), mode & 0o7777)) } else { Ok(()) }
    })?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| FilesError::NoKey(file.to_owned()))
}

/// The file's content, if its mode will do.
fn read(
    file: &Path,
    permits: impl FnOnce(u32) -> Result<(), FilesError>,
) -> Result<Vec<u8>, FilesError> {
    let unreadable = |error| FilesError::Unreadable(file.to_owned(), error);
    let open = File::open(file).map_err(unreadable)?;
    let about = open.metadata().map_err(unreadable)?;
    permits(about.mode())?;
    if about.len() > FILE_BYTES_MAX {
        return Err(FilesError::TooLong(file.to_owned()));
    }
    let mut text = Vec::new();
    open.take(FILE_BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
    Ok(text)
}
