//! The way to an endpoint: trusted certificates, proxy, and no connection kept open.
//!
//! Connections are not reused. A call comes once in a long while; a kept connection would be dead after a suspend, just
//! when a code has been typed, and the pool's clean-up would wake an idle daemon.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use awsd_core::chain::Service;
use awsd_core::event::Failure;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::regular;

/// How long making a connection may take: name, TCP and TLS.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Ways that are kept. Usually there is one.
const KEPT: usize = 16;

/// Twenty times the bundle of a system that trusts everybody.
const MAX_BUNDLE: usize = 4 * 1024 * 1024;

const END_OF_CERTIFICATE: &str = "-----END CERTIFICATE-----";

/// What decides how an endpoint is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Way {
    plain: bool,
    ca_bundle: Option<String>,
    proxy: Option<String>,
    no_proxy: Option<String>,
}

impl Way {
    /// The way to a service, or to the endpoint that replaces it.
    pub(super) fn to(service: &Service, endpoint: Option<&str>) -> Self {
        let plain = endpoint.is_some_and(|url| url.starts_with("http://"));
        Self {
            plain,
            // What is only for TLS does not matter to a plain endpoint (a sandbox on this machine).
            ca_bundle: service.ca_bundle.clone().filter(|_| !plain),
            proxy: service.https_proxy.clone().filter(|_| !plain),
            no_proxy: service.no_proxy.clone().filter(|_| !plain),
        }
    }

    /// The way to what is around this machine, which no proxy knows.
    pub(super) fn nearby(service: &Service, endpoint: &str) -> Self {
        Self { proxy: None, no_proxy: None, ..Self::to(service, Some(endpoint)) }
    }

    /// The URL of the proxy, if there is one. It may hold a password.
    pub(super) fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }
}

/// The connectors made so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Connectors {
    known: Arc<Mutex<HashMap<Way, Known>>>,
}

#[derive(Debug)]
struct Known {
    bundle: Option<Stamp>,
    connector: SharedHttpConnector,
}

/// Changes whenever the bundle does: device, inode, size, time of change.
type Stamp = (u64, u64, u64, i64, i64);

impl Connectors {
    /// The connector for this way; made, and the system's certificates read, when it is first needed.
    pub(super) fn get(&self, way: &Way) -> Result<SharedHttpConnector, Failure> {
        let bundle =
            way.ca_bundle.as_deref().map(stamp).transpose().map_err(|error| unreadable(way, &error))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(way).filter(|known| known.bundle == bundle) {
            return Ok(known.connector.clone());
        }
        let connector = build(way)?;
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(way.clone(), Known { bundle, connector: connector.clone() });
        Ok(connector)
    }
}

fn build(way: &Way) -> Result<SharedHttpConnector, Failure> {
    let context = TlsContext::builder()
        .with_trust_store(trusted(way)?)
        .build()
        .map_err(|error| Failure::NotSent(error.to_string()))?;
    let connector = Connector::builder()
        .tls_provider(tls::Provider::rustls(tls::rustls_provider::CryptoMode::Ring))
        .tls_context(context)
        .proxy_config(proxy(way)?)
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
        .sleep_impl(TokioSleep::new())
        .pool_max_idle_per_host(0)
        .build();
    Ok(SharedHttpConnector::new(connector))
}

/// A bundle replaces the system's certificates, as in the AWS CLI.
fn trusted(way: &Way) -> Result<TrustStore, Failure> {
    if way.plain {
        return Ok(TrustStore::empty());
    }
    let Some(path) = &way.ca_bundle else { return Ok(TrustStore::default()) };
    let contents = regular::read(Path::new(path), MAX_BUNDLE).map_err(|error| unreadable(way, &error))?;
    if contents.len() > MAX_BUNDLE {
        let problem = format!("the CA bundle {path} is larger than {} MiB", MAX_BUNDLE / 1024 / 1024);
        return Err(Failure::NotSent(problem));
    }
    // Certificates are ASCII; the names between them are in whatever encoding their authors used.
    let text = String::from_utf8_lossy(&contents);
    let certificates = usable_certificates(&text);
    if certificates.is_empty() {
        let problem = format!("the CA bundle {path} holds no certificate in PEM format");
        return Err(Failure::NotSent(problem));
    }
    Ok(certificates.into_iter().fold(TrustStore::empty(), TrustStore::with_pem_certificate))
}

/// Bundles in use hold odd certificates, which OpenSSL skips; the connector would panic on one.
fn usable_certificates(text: &str) -> Vec<&str> {
    let usable = |pem: &&str| {
        CertificateDer::from_pem_slice(pem.as_bytes())
            .is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
    };
    text.split_inclusive(END_OF_CERTIFICATE).filter(usable).collect()
}

/// What the request says, never the environment that the daemon happened to be started in.
fn proxy(way: &Way) -> Result<ProxyConfig, Failure> {
    let Some(url) = &way.proxy else { return Ok(ProxyConfig::disabled()) };
    // A proxy is often named without its scheme.
    let url = if url.contains("://") { url.clone() } else { format!("http://{url}") };
    // The URL may hold a password: it is not quoted.
    let proxy = ProxyConfig::https(url)
        .map_err(|_quotes_it| Failure::NotSent("HTTPS_PROXY is not the URL of a proxy".to_owned()))?;
    Ok(match &way.no_proxy {
        Some(rules) => proxy.no_proxy(rules),
        None => proxy,
    })
}

fn stamp(path: &str) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino(), metadata.size(), metadata.ctime(), metadata.ctime_nsec()))
}

fn unreadable(way: &Way, error: &io::Error) -> Failure {
    let path = way.ca_bundle.as_deref().unwrap_or_default();
    Failure::NotSent(format!("the CA bundle {path} cannot be read: {}", regular::reason(error)))
}
