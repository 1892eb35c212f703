//! A directory of certificates under test.

mod made;
mod refused;
mod told;

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use chassis::grid::Timestamp;
use rand::{SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{
    certificate::{Certificate, Usage},
    files, *,
};

const DAY: Duration = Duration::from_hours(24);

/// A directory and a clock of its own.
struct Desk {
    home: TempDir,
    at: Timestamp,
    rng: StdRng,
}

impl Desk {
    fn new() -> Self {
        let at = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
        Self { home: tempfile::tempdir().unwrap(), at, rng: StdRng::seed_from_u64(7) }
    }

    fn directory(&self) -> PathBuf {
        self.home.path().join("a/certs")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    fn contents(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate::in_pem(&self.contents(name)).unwrap()
    }

    fn order(&self, identities: &[&str]) -> Order {
        Order {
            directory: self.directory(),
            identities: identities.iter().map(|text| identity(text).unwrap()).collect(),
            hosts: BTreeSet::new(),
            life: DAY * 90,
            renew: false,
        }
    }

    fn fill(&mut self, order: &Order) -> Result<Vec<Done>, String> {
        let filled = fill(order, self.at, &mut self.rng).map_err(|error| error.to_string())?;
        Ok(filled.parts.iter().map(|(_, entry)| entry.done).collect())
    }

    /// What was done about `strategy/X`.
    fn x(&mut self) -> Result<Done, String> {
        let order = self.order(&["strategy/X"]);
        self.fill(&order).map(|done| done[0])
    }

    #[track_caller]
    fn refused(&mut self, expected: &str) {
        let message = self.x().expect_err(expected);
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("PRIVATE KEY"), "{message}");
    }
}
