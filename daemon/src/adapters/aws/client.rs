//! An SDK client for one call. Clients are cheap; what is expensive, the way to the endpoint, is shared.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, SharedCredentialsProvider,
    StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use awsd_core::chain::Keys;
use awsd_core::effect::Operation;
use awsd_core::event::Failure;
use secrecy::ExposeSecret as _;

use super::connector::{CONNECT, Connectors, Way};
use super::observe::{Observer, ReadWall};

/// How long a call may take altogether.
pub(super) const CALL: Duration = Duration::from_secs(30);

/// Sets what both services' clients have in common; their configuration types are generated apart.
macro_rules! configured {
    ($service:ident, $endpoint:expr, $connectors:expr, $operation:expr, $observer:expr) => {{
        let (service, endpoint): (_, Option<&String>) = (&$operation.service, $endpoint.as_ref());
        let way = Way::to(service, endpoint.map(String::as_str));
        $observer.proxy(way.proxy());
        let mut config = $service::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(service.region.clone()))
            .use_fips(service.fips)
            .use_dual_stack(service.dualstack)
            .credentials_provider(credentials(&$operation.signer))
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .time_source(SigningClock::new($observer.clock(), $operation.skew))
            // The core corrects the clock; twice would be wrong again.
            .disable_clock_skew_correction(true)
            .interceptor($observer.clone())
            .http_client(client($connectors.get(&way)?));
        config.set_endpoint_url(endpoint.cloned());
        let config = config.build();
        Ok($service::Client::from_conf(config))
    }};
}

/// A client of STS.
pub(super) fn sts(
    connectors: &Connectors,
    operation: &Operation,
    observer: &Observer,
) -> Result<aws_sdk_sts::Client, Failure> {
    configured!(aws_sdk_sts, operation.service.sts_endpoint, connectors, operation, observer)
}

/// A client of IAM.
pub(super) fn iam(
    connectors: &Connectors,
    operation: &Operation,
    observer: &Observer,
) -> Result<aws_sdk_iam::Client, Failure> {
    configured!(aws_sdk_iam, operation.service.iam_endpoint, connectors, operation, observer)
}

/// For who needs a client.
pub(super) fn client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_settings, _components| connector.clone())
}

fn credentials(keys: &Keys) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(
        keys.access_key_id.as_str(),
        keys.secret_access_key.expose_secret(),
        keys.session_token.as_ref().map(|token| token.expose_secret().to_owned()),
        None,
        "awsd",
    ))
}

/// AWS's clock, as far as it is known: this machine's, corrected.
#[derive(Debug)]
pub(super) struct SigningClock {
    clock: ReadWall,
    skew: i64,
}

impl SigningClock {
    pub(super) fn new(clock: ReadWall, skew: i64) -> Self {
        Self { clock, skew }
    }
}

impl TimeSource for SigningClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + (self.clock)().shifted(self.skew).0
    }
}
