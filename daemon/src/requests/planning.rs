//! From a profile's name and the caller's context to a chain, and what is said when there is none.

use std::time::Duration;

use awsd_core::chain::Chain;
use awsd_core::plan::{self, Environment, Narrowing, PlanError, PlanErrorKind, PlanRequest, session_name};
use awsd_proto::{self as proto, Context, CredentialsRequest, Error, ErrorCode};

use crate::config::Settings;
use crate::world::World;

/// What a caller wants otherwise than the profile says.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) duration: Option<Duration>,
    pub(super) narrowing: Narrowing,
}

impl Wanted {
    /// As the caller's request says.
    pub(super) fn of(request: &CredentialsRequest) -> Self {
        let proto::Narrowing { policy, policy_arns, read_only } = request.narrowing.clone();
        Self {
            duration: request.duration.map(Duration::from_secs),
            narrowing: Narrowing { policy, policy_arns, read_only },
        }
    }
}

/// Resolves one profile.
pub(super) fn plan<W: World>(
    world: &mut W,
    settings: &Settings,
    profile: &str,
    context: &Context,
    wanted: Wanted,
) -> Result<Chain, Error> {
    let profiles = world.profiles(context)?;
    let Wanted { duration, narrowing } = wanted;
    let usual = request(world, settings, context);
    let request = PlanRequest { profile: profile.to_owned(), duration, narrowing, ..usual };
    plan::plan(&profiles, &request).map(|planned| planned.chain).map_err(|error| refusal(&error))
}

/// A request for any profile.
pub(super) fn request<W: World>(world: &W, settings: &Settings, context: &Context) -> PlanRequest {
    let configured = settings.role_session_name.as_ref().map(|set| set.value.clone());
    PlanRequest {
        profile: String::new(),
        environment: environment(context),
        default_session_name: configured.unwrap_or_else(|| session_name(world.user_name())),
        duration: None,
        narrowing: Narrowing::default(),
    }
}

/// What of the caller's environment the planner looks at.
pub(super) fn environment(context: &Context) -> Environment {
    let Context {
        config_file: _,
        credentials_file: _,
        region,
        endpoint_url,
        endpoint_url_sts,
        endpoint_url_iam,
        endpoint_url_signin,
        ignore_configured_endpoint_urls,
        use_fips_endpoint,
        use_dualstack_endpoint,
        ca_bundle,
        https_proxy,
        no_proxy,
    } = context.clone();
    Environment {
        region,
        endpoint_url,
        endpoint_url_sts,
        endpoint_url_iam,
        endpoint_url_signin,
        ignore_configured_endpoint_urls,
        use_fips_endpoint,
        use_dualstack_endpoint,
        ca_bundle,
        https_proxy,
        no_proxy,
    }
}

fn refusal(error: &PlanError) -> Error {
    let code = match error.kind {
        PlanErrorKind::UnknownProfile { .. } => ErrorCode::UnknownProfile,
        PlanErrorKind::SecurityKey => ErrorCode::BadDevice,
        _ => ErrorCode::BadConfig,
    };
    let place = error.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
    let finding = error.finding();
    let sentence = format!("{}{place}", after_a_colon(&finding.sentence));
    Error { error: code, sentence, hint: Some(after_a_colon(&finding.fix)) }
}

/// A finding is a sentence of its own; an error stands after `awsd: `, where everything else begins small and ends without
/// a full stop.
fn after_a_colon(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}
