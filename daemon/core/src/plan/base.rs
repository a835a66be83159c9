//! Where the credentials of a profile begin, if not with a role.

use std::sync::Arc;

use super::alias;
use super::error::{PlanError, PlanErrorKind};
use super::finding::Finding;
use super::keys::{self, Place};
use super::settings::Settings;
use crate::chain::Keys;
use crate::config_file::{Profiles, Value};

/// Where the credentials of a profile begin.
#[derive(Debug)]
pub(super) enum Found {
    /// Keys of a file.
    Keys(Arc<Keys>),
    /// A source, whose keys are in the profile.
    Source(Way),
}

/// The kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Process,
    Sso,
    Login,
    WebIdentity,
    InstanceMetadata,
    Container,
}

/// What was found.
pub(super) enum Beginning<'a> {
    /// Keys or a source.
    Here(Found),
    /// The profile is another name of this one.
    AliasOf {
        name: String,
        /// The line that says so.
        line: &'a Value,
    },
}

/// The first that is there, in the order of the AWS CLI.
pub(super) fn find<'a>(
    profiles: &Profiles,
    settings: &Settings<'a>,
    warnings: &mut Vec<Finding>,
) -> Result<Beginning<'a>, PlanError> {
    let source = |source| Ok(Beginning::Here(Found::Source(source)));
    if let Some(line) = settings.get("web_identity_token_file") {
        need(settings, "role_arn", "web_identity_token_file", line)?;
        return source(Way::WebIdentity);
    }
    if has_sso(profiles, settings)? {
        return source(Way::Sso);
    }
    let place = keys::place(settings);
    if place == Some(Place::CredentialsFile) {
        return static_keys(settings, warnings);
    }
    if settings.get("login_session").is_some() {
        return source(Way::Login);
    }
    let process = settings.get("credential_process");
    if let Some(line) = process {
        match alias::target(line.text()) {
            // How others get this profile's credentials from awsd; to awsd itself it says nothing.
            Some(name) if name == settings.name() => {}
            Some(name) => return Ok(Beginning::AliasOf { name, line }),
            None => {
                warnings.extend(keys::behind_process(settings, line));
                return source(Way::Process);
            }
        }
    }
    if place.is_some() {
        return static_keys(settings, warnings);
    }
    Err(nothing(settings, process))
}

fn static_keys<'a>(settings: &Settings<'a>, warnings: &mut Vec<Finding>) -> Result<Beginning<'a>, PlanError> {
    Ok(Beginning::Here(Found::Keys(Arc::new(keys::read(settings, warnings)?))))
}

/// Why nothing was found; `own_process` is a `credential_process` that asks awsd for this very profile.
fn nothing(settings: &Settings<'_>, own_process: Option<&Value>) -> PlanError {
    if own_process.is_some() {
        return settings.error(own_process, PlanErrorKind::ServedByItself);
    }
    for beside in ["sso_session", "sso_start_url"] {
        if let Some(line) = settings.get(beside) {
            return settings.error(Some(line), PlanErrorKind::Missing { key: "sso_account_id", beside });
        }
    }
    settings.error(None, PlanErrorKind::NoCredentials)
}

/// Whether SSO gives the credentials: an account or a role to use through it is named. Then all of it must be there.
fn has_sso(profiles: &Profiles, settings: &Settings<'_>) -> Result<bool, PlanError> {
    let account = settings.get("sso_account_id").map(|line| ("sso_account_id", line));
    let role = settings.get("sso_role_name").map(|line| ("sso_role_name", line));
    let Some((beside, line)) = account.or(role) else { return Ok(false) };
    for key in ["sso_account_id", "sso_role_name"] {
        need(settings, key, beside, line)?;
    }
    let Some(session) = settings.get("sso_session") else {
        need(settings, "sso_start_url", beside, line)?;
        need(settings, "sso_region", beside, line)?;
        return Ok(true);
    };
    let Some(section) = profiles.sso_session(session.text()) else {
        let kind = PlanErrorKind::UnknownSection { section: "sso-session", name: session.text().to_owned() };
        return Err(settings.error(Some(session), kind));
    };
    if let Some(problem) = section.spoiled() {
        return Err(PlanError::unusable(settings.name(), problem));
    }
    for key in ["sso_start_url", "sso_region"] {
        if section.get(key).is_none() {
            return Err(settings.error(Some(session), PlanErrorKind::Missing { key, beside: "sso_session" }));
        }
    }
    Ok(true)
}

fn need(
    settings: &Settings<'_>,
    key: &'static str,
    beside: &'static str,
    line: &Value,
) -> Result<(), PlanError> {
    match settings.get(key) {
        Some(_) => Ok(()),
        None => Err(settings.error(Some(line), PlanErrorKind::Missing { key, beside })),
    }
}
