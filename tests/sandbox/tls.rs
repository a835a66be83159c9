//! A certificate authority that lives as long as the sandbox, for clients that are told to trust it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// The server's side of TLS, and what a client must trust.
pub(super) struct Tls {
    /// Wraps accepted connections.
    pub acceptor: TlsAcceptor,
    /// The certificate of the authority, as `AWS_CA_BUNDLE` wants it.
    pub ca_pem: String,
}

impl Tls {
    /// A new authority and a certificate for the loopback names.
    ///
    /// # Panics
    /// Only if the crypto library refuses its own defaults.
    pub(super) fn generate() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.distinguished_name.push(DnType::CommonName, "awsd sandbox, not AWS");
        authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate().expect("a key of the default kind");
        let ca_pem = authority.self_signed(&authority_key).expect("a certificate of our own").pem();

        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().expect("a key of the default kind");
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut server = CertificateParams::new(names).expect("names that are valid");
        // Strict clients want to know whose key signed.
        server.use_authority_key_identifier_extension = true;
        let certificate = server.signed_by(&key, &issuer).expect("a certificate of our own");
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider's own versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a certificate that fits its key");
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem }
    }
}
