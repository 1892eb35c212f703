//! Who may be at the other end: a certificate of the authority, in force, for that end of a
//! connection, that names an identity.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::identity::{Identity, Role};

/// Judges certificates of clients, and of servers of one role.
///
/// A server's host name is not compared with anything: whoever has the certificate of a trader is
/// the trader, wherever it runs. Chain, time, use and signatures are left to rustls.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    roots: Arc<RootCertStore>,
    clients: Arc<dyn ClientCertVerifier>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The other end of a connection, and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A client, of any role.
    Client,
    /// A server of this role.
    Server(Role),
}

/// A server's certificate is to be of this role.
#[derive(Debug)]
pub(super) struct Expecting {
    pub(super) judge: Judge,
    pub(super) role: Role,
}

/// A server of another role.
#[derive(Debug, thiserror::Error)]
#[error("it is {0}, and a {1} was expected: see the address")]
struct OtherRole(Identity, Role);

impl Judge {
    pub(super) fn new(roots: Arc<RootCertStore>) -> Result<Self, VerifierBuilderError> {
        let provider = Arc::new(ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), provider);
        Ok(Self { roots, clients: verifier.build()?, algorithms })
    }

    /// Whose the chain is, or why it will not do. The first certificate is the peer's own.
    pub(super) fn judge(
        &self,
        end: End,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Identity, Error> {
        let (own, between) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        match end {
            End::Client => self.client(own, between, now),
            End::Server(role) => self.server(own, between, now, role),
        }
    }

    fn client(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Identity, Error> {
        self.clients.verify_client_cert(own, between, now)?;
        Identity::of(own).map_err(|error| refused(Arc::new(error)))
    }

    fn server(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
        role: Role,
    ) -> Result<Identity, Error> {
        let parsed = ParsedCertificate::try_from(own)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, between, now, algorithms)?;
        let identity = Identity::of(own).map_err(|error| refused(Arc::new(error)))?;
        if identity.role == role {
            Ok(identity)
        } else {
            Err(refused(Arc::new(OtherRole(identity, role))))
        }
    }
}

fn refused(error: Arc<dyn std::error::Error + Send + Sync>) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(error)))
}

impl ClientCertVerifier for Judge {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.client(end_entity, intermediates, now).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}

impl ServerCertVerifier for Expecting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge
            .server(end_entity, intermediates, now, self.role)
            .map(|_| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.judge.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.judge.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.algorithms.supported_schemes()
    }
}
