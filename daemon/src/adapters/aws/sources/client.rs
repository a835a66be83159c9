//! Clients of the services that need no signature: what they ask for comes with a token.

use std::time::Duration;

use awsd_core::event::Failure;

use super::super::client::{SigningClock, client};
use super::super::connector::{CONNECT, Way};
use super::Asking;

/// How long a call may take altogether.
const CALL: Duration = Duration::from_secs(30);

/// Sets what the services' clients have in common; their configuration types are generated apart.
macro_rules! unsigned {
    ($service:ident, $asking:expr, $region:expr, $endpoint:expr) => {{
        use $service::config::retry::RetryConfig;
        use $service::config::timeout::TimeoutConfig;
        use $service::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
        let (asking, endpoint): (&Asking, Option<&str>) = ($asking, $endpoint);
        let way = Way::to(&asking.service, endpoint);
        asking.observer.proxy(way.proxy());
        let mut config = $service::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new($region.to_owned()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
            .time_source(SigningClock::new(asking.observer.clock(), asking.skew))
            .interceptor(asking.observer.clone())
            .http_client(client(asking.connectors.get(&way)?));
        // With an endpoint of one's own neither means anything.
        if endpoint.is_none() {
            config = config.use_fips(asking.service.fips).use_dual_stack(asking.service.dualstack);
        }
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Ok($service::Client::from_conf(config.build()))
    }};
}

/// A client of the portal of IAM Identity Center.
pub(super) fn sso(
    asking: &Asking,
    region: &str,
    endpoint: Option<&str>,
) -> Result<aws_sdk_sso::Client, Failure> {
    unsigned!(aws_sdk_sso, asking, region, endpoint)
}

/// A client of the service that renews sign-ins there.
pub(super) fn oidc(
    asking: &Asking,
    region: &str,
    endpoint: Option<&str>,
) -> Result<aws_sdk_ssooidc::Client, Failure> {
    unsigned!(aws_sdk_ssooidc, asking, region, endpoint)
}

/// A client of the service behind `aws login`.
pub(super) fn signin(
    asking: &Asking,
    region: &str,
    endpoint: Option<&str>,
) -> Result<aws_sdk_signin::Client, Failure> {
    unsigned!(aws_sdk_signin, asking, region, endpoint)
}

/// A client of STS.
pub(super) fn sts(asking: &Asking) -> Result<aws_sdk_sts::Client, Failure> {
    unsigned!(aws_sdk_sts, asking, asking.service.region, asking.service.sts_endpoint.as_deref())
}
