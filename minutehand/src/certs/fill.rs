//! What is made, and what is kept: a directory is filled with what is missing, and nothing in it is
//! replaced without a reason.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    time::Duration,
};

use chassis::{grid::Timestamp, tls::Identity};
use rand::rngs::StdRng;
use rcgen::{KeyPair, PublicKeyData as _};

use super::{
    authority::{Authority, Terms, usage},
    certificate::{Certificate, Host, Usage},
    error::CertsError,
    files::{self, Pair, Place},
};

/// What a directory is to hold.
#[derive(Clone, Debug)]
pub struct Order {
    /// The directory.
    pub directory: PathBuf,
    /// For whom.
    pub identities: BTreeSet<Identity>,
    /// Under which hosts servers are reached, besides this machine.
    pub hosts: BTreeSet<Host>,
    /// How long a certificate that is made is valid.
    pub life: Duration,
    /// Whether those are made again that could be kept.
    pub renew: bool,
}

/// What a directory holds.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The CA.
    pub authority: Entry,
    /// The certificates that were ordered, in the order of their identities.
    pub parts: Vec<(Identity, Entry)>,
}

/// A certificate in its directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it is.
    pub files: Pair,
    /// What was done.
    pub done: Done,
    /// When it ends.
    pub until: Timestamp,
    /// When the next run renews it.
    pub due: Timestamp,
}

/// What was done about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// There was none.
    Made,
    /// It was good.
    Kept,
    /// It was replaced, for this reason. Its key was kept.
    Renewed(&'static str),
}

/// Makes what is missing, renews what is due, keeps the rest.
pub fn fill(order: &Order, at: Timestamp, rng: &mut StdRng) -> Result<Filled, CertsError> {
    files::make_directory(&order.directory)?;
    let authority = Authority::open(&order.directory, at, rng)?;
    let mut parts = Vec::with_capacity(order.identities.len());
    for identity in &order.identities {
        let entry = Part { order, authority: &authority, identity, at }.fill(rng)?;
        parts.push((identity.clone(), entry));
    }
    let done = if authority.is_new { Done::Made } else { Done::Kept };
    let certificate = &authority.certificate;
    let files = Pair::authority(&order.directory);
    let authority = Entry { files, done, until: certificate.until, due: certificate.due() };
    Ok(Filled { authority, parts })
}

/// One certificate of an order.
struct Part<'a> {
    order: &'a Order,
    authority: &'a Authority,
    identity: &'a Identity,
    at: Timestamp,
}

impl Part<'_> {
    fn fill(&self, rng: &mut StdRng) -> Result<Entry, CertsError> {
        let files = Pair::of(&self.order.directory, self.identity);
        let key = files::read_key(&files.key)?;
        let found = match files::read(&files.certificate)? {
            Some(contents) => Some(
                Certificate::in_pem(&contents)
                    .ok_or_else(|| CertsError::NoCertificate(files.certificate.clone()))?,
            ),
            None => None,
        };
        let done = match &found {
            None => Done::Made,
            Some(found) => self.reason(found, key.as_ref()).map_or(Done::Kept, Done::Renewed),
        };
        let certificate = match found {
            Some(found) if done == Done::Kept => found,
            found => self.make(&files, key, found.as_ref(), rng)?,
        };
        Ok(Entry { files, done, until: certificate.until, due: certificate.due() })
    }

    /// Why a certificate cannot stay.
    fn reason(&self, found: &Certificate, key: Option<&KeyPair>) -> Option<&'static str> {
        let Self { order, authority, identity, at } = *self;
        let public_key = key.map(KeyPair::subject_public_key_info);
        if public_key.as_ref() != Some(&found.public_key) {
            return Some("its key was missing or another's");
        }
        if !authority.certificate.has_signed(found) {
            return Some("another CA had signed it");
        }
        if found.uris != [identity.uri()] || found.usage != Some(usage(identity.role)) {
            return Some("it said something else");
        }
        if !self.hosts(None).is_subset(&found.hosts) {
            return Some("hosts were missing in it");
        }
        if at < found.from {
            return Some("it was not valid yet");
        }
        if at >= found.due() {
            return Some("it was near its end");
        }
        order.renew.then_some("asked for")
    }

    /// The certificate, in its file. A key that is there stays, so that a part that runs finds the
    /// two files matching at any instant.
    fn make(
        &self,
        files: &Pair,
        key: Option<KeyPair>,
        found: Option<&Certificate>,
        rng: &mut StdRng,
    ) -> Result<Certificate, CertsError> {
        let Self { order, authority, identity, at } = *self;
        let (key, is_new) = match key {
            Some(key) => (key, false),
            None => (KeyPair::generate()?, true),
        };
        let hosts = self.hosts(found);
        let terms = Terms { identity, hosts: &hosts, from: at, life: order.life };
        let certificate = authority.sign(&terms, &key, rng)?;
        if is_new {
            files::write_key(&files.key, &key, Place::Free)?;
        }
        files::write_certificate(&files.certificate, &certificate.der, Place::Taken)?;
        Ok(certificate)
    }

    /// The hosts of a server: this machine, those that were ordered, and those that the certificate
    /// before it had. Nobody looks for a client's.
    fn hosts(&self, before: Option<&Certificate>) -> BTreeSet<Host> {
        if usage(self.identity.role) == Usage::Client {
            return BTreeSet::new();
        }
        let mut hosts = self.order.hosts.clone();
        hosts.insert(Host::Name("localhost".to_owned()));
        hosts.insert(Host::Address(Ipv4Addr::LOCALHOST.into()));
        hosts.insert(Host::Address(Ipv6Addr::LOCALHOST.into()));
        hosts.extend(before.into_iter().flat_map(|before| before.hosts.iter().cloned()));
        hosts
    }
}
