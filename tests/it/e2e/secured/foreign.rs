//! A TLS client of another maker than the product.

use std::{fs, sync::Arc};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::Papers;

/// Trusts the system's CA, and shows any certificate, or none.
pub(in crate::e2e) fn client(papers: &Papers, shows: Option<(&Papers, &str)>) -> Arc<ClientConfig> {
    let pem = |papers: &Papers, name: &str| fs::read(papers.directory().join(name)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem(papers, "ca.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shows {
        None => config.with_no_client_auth(),
        Some((papers, name)) => {
            let chain = CertificateDer::from_pem_slice(&pem(papers, &format!("{name}.pem")));
            let key = PrivateKeyDer::from_pem_slice(&pem(papers, &format!("{name}.key")));
            config.with_client_auth_cert(vec![chain.unwrap()], key.unwrap()).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}
