//! The CA: found, or made once and never overwritten; it signs the certificates of the parts.

use std::{collections::BTreeSet, path::Path, time::Duration};

use chassis::{
    grid::Timestamp,
    name::Name,
    tls::{Identity, Role},
};
use rand::{RngExt as _, rngs::StdRng};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType, SerialNumber, date_time_ymd,
};

use super::{
    certificate::{Certificate, Host, Usage},
    error::CertsError,
    files::{self, Pair, Place},
};

/// A development CA lives for ten years.
pub const AUTHORITY_LIFE: Duration = Duration::from_hours(24 * 3_650);

/// A certificate is valid this long before it was made: clocks differ, and a peer whose clock is a
/// little behind must not refuse it.
const BACKDATED: Duration = Duration::from_mins(5);

/// The CA of a directory.
pub(super) struct Authority {
    pub(super) certificate: Certificate,
    /// Whether it was made just now.
    pub(super) is_new: bool,
    files: Pair,
}

/// What a certificate is to say.
pub(super) struct Terms<'a> {
    pub(super) identity: &'a Identity,
    pub(super) hosts: &'a BTreeSet<Host>,
    pub(super) from: Timestamp,
    pub(super) life: Duration,
}

impl Authority {
    /// The CA in `directory`, made if there is none.
    pub(super) fn open(
        directory: &Path,
        at: Timestamp,
        rng: &mut StdRng,
    ) -> Result<Self, CertsError> {
        let files = Pair::authority(directory);
        let Some(contents) = files::read(&files.certificate)? else {
            return Self::make(files, at, rng);
        };
        let certificate = Certificate::in_pem(&contents)
            .ok_or_else(|| CertsError::NoCertificate(files.certificate.clone()))?;
        if !certificate.is_authority {
            return Err(CertsError::NoAuthority(files.certificate));
        }
        let Certificate { from, until, .. } = certificate;
        if at < from || at >= until {
            return Err(CertsError::AuthorityInvalid { file: files.certificate, from, until, at });
        }
        Ok(Self { certificate, is_new: false, files })
    }

    fn make(files: Pair, at: Timestamp, rng: &mut StdRng) -> Result<Self, CertsError> {
        if files::read(&files.key)?.is_some() {
            return Err(CertsError::NoAuthorityCertificate(files.key));
        }
        let key = KeyPair::generate()?;
        let mut params = params(at.minus(BACKDATED), at.plus(AUTHORITY_LIFE), rng);
        // So that two of them can be told apart.
        let id = Name::random(rng);
        params.distinguished_name = name(&format!("Minutehand development CA {id}"), None);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let der = params.self_signed(&key)?.der().to_vec();
        // The key first: a CA without its key is of no use, and is never overwritten.
        files::write_key(&files.key, &key, Place::Free)?;
        files::write_certificate(&files.certificate, &der, Place::Free)?;
        let certificate = Certificate::in_der(der).expect("it was made by this very program");
        Ok(Self { certificate, is_new: true, files })
    }

    /// A certificate for whoever has `key`, until the CA's own end at the latest.
    pub(super) fn sign(
        &self,
        terms: &Terms<'_>,
        key: &KeyPair,
        rng: &mut StdRng,
    ) -> Result<Certificate, CertsError> {
        let Terms { identity, hosts, from, life } = *terms;
        let mut params =
            params(from.minus(BACKDATED), from.plus(life).min(self.certificate.until), rng);
        params.distinguished_name = name(identity.name.as_str(), Some(identity.role.as_str()));
        params.subject_alt_names = names(identity, hosts)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match usage(identity.role) {
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        let der = params.signed_by(key, &self.issuer()?)?.der().to_vec();
        Ok(Certificate::in_der(der).expect("it was made by this very program"))
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, CertsError> {
        let key = files::read_key(&self.files.key)?
            .ok_or_else(|| CertsError::NoAuthorityKey(self.files.key.clone()))?;
        if key.subject_public_key_info() != self.certificate.public_key {
            return Err(CertsError::OtherAuthorityKey(self.files.key.clone()));
        }
        Ok(Issuer::from_ca_cert_der(&self.certificate.der.as_slice().into(), key)?)
    }
}

/// Who is called, and who calls.
pub(super) fn usage(role: Role) -> Usage {
    match role {
        Role::Generator | Role::Trader => Usage::Server,
        Role::Strategy | Role::Operator => Usage::Client,
    }
}

/// Validity in whole seconds, and a serial number of its own: a certificate that is renewed keeps
/// its key, from which the library would make the same number again.
fn params(from: Timestamp, until: Timestamp, rng: &mut StdRng) -> CertificateParams {
    let mut serial: [u8; 16] = rng.random();
    serial[0] = serial[0] & 0x7f | 0x40;
    let mut params = CertificateParams::default();
    let epoch = date_time_ymd(1970, 1, 1);
    let seconds = |at: Timestamp| at.since(Timestamp::default()).as_secs();
    params.not_before = epoch + Duration::from_secs(seconds(from));
    params.not_after = epoch + Duration::from_secs(seconds(until));
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params
}

fn name(common: &str, unit: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "minutehand");
    if let Some(unit) = unit {
        name.push(DnType::OrganizationalUnitName, unit);
    }
    name.push(DnType::CommonName, common);
    name
}

fn names(identity: &Identity, hosts: &BTreeSet<Host>) -> Result<Vec<SanType>, CertsError> {
    let mut names = vec![SanType::URI(identity.uri().try_into()?)];
    for host in hosts {
        names.push(match host {
            Host::Name(name) => SanType::DnsName(name.as_str().try_into()?),
            Host::Address(address) => SanType::IpAddress(*address),
        });
    }
    Ok(names)
}
