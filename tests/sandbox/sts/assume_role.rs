//! `AssumeRole`: a session of a role, for whom its trust policy lets in.

use std::time::Duration;

use jiff::Timestamp;

use super::{credentials_xml, granted, mfa_of_session, session_context::SessionContext, trust, verify_mfa};
use crate::sandbox::{
    auth::Caller,
    constraints::{Constraints, EXTERNAL_ID, NAME, SERIAL, integer},
    error::ApiError,
    identity::{Role, SessionKind},
    policies::SessionPolicies,
    request::Request,
    world::World,
    xml::Xml,
};

const SHORTEST: i32 = 900;
const LONGEST: i32 = 43_200;
const HOUR: i32 = 3600;

pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    now: Timestamp,
) -> Result<Xml, ApiError> {
    let arn = request.require("RoleArn")?;
    let session_name = request.require("RoleSessionName")?;
    let asked = integer(request.get("DurationSeconds"))?;
    check_parameters(request, arn, session_name, asked)?;
    let context = SessionContext::read(caller, request)?;
    if caller.arn.ends_with(":root") {
        return Err(ApiError::access_denied("Roles may not be assumed by root accounts."));
    }
    // The code is verified, and spent, before anything that needs the role.
    let mfa_at = verify_mfa(world, caller, request, now)?.or(mfa_of_session(caller));
    let role = admitted(world, caller, request, &context, mfa_at, now)?.clone();
    check_duration(caller, &role, asked)?;

    let kind = SessionKind::Role {
        arn: role.arn.clone(),
        role_id: role.id.clone(),
        session_name: session_name.to_owned(),
        source_identity: context.source_identity.clone(),
        transitive_tags: context.transitive_tags.clone(),
        policies: SessionPolicies::read(request),
        chained: caller.is_session(),
    };
    let credentials = world.issue(kind, now, granted(asked.unwrap_or(HOUR), world.role_session_life));
    let assumed = Xml::new()
        .text("AssumedRoleId", format!("{}:{session_name}", role.id))
        .text("Arn", role.session_arn(session_name));
    Ok(Xml::new()
        .element("AssumedRoleUser", &assumed)
        .element("Credentials", &credentials_xml(&credentials))
        .maybe("PackedPolicySize", context.packed_percent)
        .maybe("SourceIdentity", context.source_identity))
}

fn check_parameters(
    request: &Request,
    arn: &str,
    session_name: &str,
    asked: Option<i32>,
) -> Result<(), ApiError> {
    let external_id = request.get("ExternalId");
    let serial = request.get("SerialNumber");
    let source_identity = request.get("SourceIdentity");
    Constraints::default()
        .length("roleArn", Some(arn), 20, 2048)
        .length("roleSessionName", Some(session_name), 2, 64)
        .pattern("roleSessionName", Some(session_name), NAME)
        .range("durationSeconds", asked, SHORTEST, LONGEST)
        .length("externalId", external_id, 2, 1224)
        .pattern("externalId", external_id, EXTERNAL_ID)
        .length("serialNumber", serial, 9, 256)
        .pattern("serialNumber", serial, SERIAL)
        .code(request.get("TokenCode"))
        .length("sourceIdentity", source_identity, 2, 64)
        .pattern("sourceIdentity", source_identity, NAME)
        .check()
}

/// The role, if it exists and lets the caller in. A missing role and a closed one look the same from outside.
fn admitted<'w>(
    world: &'w World,
    caller: &Caller,
    request: &Request,
    context: &SessionContext,
    mfa_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<&'w Role, ApiError> {
    let arn = request.require("RoleArn")?;
    let refused = |action: &str| ApiError::not_authorized(&caller.arn, action, arn);
    let attempt = trust::Attempt {
        caller,
        external_id: request.get("ExternalId"),
        context,
        mfa_age: mfa_at.map(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default()),
    };
    let allowed = caller.user(world).is_none_or(|user| !user.denied.contains("sts:AssumeRole"));
    let role = world
        .role(arn)
        .filter(|_| allowed)
        .filter(|role| trust::admits(&role.trust, &attempt))
        .ok_or_else(|| refused("sts:AssumeRole"))?;
    if context.source_identity.is_some() && !role.trust.source_identity_allowed {
        return Err(refused("sts:SetSourceIdentity"));
    }
    if context.has_tags() && !role.trust.tags_allowed {
        return Err(refused("sts:TagSession"));
    }
    Ok(role)
}

/// Any temporary credentials make this role chaining, those of `GetSessionToken` too.
fn check_duration(caller: &Caller, role: &Role, asked: Option<i32>) -> Result<(), ApiError> {
    let asked = asked.unwrap_or(HOUR);
    if u64::try_from(asked).is_ok_and(|asked| asked > role.max_session.as_secs()) {
        return Err(ApiError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    if caller.is_session() && asked > HOUR {
        return Err(ApiError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    Ok(())
}
