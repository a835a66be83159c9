//! `GetSessionToken`: a session of the user itself, with MFA context if a code was given.

use jiff::Timestamp;

use super::{credentials_xml, granted, verify_mfa};
use crate::sandbox::{
    auth::{Caller, CallerKind},
    constraints::{Constraints, SERIAL, integer},
    error::ApiError,
    identity::SessionKind,
    request::Request,
    world::World,
    xml::Xml,
};

const SHORTEST: i32 = 900;
const LONGEST: i32 = 129_600;
const DEFAULT: i32 = 43_200;

/// Longer sessions of root are cut to this without a word.
const LONGEST_FOR_ROOT: i32 = 3600;

pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    now: Timestamp,
) -> Result<Xml, ApiError> {
    let asked = integer(request.get("DurationSeconds"))?;
    let serial = request.get("SerialNumber");
    Constraints::default()
        .range("durationSeconds", asked, SHORTEST, LONGEST)
        .length("serialNumber", serial, 9, 256)
        .pattern("serialNumber", serial, SERIAL)
        .code(request.get("TokenCode"))
        .check()?;
    if caller.is_session() {
        return Err(ApiError::access_denied("Cannot call GetSessionToken with session credentials"));
    }
    let mfa_at = verify_mfa(world, caller, request, now)?;
    let mut seconds = asked.unwrap_or(DEFAULT);
    if matches!(caller.kind, CallerKind::Root) {
        seconds = seconds.min(LONGEST_FOR_ROOT);
    }
    let life = granted(seconds, world.user_session_life);
    let kind = SessionKind::User { arn: caller.arn.clone(), mfa_at };
    let credentials = world.issue(kind, now, life);
    Ok(Xml::new().element("Credentials", &credentials_xml(&credentials)))
}
