//! Who there is: users with keys and devices, roles with trust policies, and the sessions made from them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{policies::SessionPolicies, totp::Device};

/// A long-term access key.
#[derive(Clone)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// The secret; contains the canary.
    pub secret: String,
    /// An inactive key is answered like an unknown one.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Before this moment the endpoints do not know the key yet.
    pub known_from: Timestamp,
    /// When, with which service and in which region it was used last.
    pub last_used: Option<(Timestamp, String, String)>,
}

/// An IAM user, or the root user of an account.
#[derive(Clone)]
pub struct User {
    /// The twelve digits of the account.
    pub account: String,
    /// The name; for the root user the account.
    pub name: String,
    /// `AIDA…`; for the root user the account.
    pub id: String,
    /// The root user of the account.
    pub root: bool,
    /// Access keys, in order of creation.
    pub keys: Vec<AccessKey>,
    /// MFA devices, in order of registration.
    pub devices: Vec<Device>,
    /// Actions (`iam:ListMFADevices`, `sts:AssumeRole`) that policies refuse this user.
    pub denied: BTreeSet<String>,
    /// When the user was made.
    pub created: Timestamp,
}

impl User {
    /// The user's ARN.
    pub fn arn(&self) -> String {
        if self.root {
            format!("arn:aws:iam::{}:root", self.account)
        } else {
            format!("arn:aws:iam::{}:user/{}", self.account, self.name)
        }
    }

    /// The user's device with this serial.
    pub fn device_mut(&mut self, serial: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.serial() == serial)
    }
}

/// Who may assume a role, and under which conditions: the part of trust policies that matters here.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// ARNs: an account's root (everybody in it), a user, or a role.
    pub principals: Vec<String>,
    /// `sts:ExternalId`
    pub external_id: Option<String>,
    /// `aws:MultiFactorAuthPresent`
    pub mfa_required: bool,
    /// `aws:MultiFactorAuthAge` must be less than this.
    pub mfa_max_age: Option<Duration>,
    /// `sts:SetSourceIdentity` is allowed.
    pub source_identity_allowed: bool,
    /// `sts:TagSession` is allowed.
    pub tags_allowed: bool,
    /// `sts:SourceIdentity`, passed or inherited.
    pub source_identity: Option<String>,
    /// `aws:RequestTag/KEY`: a tag that is passed, or inherited.
    pub request_tag: Option<(String, String)>,
}

impl Trust {
    /// Trusts these principals without further conditions.
    pub fn of<const N: usize>(principals: [&str; N]) -> Self {
        Self { principals: principals.map(str::to_owned).to_vec(), ..Self::default() }
    }

    /// Only with MFA.
    #[must_use]
    pub fn with_mfa(mut self) -> Self {
        self.mfa_required = true;
        self
    }

    /// Only with MFA that is younger than this.
    #[must_use]
    pub fn with_mfa_younger_than(mut self, age: Duration) -> Self {
        self.mfa_max_age = Some(age);
        self
    }

    /// Only with this external id.
    #[must_use]
    pub fn with_external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    /// Only with this source identity.
    #[must_use]
    pub fn with_source_identity(mut self, identity: &str) -> Self {
        self.source_identity = Some(identity.to_owned());
        self
    }

    /// Only with this session tag.
    #[must_use]
    pub fn with_request_tag(mut self, key: &str, value: &str) -> Self {
        self.request_tag = Some((key.to_owned(), value.to_owned()));
        self
    }

    /// Source identity and session tags may be passed.
    #[must_use]
    pub fn with_session_context(mut self) -> Self {
        self.source_identity_allowed = true;
        self.tags_allowed = true;
        self
    }
}

/// An IAM role.
#[derive(Clone, Debug)]
pub struct Role {
    /// `arn:aws:iam::<account>:role/<path and name>`
    pub arn: String,
    /// `AROA…`; a role made again under the same ARN has another one, and sessions of the old one are dead.
    pub id: String,
    /// The longest session, an hour to twelve.
    pub max_session: Duration,
    /// Who may assume it.
    pub trust: Trust,
    /// Sessions issued before this are refused everything.
    pub revoked_before: Option<Timestamp>,
}

impl Role {
    /// The account that owns the role.
    pub fn account(&self) -> &str {
        account_of(&self.arn)
    }

    /// The ARN of a session of this role.
    pub fn session_arn(&self, session_name: &str) -> String {
        let name = self.arn.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sts::{}:assumed-role/{name}/{session_name}", self.account())
    }
}

/// The account in an ARN.
pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// Temporary credentials as they are handed out.
#[derive(Clone)]
pub struct Credentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret; contains the canary.
    pub secret_access_key: String,
    /// The token; contains the canary.
    pub session_token: String,
    /// When they end.
    pub expiration: Timestamp,
}

/// A session that was handed out. It is remembered after its end, so that it can be told from an unknown one.
#[derive(Clone)]
pub struct Session {
    /// What the caller got.
    pub credentials: Credentials,
    /// When it was issued.
    pub issued: Timestamp,
    /// Whose session it is.
    pub kind: SessionKind,
}

/// Whose session it is.
#[derive(Clone, Debug)]
pub enum SessionKind {
    /// From `GetSessionToken`.
    User {
        /// The user's ARN.
        arn: String,
        /// When the code was verified, if one was.
        mfa_at: Option<Timestamp>,
    },
    /// From `AssumeRole`. Such a session carries no MFA context.
    Role {
        /// The role's ARN.
        arn: String,
        /// The role's id when the session was made.
        role_id: String,
        /// `RoleSessionName`
        session_name: String,
        /// Sticks to the whole chain.
        source_identity: Option<String>,
        /// Tags that sessions made from this one inherit.
        transitive_tags: BTreeMap<String, String>,
        /// What it may do less than the role.
        policies: SessionPolicies,
        /// It was taken with temporary credentials.
        chained: bool,
    },
}
