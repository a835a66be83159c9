//! `AssumeRoleWithWebIdentity`: a session of a role for whoever has a token that it trusts. No signature.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{credentials_xml, granted};
use crate::sandbox::{
    constraints::{Constraints, NAME, integer},
    error::ApiError,
    identity::SessionKind,
    policies::SessionPolicies,
    request::Request,
    world::World,
    xml::Xml,
};

const HOUR: i32 = 3600;

impl World {
    /// A token that lets its bearer be this role, for so long.
    pub fn web_identity_token(&mut self, role_arn: &str, life: Duration) -> String {
        let token = format!("eyJ{}", self.mint.secret());
        let end = self.now() + life;
        self.web_tokens.insert(token.clone(), (role_arn.to_owned(), end));
        token
    }
}

pub(in crate::sandbox) fn call(
    world: &mut World,
    request: &Request,
    now: Timestamp,
) -> Result<Xml, ApiError> {
    let arn = request.require("RoleArn")?;
    let session_name = request.require("RoleSessionName")?;
    let token = request.require("WebIdentityToken")?;
    let asked = integer(request.get("DurationSeconds"))?;
    Constraints::default()
        .length("roleArn", Some(arn), 20, 2048)
        .length("roleSessionName", Some(session_name), 2, 64)
        .pattern("roleSessionName", Some(session_name), NAME)
        .range("durationSeconds", asked, 900, 43_200)
        .check()?;
    if request.header("authorization").is_some() {
        return Err(ApiError::validation("This call is not signed"));
    }
    let invalid = || ApiError::new(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.");
    let (trusting, end) = world.web_tokens.get(token).cloned().ok_or_else(invalid)?;
    if end <= now {
        return Err(ApiError::new(
            400,
            "ExpiredTokenException",
            "Token expired: current date/time must be before the expiration",
        ));
    }
    let role = world.role(arn).filter(|role| role.arn == trusting).cloned();
    let role = role
        .ok_or_else(|| ApiError::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity"))?;
    if u64::try_from(asked.unwrap_or(HOUR)).is_ok_and(|asked| asked > role.max_session.as_secs()) {
        return Err(ApiError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let kind = SessionKind::Role {
        arn: role.arn.clone(),
        role_id: role.id.clone(),
        session_name: session_name.to_owned(),
        source_identity: None,
        transitive_tags: BTreeMap::new(),
        policies: SessionPolicies::default(),
        chained: false,
    };
    let credentials = world.issue(kind, now, granted(asked.unwrap_or(HOUR), world.role_session_life));
    let assumed = Xml::new()
        .text("AssumedRoleId", format!("{}:{session_name}", role.id))
        .text("Arn", role.session_arn(session_name));
    Ok(Xml::new()
        .text("SubjectFromWebIdentityToken", "subject")
        .text("Audience", "audience")
        .element("AssumedRoleUser", &assumed)
        .element("Credentials", &credentials_xml(&credentials)))
}
