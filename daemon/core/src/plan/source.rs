//! A source of credentials, with everything that decides what it gives.

use std::sync::Arc;

use super::base::{Found, Way};
use super::error::{PlanError, PlanErrorKind};
use super::limits;
use super::role;
use super::route::Route;
use super::service::{self, filled};
use super::settings::Settings;
use super::{Environment, PlanRequest};
use crate::chain::{Base, Service};
use crate::config_file::{Profiles, Value};
use crate::source::{Container, InstanceMetadata, Login, Process, Source, Sso, WebIdentity};

/// Where a container's programs ask if their environment names only a path.
const CONTAINER_HOST: &str = "http://169.254.170.2";

/// The hosts that may be asked without TLS: this machine, and those of the container platforms.
const CONTAINER_HOSTS: [&str; 6] =
    ["127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// Where a machine in the cloud asks if it has IPv6 only.
const METADATA_IPV6: &str = "http://[fd00:ec2::254]";

/// What was found, resolved.
pub(super) fn resolve(
    profiles: &Profiles,
    route: &Route<'_>,
    request: &PlanRequest,
    service: &Service,
) -> Result<Base, PlanError> {
    let (way, stop) = match (&route.base, route.stops.last()) {
        (Found::Keys(keys), _) => return Ok(Base::Keys(Arc::clone(keys))),
        (Found::Source(way), Some(stop)) => (*way, stop),
        (Found::Source(_), None) => {
            return Err(PlanError::new(&request.profile, None, PlanErrorKind::NoCredentials));
        }
    };
    let environment = &request.environment;
    let endpoint = |name| service::endpoint(profiles, route, environment, name);
    let source = match way {
        Way::Process => Source::Process(process(stop, environment)),
        Way::Sso => Source::Sso(Sso {
            home: environment.home.clone(),
            endpoint: endpoint("sso")?,
            oidc_endpoint: endpoint("sso_oidc")?,
            ..sso(profiles, stop)?
        }),
        Way::Login => Source::Login(Login {
            session: text(stop, "login_session").trim().to_owned(),
            region: service.region.clone(),
            home: environment.home.clone(),
            directory: filled(environment.login_cache_directory.as_deref()).map(str::to_owned),
            endpoint: endpoint("signin")?,
        }),
        Way::WebIdentity => Source::WebIdentity(web_identity(stop, request)?),
        Way::InstanceMetadata => Source::InstanceMetadata(metadata(stop, environment)?),
        Way::Container => Source::Container(container(stop, environment)?),
    };
    Ok(Base::Source { source: Arc::new(source), profile: stop.name().to_owned() })
}

/// The line of the command that is run, if one is.
pub(super) fn command<'a>(route: &Route<'a>) -> Option<&'a Value> {
    match route.base {
        Found::Source(Way::Process) => route.stops.last()?.get("credential_process"),
        _ => None,
    }
}

fn text(stop: &Settings<'_>, key: &str) -> String {
    stop.get(key).map(|line| line.text().to_owned()).unwrap_or_default()
}

/// Not the region: which one a caller wants for its own calls says nothing about the keys.
fn process(stop: &Settings<'_>, environment: &Environment) -> Process {
    let variables = [
        ("HOME", &environment.home),
        ("AWS_CONFIG_FILE", &environment.config_file),
        ("AWS_SHARED_CREDENTIALS_FILE", &environment.credentials_file),
        ("AWS_ENDPOINT_URL", &environment.endpoint_url),
        ("AWS_ENDPOINT_URL_STS", &environment.endpoint_url_sts),
        ("AWS_ENDPOINT_URL_IAM", &environment.endpoint_url_iam),
        ("AWS_ENDPOINT_URL_SSO", &environment.endpoint_url_sso),
        ("AWS_ENDPOINT_URL_SSO_OIDC", &environment.endpoint_url_sso_oidc),
        ("AWS_ENDPOINT_URL_SIGNIN", &environment.endpoint_url_signin),
        ("AWS_CA_BUNDLE", &environment.ca_bundle),
        ("HTTPS_PROXY", &environment.https_proxy),
        ("NO_PROXY", &environment.no_proxy),
    ];
    let set = variables.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    Process { command: text(stop, "credential_process"), environment: set.collect() }
}

/// The keys have been found to be there.
fn sso(profiles: &Profiles, stop: &Settings<'_>) -> Result<Sso, PlanError> {
    let session = stop.get("sso_session");
    let section = session.and_then(|session| profiles.sso_session(session.text()));
    let of_session = |key| match section {
        Some(section) => section.get(key),
        None => stop.get(key),
    };
    let plain = |key| of_session(key).map(|line| line.text().to_owned()).unwrap_or_default();
    let region = plain("sso_region");
    if !limits::is_region(&region) {
        let kind = PlanErrorKind::BadValue { key: "sso_region", rule: limits::REGION_RULE };
        return Err(stop.error(of_session("sso_region"), kind));
    }
    Ok(Sso {
        session: session.map(|line| line.text().to_owned()),
        start_url: plain("sso_start_url"),
        region,
        account_id: text(stop, "sso_account_id"),
        role_name: text(stop, "sso_role_name"),
        home: None,
        endpoint: None,
        oidc_endpoint: None,
    })
}

fn web_identity(stop: &Settings<'_>, request: &PlanRequest) -> Result<WebIdentity, PlanError> {
    const FILE: &str = "web_identity_token_file";
    let token_file = text(stop, FILE);
    if !token_file.starts_with('/') {
        let kind = PlanErrorKind::BadValue { key: FILE, rule: "an absolute path" };
        return Err(stop.error(stop.get(FILE), kind));
    }
    let role_arn = text(stop, "role_arn");
    if !limits::is_role_arn(&role_arn) {
        let rule = "the ARN of a role (arn:aws:iam::111122223333:role/name)";
        return Err(stop.error(stop.get("role_arn"), PlanErrorKind::BadValue { key: "role_arn", rule }));
    }
    Ok(WebIdentity {
        token_file,
        role_arn,
        session_name: role::session_name(stop, request)?,
        duration_seconds: role::duration(stop)?.map(|duration| duration.as_secs()),
    })
}

fn metadata(stop: &Settings<'_>, environment: &Environment) -> Result<InstanceMetadata, PlanError> {
    const KEY: &str = "ec2_metadata_service_endpoint";
    const VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    if environment.ec2_metadata_disabled.as_deref().is_some_and(|said| said.eq_ignore_ascii_case("true")) {
        return Err(stop.error(stop.get("credential_source"), PlanErrorKind::MetadataDisabled));
    }
    let line = stop.get(KEY);
    let named = filled(environment.ec2_metadata_service_endpoint.as_deref());
    let endpoint = named.or(line.map(Value::text));
    if endpoint.is_some_and(|url| !limits::is_url(url)) {
        let rule = limits::URL_RULE;
        return Err(match named {
            Some(_) => stop.error(None, PlanErrorKind::BadVariable { name: VARIABLE, rule }),
            None => stop.error(line, PlanErrorKind::BadValue { key: KEY, rule }),
        });
    }
    let mode = stop.get("ec2_metadata_service_endpoint_mode");
    let ipv6 = mode.filter(|mode| mode.text().eq_ignore_ascii_case("ipv6")).map(|_| METADATA_IPV6);
    Ok(InstanceMetadata { endpoint: endpoint.or(ipv6).map(str::to_owned) })
}

fn container(stop: &Settings<'_>, environment: &Environment) -> Result<Container, PlanError> {
    let relative = filled(environment.container_credentials_relative_uri.as_deref());
    let full = filled(environment.container_credentials_full_uri.as_deref());
    let bad = |name, rule| Err(stop.error(None, PlanErrorKind::BadVariable { name, rule }));
    let uri = match (relative, full) {
        (Some(path), _) if path.starts_with('/') => format!("{CONTAINER_HOST}{path}"),
        (Some(_), _) => {
            return bad("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "a path that begins with a slash");
        }
        (None, Some(full)) if is_container_url(full) => full.to_owned(),
        (None, Some(_)) => {
            let rule = "a URL that begins with https://, or one of this machine or its container platform";
            return bad("AWS_CONTAINER_CREDENTIALS_FULL_URI", rule);
        }
        (None, None) => {
            return Err(stop.error(stop.get("credential_source"), PlanErrorKind::NoContainer));
        }
    };
    let some = |value: &Option<String>| filled(value.as_deref()).map(str::to_owned);
    let token_file = some(&environment.container_authorization_token_file);
    if token_file.as_ref().is_some_and(|path| !path.starts_with('/')) {
        return bad("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "an absolute path");
    }
    Ok(Container { uri, token_file, token: some(&environment.container_authorization_token) })
}

fn is_container_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return limits::is_url(url) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => &authority[..colon],
        _ => authority,
    };
    limits::is_url(url) && CONTAINER_HOSTS.contains(&host)
}

#[cfg(test)]
mod tests {
    use super::is_container_url;

    #[test]
    fn without_tls_only_this_machine_and_its_platform_are_asked() {
        for good in [
            "http://127.0.0.1:80/a",
            "http://[::1]:1/",
            "http://[::1]",
            "http://169.254.170.23/v1",
            "https://x/y",
        ] {
            assert!(is_container_url(good), "{good}");
        }
        for bad in
            ["http://example.com/", "http://127.0.0.1@evil/", "http://127.0.0.1.evil", "ftp://x", "http://"]
        {
            assert!(!is_container_url(bad), "{bad}");
        }
    }
}
