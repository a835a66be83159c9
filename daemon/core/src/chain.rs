//! What a profile comes to, once every file has been read: a base and the roles to assume on top of it.
//!
//! Made by the planner, consumed by the session graph; it holds resolved values only, never a path to read later.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::source::Source;
use crate::time::Wall;

/// A profile, resolved.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The profile that was asked for.
    pub profile: String,
    /// Where credentials begin.
    pub base: Base,
    /// The MFA device of the base's user, where a line names one: on the profile asked for, else on the next source
    /// profile that has it.
    pub device: Option<String>,
    /// The program that gives the device's codes, and its arguments (`mfa_process`).
    pub mfa_process: Option<Arc<[String]>>,
    /// The roles to assume, the first one with the base's credentials.
    pub roles: Vec<Role>,
    /// The region for the caller's program.
    pub region: Option<String>,
    /// How AWS is reached.
    pub service: Arc<Service>,
}

/// Where credentials begin.
#[derive(Debug, Clone)]
pub enum Base {
    /// Keys from the shared files.
    Keys(Arc<Keys>),
    /// Something that has to be asked for keys.
    Source {
        /// What it is.
        source: Arc<Source>,
        /// The profile that has it, to be named where a person has to sign in.
        profile: String,
    },
}

/// Keys as they stand in a file (or, later, in the keyring).
#[derive(Debug, Clone)]
pub struct Keys {
    /// `AKIA…`, or `ASIA…` with a session token.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: SecretString,
    /// Present on temporary keys, such as those that saml2aws writes.
    pub session_token: Option<SecretString>,
    /// When they end, where the file says so (`x_security_token_expires`, `expiration`).
    pub expiration: Option<Wall>,
    /// `aws_account_id`, where the file says so.
    pub account_id: Option<String>,
}

impl Keys {
    /// Temporary keys cannot call `GetSessionToken`, and roles taken with them are chained.
    pub fn temporary(&self) -> bool {
        self.session_token.is_some()
    }
}

/// One role to assume.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// The profile that has the `role_arn`.
    pub profile: String,
    /// Which role.
    pub arn: RoleName,
    /// `external_id`.
    pub external_id: Option<String>,
    /// `role_session_name`, else the default (`awsd-<user>`), which the planner is given.
    pub session_name: String,
    /// `duration_seconds`; none means an hour.
    pub duration: Option<Duration>,
    /// `source_identity`.
    pub source_identity: Option<String>,
    /// `session_tags`, sorted by key.
    pub tags: Vec<(String, String)>,
    /// `transitive_session_tags`, sorted.
    pub transitive_tags: Vec<String>,
    /// What the session may do less than the role.
    pub policies: Policies,
}

/// Session policies: a session may do what both they and the role allow.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Policies {
    /// A policy, as JSON.
    pub inline: Option<String>,
    /// ARNs of policies, sorted.
    pub arns: Vec<String>,
}

/// A role, as `role_arn` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RoleName {
    /// `arn:aws:iam::111122223333:role/name`.
    Arn(String),
    /// A bare name (possibly with a path): the role of that name in the account of the source.
    Bare(String),
}

/// How AWS is reached for a profile. Resolved values of files and environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Service {
    /// The region whose endpoint is called and that requests are signed for.
    pub region: String,
    /// An endpoint that replaces STS's own.
    pub sts_endpoint: Option<String>,
    /// An endpoint that replaces IAM's own.
    pub iam_endpoint: Option<String>,
    /// An endpoint that replaces that of the sign-in to the web console.
    pub signin_endpoint: Option<String>,
    /// Use the FIPS endpoints.
    pub fips: bool,
    /// Use the dual-stack endpoints.
    pub dualstack: bool,
    /// A file of certificates to trust instead of the system's.
    pub ca_bundle: Option<String>,
    /// A proxy for HTTPS.
    pub https_proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    pub no_proxy: Option<String>,
}

impl Service {
    /// What sessions are valid for: an endpoint override, else the partition. Sessions are shared within one scope,
    /// whatever the region.
    pub fn scope(&self) -> &str {
        self.sts_endpoint.as_deref().unwrap_or_else(|| partition(&self.region))
    }
}

/// The partition of a region. Its prefix says it, as in the SDKs' `partitions.json`; an unknown one is in `aws`.
pub fn partition(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |&(_, name)| name)
}
