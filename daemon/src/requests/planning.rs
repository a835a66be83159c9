//! From a profile's name and the caller's context to a chain, and what is said when there is none.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use awsd_core::chain::{Base, Chain};
use awsd_core::config_file::Origin;
use awsd_core::event::{Command, Found, SignIn, SourceProfile};
use awsd_core::plan::{
    self, Environment, Narrowing, PlanError, PlanErrorKind, PlanRequest, Planned, session_name,
};
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

/// A profile, resolved, and how the keys that it starts from come about, if they are temporary.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) chain: Chain,
    pub(super) sign_in: Option<SignIn>,
}

/// Resolves one profile.
pub(super) fn plan<W: World>(
    world: &mut W,
    settings: &Settings,
    profile: &str,
    context: &Context,
    wanted: Wanted,
) -> Result<Resolved, Error> {
    let profiles = world.profiles(context)?;
    let Wanted { duration, narrowing } = wanted;
    let usual = request(world, settings, context);
    let request = PlanRequest { profile: profile.to_owned(), duration, narrowing, ..usual };
    let Planned { chain, base_profile, commands, .. } =
        plan::plan(&profiles, &request).map_err(|error| refusal(&error))?;
    if let Some(line) = commands.iter().find(|line| world.others_may_write(Path::new(&*line.file))) {
        return Err(anybodys_command(profile, line));
    }
    let sign_in = is_temporary(&chain.base).then(|| sign_in(settings, base_profile, context));
    Ok(Resolved { chain, sign_in })
}

/// Whether the keys that begin a chain end, and awsd cannot make others.
fn is_temporary(base: &Base) -> bool {
    match base {
        Base::Keys(keys) => keys.temporary(),
        Base::Source { .. } => true,
    }
}

/// How new keys come into a profile.
fn sign_in(settings: &Settings, profile: String, context: &Context) -> SignIn {
    let Context { config_file, credentials_file, ca_bundle, https_proxy, no_proxy, .. } = context;
    // The tool writes where awsd reads, and reaches the network as its caller does.
    let variables = [
        ("AWS_CONFIG_FILE", config_file),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials_file),
        ("AWS_CA_BUNDLE", ca_bundle),
        ("HTTPS_PROXY", https_proxy),
        ("NO_PROXY", no_proxy),
    ];
    let variables = variables.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    let command = settings
        .source_refresh_command(&profile)
        .map(|words| Command { words: Arc::clone(words), variables: Arc::new(variables.collect()) });
    let (config_file, credentials_file) = (config_file.clone(), credentials_file.clone());
    SignIn { source: SourceProfile { name: profile, config_file, credentials_file }, command }
}

/// What a source profile has now.
pub(crate) fn found<W: World>(world: &mut W, source: &SourceProfile) -> Option<Found> {
    let SourceProfile { name, config_file, credentials_file } = source.clone();
    let profiles = world.profiles(&Context { config_file, credentials_file, ..Context::default() }).ok()?;
    Found::new(&plan::keys_of(&profiles, &name)?)
}

/// A command is run with the person's rights, so the person must have written it.
fn anybodys_command(profile: &str, line: &Origin) -> Error {
    Error {
        error: ErrorCode::BadConfig,
        sentence: format!(
            "the command of profile '{profile}' ({line}) is not run: other users of this machine may change the file"
        ),
        hint: Some(format!(
            "chmod go-w {file}; look at its owner and its directory, too: ls -ld {file}",
            file = line.file
        )),
    }
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
        config_file,
        credentials_file,
        region,
        endpoint_url,
        endpoint_url_sts,
        endpoint_url_iam,
        ignore_configured_endpoint_urls,
        use_fips_endpoint,
        use_dualstack_endpoint,
        ca_bundle,
        https_proxy,
        no_proxy,
        home,
        endpoint_url_sso,
        endpoint_url_sso_oidc,
        endpoint_url_signin,
        login_cache_directory,
        ec2_metadata_service_endpoint,
        ec2_metadata_disabled,
        container_credentials_relative_uri,
        container_credentials_full_uri,
        container_authorization_token_file,
        container_authorization_token,
        inside: _,
    } = context.clone();
    Environment {
        region,
        endpoint_url,
        endpoint_url_sts,
        endpoint_url_iam,
        ignore_configured_endpoint_urls,
        use_fips_endpoint,
        use_dualstack_endpoint,
        ca_bundle,
        https_proxy,
        no_proxy,
        home,
        config_file,
        credentials_file,
        endpoint_url_sso,
        endpoint_url_sso_oidc,
        endpoint_url_signin,
        login_cache_directory,
        ec2_metadata_service_endpoint,
        ec2_metadata_disabled,
        container_credentials_relative_uri,
        container_credentials_full_uri,
        container_authorization_token_file,
        container_authorization_token: container_authorization_token.map(|token| token.expose().to_owned()),
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
