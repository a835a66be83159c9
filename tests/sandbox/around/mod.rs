//! What gives keys without a signature: the portal and the token service of IAM Identity Center, the service behind
//! `aws login`, and the metadata of a machine or a container in the cloud. They are told apart by their paths.
//!
//! Each is as strict as the real one about what it is shown: tokens end, what renews them is used once, proofs are checked,
//! version 1 of the machine's metadata does not exist.

mod login;
mod metadata;
mod portal;
mod proof;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

pub use self::{login::LoginSignIn, portal::SsoSignIn};
use super::{
    error::ApiError,
    identity::{Credentials, SessionKind},
    policies::SessionPolicies,
    request::Request,
    world::World,
};

/// Who has signed in where, and what is around which program.
#[derive(Clone, Default)]
pub struct Around {
    /// The roles that the portal has for everybody who signed in: account and name, and the role's ARN.
    pub assigned: BTreeMap<(String, String), String>,
    /// How long a renewed sign-in lasts.
    pub renewed_life: Option<Duration>,
    /// The role of the machine that everybody is on.
    pub machine_role: Option<String>,
    /// The role of the container that everybody is in, and what opens its door.
    pub container: Option<(String, String)>,
    pub(super) sso: portal::SignIns,
    pub(super) logins: login::SignIns,
    pub(super) machine_tokens: BTreeMap<String, Timestamp>,
}

impl Around {
    /// Every secret in it.
    pub(super) fn secrets(&self) -> Vec<String> {
        let container = self.container.iter().map(|(_, token)| token.clone());
        let machine = self.machine_tokens.keys().cloned();
        self.sso.secrets().chain(self.logins.secrets()).chain(container).chain(machine).collect()
    }
}

/// A service that answers in JSON, or in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// `sso:GetRoleCredentials`
    RoleCredentials,
    /// `sso-oidc:CreateToken`
    Token,
    /// `signin:CreateOAuth2Token`
    LoginToken,
    /// The token of version 2 of the machine's metadata.
    MachineToken,
    /// The name of the machine's role, or its keys.
    Machine,
    /// The container's keys.
    Container,
}

impl Call {
    /// Which one is meant, if one is.
    pub(super) fn of(method: &str, path: &str) -> Option<Self> {
        match (method, path) {
            ("GET", "/federation/credentials") => Some(Self::RoleCredentials),
            ("POST", "/token") => Some(Self::Token),
            ("POST", login::PATH) => Some(Self::LoginToken),
            ("PUT", "/latest/api/token") => Some(Self::MachineToken),
            ("GET", path) if path.starts_with(metadata::ROLES) => Some(Self::Machine),
            ("GET", "/container/keys") => Some(Self::Container),
            _ => None,
        }
    }

    /// As the log names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RoleCredentials => "GetRoleCredentials",
            Self::Token => "CreateToken",
            Self::LoginToken => "CreateOAuth2Token",
            Self::MachineToken => "MetadataToken",
            Self::Machine => "Metadata",
            Self::Container => "ContainerCredentials",
        }
    }
}

/// What is answered: JSON, or a word.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Json(Value),
    Word(String),
}

/// Answers a call.
pub(super) fn answer(world: &mut World, call: Call, request: &Request) -> Result<Said, ApiError> {
    let now = world.now();
    match call {
        Call::RoleCredentials => portal::role_credentials(world, request, now).map(Said::Json),
        Call::Token => portal::create_token(world, request, now).map(Said::Json),
        Call::LoginToken => login::create_token(world, request, now).map(Said::Json),
        Call::MachineToken => metadata::token(world, request, now).map(Said::Word),
        Call::Machine => metadata::machine(world, request, now),
        Call::Container => metadata::container(world, request, now).map(Said::Json),
    }
}

/// The body of a JSON request.
fn body(request: &Request) -> Result<Value, ApiError> {
    serde_json::from_slice(&request.body)
        .map_err(|_| ApiError::new(400, "InvalidRequestException", "The body is not JSON"))
}

/// A session of a role for somebody who showed something else than a signature.
fn session_of(world: &mut World, role_arn: &str, now: Timestamp) -> Result<Credentials, ApiError> {
    const HOUR: Duration = Duration::from_hours(1);
    let role =
        world.role(role_arn).ok_or_else(|| ApiError::new(404, "ResourceNotFoundException", "No role"))?;
    let kind = SessionKind::Role {
        arn: role_arn.to_owned(),
        role_id: role.id.clone(),
        session_name: "alice@example.com".to_owned(),
        source_identity: None,
        transitive_tags: BTreeMap::new(),
        policies: SessionPolicies::default(),
        chained: false,
    };
    let life = world.role_session_life.unwrap_or(HOUR);
    Ok(world.issue(kind, now, life))
}

/// Keys in the words of machines and containers.
fn in_words_of_metadata(keys: &Credentials) -> Value {
    json!({
        "Code": "Success",
        "LastUpdated": "2026-01-01T00:00:00Z",
        "Type": "AWS-HMAC",
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "Token": keys.session_token,
        "Expiration": seconds(keys.expiration),
    })
}

/// To the second, as these services say it.
fn seconds(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
