//! Why a handshake failed, in words for a log and for whoever reads a cause.

use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible,
    pki_types::UnixTime,
};

use crate::grid::Timestamp;

/// A failure as this side saw it. "It" is the other side.
#[expect(clippy::wildcard_enum_match_arm, reason = "for the rest, rustls' own words will do")]
pub(crate) fn plain(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        Error::AlertReceived(alert) => refused(*alert),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => "it does not speak TLS".to_owned(),
        Error::PeerIncompatible(
            PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => "it does not speak TLS 1.3".to_owned(),
        other => other.to_string(),
    }
}

/// What is wrong with the other side's certificate.
#[expect(clippy::wildcard_enum_match_arm, reason = "for the rest, rustls' own words will do")]
fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired at {}: renew it", timestamp(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is not valid before {}", timestamp(*not_before))
        }
        // The second one: of an authority of the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is from another authority: see --tls-ca of both sides".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not for this end of a connection (extended key usage)".to_owned()
        }
        CertificateError::Other(error) => error.to_string(),
        other => format!("its certificate is refused: {other}"),
    }
}

/// What the other side said of this side's certificate.
#[expect(clippy::wildcard_enum_match_arm, reason = "for the rest, the alert's name will do")]
fn refused(alert: AlertDescription) -> String {
    let why = match alert {
        AlertDescription::CertificateExpired => "the certificate is expired, or not yet valid",
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "the certificate is from another authority"
        }
        AlertDescription::CertificateRequired => "a certificate is required: see --tls-cert",
        AlertDescription::UnsupportedCertificate => {
            "the certificate is not for this end of a connection (extended key usage)"
        }
        AlertDescription::CertificateUnknown => "the certificate's identity is not accepted there",
        AlertDescription::ProtocolVersion => "it does not speak TLS 1.3",
        other => return format!("it refuses this side: TLS alert {other:?}"),
    };
    format!("it refuses this side: {why}")
}

/// An instant of X.509, which has whole seconds.
pub(super) fn timestamp(at: UnixTime) -> Timestamp {
    let micros = i64::try_from(at.as_secs()).ok().and_then(|secs| secs.checked_mul(1_000_000));
    micros.map_or(Timestamp::MAX, Timestamp::from_micros).min(Timestamp::MAX)
}

/// An instant for X.509; 1970 for what is before.
pub(super) fn unix_time(at: Timestamp) -> UnixTime {
    let seconds = u64::try_from(at.as_micros().div_euclid(1_000_000)).unwrap_or_default();
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
}
