//! Where certificates and keys are, and how they are written: whole, or not at all, and keys for
//! their owner alone.

use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chassis::tls::{Files, Identity};
use rcgen::KeyPair;
use x509_parser::pem::parse_x509_pem;

use super::error::CertsError;

/// Columns of a line of PEM (RFC 7468, section 2).
const PEM_COLUMNS: usize = 64;

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The certificate, for everyone.
    pub certificate: PathBuf,
    /// The key, for its owner.
    pub key: PathBuf,
}

impl Pair {
    /// The files of a part in `directory`.
    pub fn of(directory: &Path, identity: &Identity) -> Self {
        Self::named(directory, &format!("{}-{}", identity.role.as_str(), identity.name))
    }

    /// The files of the CA in `directory`.
    pub fn authority(directory: &Path) -> Self {
        Self::named(directory, "ca")
    }

    fn named(directory: &Path, name: &str) -> Self {
        // Not `with_extension`: a name may have dots.
        let file = |extension| directory.join(format!("{name}.{extension}"));
        Self { certificate: file("pem"), key: file("key") }
    }
}

/// What a process needs of `directory` to be `identity`.
pub fn files(directory: &Path, identity: &Identity) -> Files {
    let Pair { certificate, key } = Pair::of(directory, identity);
    Files { ca: Pair::authority(directory).certificate, certificate, key }
}

/// The same, as the flags of a command.
pub fn flags(directory: &Path, identity: &Identity) -> [String; 3] {
    let Files { ca, certificate, key } = files(directory, identity);
    [("ca", ca), ("cert", certificate), ("key", key)]
        .map(|(flag, file)| format!("--tls-{flag}={}", file.display()))
}

/// Whether a file takes the place of one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It does, at one stroke: whoever reads finds the old one or the new one, and all of it.
    Taken,
    /// It must not.
    Free,
}

/// Makes the directory, for its owner alone, unless it is there.
pub(super) fn make_directory(directory: &Path) -> Result<(), CertsError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| CertsError::Write { file: directory.to_owned(), error })
}

/// What a file holds; none if it is not there.
pub(super) fn read(file: &Path) -> Result<Option<Vec<u8>>, CertsError> {
    match fs::read(file) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CertsError::Read { file: file.to_owned(), error }),
    }
}

/// The key in a file; none if it is not there.
pub(super) fn read_key(file: &Path) -> Result<Option<KeyPair>, CertsError> {
    let Some(contents) = read(file)? else { return Ok(None) };
    let known = fs::metadata(file);
    let known = known.map_err(|error| CertsError::Read { file: file.to_owned(), error })?;
    let mode = known.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(CertsError::ExposedKey { file: file.to_owned(), mode });
    }
    let no_key = || CertsError::NoKey(file.to_owned());
    let (_, pem) = parse_x509_pem(&contents).map_err(|_| no_key())?;
    KeyPair::try_from(pem.contents).map(Some).map_err(|_| no_key())
}

pub(super) fn write_key(file: &Path, key: &KeyPair, place: Place) -> Result<(), CertsError> {
    write(file, &pem("PRIVATE KEY", key.serialized_der()), 0o600, place)
}

pub(super) fn write_certificate(file: &Path, der: &[u8], place: Place) -> Result<(), CertsError> {
    write(file, &pem("CERTIFICATE", der), 0o644, place)
}

fn write(file: &Path, contents: &str, mode: u32, place: Place) -> Result<(), CertsError> {
    let written = || -> io::Result<()> {
        let beside = file.parent().expect("it is in a directory");
        let permissions = Permissions::from_mode(mode);
        let mut new = tempfile::Builder::new().permissions(permissions).tempfile_in(beside)?;
        new.write_all(contents.as_bytes())?;
        new.as_file().sync_all()?;
        match place {
            Place::Taken => new.persist(file)?,
            Place::Free => new.persist_noclobber(file)?,
        };
        fs::File::open(beside)?.sync_all()
    };
    written().map_err(|error| CertsError::Write { file: file.to_owned(), error })
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(PEM_COLUMNS));
        pem += line;
        pem.push('\n');
        rest = after;
    }
    pem + &format!("-----END {label}-----\n")
}
