//! Why certificates cannot be made: which file, and what to do about it.

use std::{io, path::PathBuf};

use chassis::{
    exit::{Exit, Failure},
    grid::Timestamp,
};

/// Why certificates cannot be made. No variant carries anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// A file or the directory cannot be read.
    #[error("cannot read {}: {error}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// The operating system's word.
        error: io::Error,
    },
    /// A file or the directory cannot be written.
    #[error("cannot write {}: {error}", file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// The operating system's word.
        error: io::Error,
    },
    /// There is a CA, but not its key.
    #[error(
        "{} is not there: a certificate is made where the key of its CA is kept; run this there, and bring the part its two files",
        .0.display()
    )]
    NoAuthorityKey(PathBuf),
    /// There is a CA's key, but not its certificate.
    #[error(
        "{} is there without ca.pem beside it: put ca.pem back, or move the key away to begin with a new CA",
        .0.display()
    )]
    NoAuthorityCertificate(PathBuf),
    /// No certificate where one should be.
    #[error("{} holds no certificate in PEM: move it away, then run this again", .0.display())]
    NoCertificate(PathBuf),
    /// No key where one should be.
    #[error(
        "{} holds no private key in PEM (PKCS#8, ECDSA or Ed25519): move it away, then run this again",
        .0.display()
    )]
    NoKey(PathBuf),
    /// A key that others may have read.
    #[error(
        "{} can be read by others (mode {mode:04o}): `chmod 600` it; if somebody may have read it, move it away and run this again",
        file.display()
    )]
    ExposedKey {
        /// Which.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// `ca.pem` is somebody's certificate.
    #[error("{} is the certificate of no CA: move it away, then run this again", .0.display())]
    NoAuthority(PathBuf),
    /// `ca.key` belongs to another certificate.
    #[error(
        "{} is not the key of ca.pem beside it: put the right one there; certificates of another would be refused",
        .0.display()
    )]
    OtherAuthorityKey(PathBuf),
    /// A CA past its time, or before it.
    #[error(
        "the CA in {} is valid from {from} to {until}, and it is {at}: set the clock if it is wrong; else move ca.pem and ca.key away and run this again, for a new CA and new certificates",
        file.display()
    )]
    AuthorityInvalid {
        /// Where it is.
        file: PathBuf,
        /// Valid from.
        from: Timestamp,
        /// Valid until.
        until: Timestamp,
        /// When it was looked at.
        at: Timestamp,
    },
    /// The library's word.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}

impl From<CertsError> for Failure {
    fn from(error: CertsError) -> Self {
        Exit::Failed.because(error.to_string())
    }
}
