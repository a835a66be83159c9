//! Trust policies, as far as they matter here: principals, external id, MFA and its age.

use std::time::Duration;

use super::session_context::SessionContext;
use crate::sandbox::{
    auth::{Caller, CallerKind},
    identity::{Trust, account_of},
};

/// What somebody who wants to assume a role brings along.
pub(super) struct Attempt<'a> {
    pub(super) caller: &'a Caller,
    pub(super) external_id: Option<&'a str>,
    /// How long ago a code was verified. None: never, so both MFA keys are absent.
    pub(super) mfa_age: Option<Duration>,
    /// What the session is made with.
    pub(super) context: &'a SessionContext,
}

/// Whether the policy lets the attempt in.
pub(super) fn admits(trust: &Trust, attempt: &Attempt<'_>) -> bool {
    trust.principals.iter().any(|principal| names(principal, attempt.caller))
        && trust.external_id.as_deref().is_none_or(|wanted| attempt.external_id == Some(wanted))
        && (!trust.mfa_required || attempt.mfa_age.is_some())
        && trust.mfa_max_age.is_none_or(|limit| attempt.mfa_age.is_some_and(|age| age < limit))
        && trust
            .source_identity
            .as_ref()
            .is_none_or(|it| attempt.context.source_identity.as_ref() == Some(it))
        && trust.request_tag.as_ref().is_none_or(|(key, value)| attempt.context.has_tag(key, value))
}

/// Whether a principal of a policy names the caller: itself, its role, or its whole account.
fn names(principal: &str, caller: &Caller) -> bool {
    let own = match &caller.kind {
        CallerKind::RoleSession { role_arn, .. } => role_arn,
        CallerKind::Root | CallerKind::User | CallerKind::UserSession { .. } => &caller.arn,
    };
    principal == own
        || principal == caller.arn
        || (principal.ends_with(":root") && account_of(principal) == caller.account)
}
