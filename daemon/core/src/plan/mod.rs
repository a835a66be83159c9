//! From the profiles of both files to one [`Chain`]: where credentials begin, and the roles on top.
//!
//! The rules are those of the AWS CLI (see the module `route`), so that a profile means here what it means there. Planning is a
//! function of its arguments: it reads no file and no environment, and it never falls back to another profile. What is
//! contradictory is a [`PlanError`] with the file and line; what merely deserves a word is a warning. Neither ever holds
//! a value that could be a secret.

mod absence;
mod alias;
mod base;
mod device;
mod error;
mod finding;
mod findings;
mod keys;
mod limits;
mod narrowing;
mod nearest;
mod role;
mod route;
mod service;
mod settings;
mod source;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::settings::Settings;
use crate::chain::{Chain, Keys};
use crate::config_file::{Origin, Profiles};

pub use absence::Absence;
pub use error::{PlanError, PlanErrorKind};
pub use finding::{Finding, Severity};
pub use findings::findings;
pub use limits::session_name;
pub use narrowing::Narrowing;

/// What is asked for, and under which circumstances.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest {
    /// The profile's name.
    pub profile: String,
    /// The caller's environment.
    pub environment: Environment,
    /// For roles whose profile names no session; see [`session_name`].
    pub default_session_name: String,
    /// Overrides `duration_seconds` of the last role.
    pub duration: Option<Duration>,
    /// What the session may do less than the last role.
    pub narrowing: Narrowing,
}

/// The values of the caller's environment that change what a profile means.
#[derive(Clone, Default)]
pub struct Environment {
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL`
    pub endpoint_url: Option<String>,
    /// `AWS_ENDPOINT_URL_STS`
    pub endpoint_url_sts: Option<String>,
    /// `AWS_ENDPOINT_URL_IAM`
    pub endpoint_url_iam: Option<String>,
    /// `AWS_ENDPOINT_URL_SSO`
    pub endpoint_url_sso: Option<String>,
    /// `AWS_ENDPOINT_URL_SSO_OIDC`
    pub endpoint_url_sso_oidc: Option<String>,
    /// `AWS_ENDPOINT_URL_SIGNIN`
    pub endpoint_url_signin: Option<String>,
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, as written.
    pub ignore_configured_endpoint_urls: Option<String>,
    /// `AWS_USE_FIPS_ENDPOINT`, as written.
    pub use_fips_endpoint: Option<String>,
    /// `AWS_USE_DUALSTACK_ENDPOINT`, as written.
    pub use_dualstack_endpoint: Option<String>,
    /// `AWS_CA_BUNDLE`
    pub ca_bundle: Option<String>,
    /// `HTTPS_PROXY`
    pub https_proxy: Option<String>,
    /// `NO_PROXY`
    pub no_proxy: Option<String>,
    /// The home directory.
    pub home: Option<String>,
    /// Where the files are that were read.
    pub config_file: Option<String>,
    /// Where the files are that were read.
    pub credentials_file: Option<String>,
    /// `AWS_LOGIN_CACHE_DIRECTORY`
    pub login_cache_directory: Option<String>,
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`
    pub ec2_metadata_service_endpoint: Option<String>,
    /// `AWS_EC2_METADATA_DISABLED`, as written.
    pub ec2_metadata_disabled: Option<String>,
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`
    pub container_credentials_relative_uri: Option<String>,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`
    pub container_credentials_full_uri: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`
    pub container_authorization_token_file: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN`: a secret.
    pub container_authorization_token: Option<String>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It holds a secret.
        f.write_str("Environment")
    }
}

/// A profile, planned.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What to do.
    pub chain: Chain,
    /// The profile that has the keys or the source.
    pub base_profile: String,
    /// The lines whose commands are run.
    pub commands: Vec<Origin>,
    /// What is unusual about the profiles on the way.
    pub warnings: Vec<Finding>,
}

/// Resolves one profile.
pub fn plan(profiles: &Profiles, request: &PlanRequest) -> Result<Planned, PlanError> {
    if let Some(problem) = profiles.unusable() {
        return Err(PlanError::unusable(&request.profile, problem));
    }
    let mut warnings = Vec::new();
    let route = route::find(profiles, &request.profile, &mut warnings)?;
    let device = device::choose(&route.stops, &mut warnings)?;
    let mfa_process = device::process(&route.stops)?;
    let mut roles = role::read(&route, request)?;
    let region = service::region(&route, &request.environment)?;
    let service = service::read(profiles, &route, request, region.as_deref(), &roles, device.as_deref())?;
    narrowing::narrow(&mut roles, request, &service.region)?;
    let base = source::resolve(profiles, &route, request, &service)?;
    let codes = mfa_process.as_ref().and_then(|_| device::process_line(&route.stops));
    let commands = codes.into_iter().chain(source::command(&route)).map(|line| line.origin.clone()).collect();
    let chain = Chain {
        profile: request.profile.clone(),
        base,
        device,
        mfa_process,
        roles,
        region,
        service: Arc::new(service),
    };
    let base_profile = route.stops.last().map(|stop| stop.name().to_owned()).unwrap_or_default();
    Ok(Planned { chain, base_profile, commands, warnings })
}

/// The keys that stand in a profile itself, whatever else it says; none where there are none that can be used.
pub fn keys_of(profiles: &Profiles, profile: &str) -> Option<Keys> {
    let settings = Settings::open(profiles, profiles.get(profile)?).ok()?;
    keys::read(&settings, &mut Vec::new()).ok()
}

/// Plans every profile, in the order of the files; `request.profile` is ignored.
pub fn list<'a>(
    profiles: &'a Profiles,
    request: &'a PlanRequest,
) -> impl Iterator<Item = (&'a str, Result<Planned, PlanError>)> {
    profiles.iter().map(|profile| {
        let request = PlanRequest { profile: profile.name.clone(), ..request.clone() };
        (profile.name.as_str(), plan(profiles, &request))
    })
}
