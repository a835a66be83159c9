//! The STS calls: `GetSessionToken`, `AssumeRole`, `GetCallerIdentity`.

mod assume_role;
mod get_session_token;
mod session_context;
mod trust;
pub(super) mod web_identity;

use std::time::Duration;

use jiff::Timestamp;

use super::{
    auth::{Caller, CallerKind},
    error::{ApiError, BOTH_NEEDED, INVALID_CODE, UNABLE_TO_VALIDATE},
    identity::Credentials,
    request::Request,
    totp::Refusal,
    world::World,
    xml::Xml,
};

/// The only version of the API.
const VERSION: &str = "2011-06-15";

/// Answers one STS call with the content of its result element.
pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    now: Timestamp,
) -> Result<Xml, ApiError> {
    // STS also answers what names no service that is known here.
    let version = request.get("Version").unwrap_or_default();
    if version != VERSION {
        return Err(no_operation(request.action(), version));
    }
    match request.action() {
        "GetCallerIdentity" => Ok(identity(caller)),
        "GetSessionToken" => get_session_token::call(world, caller, request, now),
        "AssumeRole" => assume_role::call(world, caller, request, now),
        // The capability rules come before anything else these calls could answer.
        action @ ("GetFederationToken" | "GetAccessKeyInfo" | "DecodeAuthorizationMessage") => {
            if caller.is_session() {
                return Err(ApiError::access_denied(format!(
                    "Cannot call {action} with session credentials"
                )));
            }
            Err(ApiError::not_authorized(&caller.arn, &format!("sts:{action}"), "*"))
        }
        action => Err(no_operation(action, VERSION)),
    }
}

fn no_operation(action: &str, version: &str) -> ApiError {
    ApiError::new(400, "InvalidAction", format!("Could not find operation {action} for version {version}"))
}

fn identity(caller: &Caller) -> Xml {
    Xml::new().text("Arn", &caller.arn).text("UserId", &caller.user_id).text("Account", &caller.account)
}

/// Checks the code of a call that takes one. `None`: none was sent.
///
/// Whatever happens to the call afterwards, the code is spent.
fn verify_mfa(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    now: Timestamp,
) -> Result<Option<Timestamp>, ApiError> {
    let (serial, code) = match (request.get("SerialNumber"), request.get("TokenCode")) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => return Err(ApiError::access_denied(BOTH_NEEDED)),
    };
    let device = caller.user_mut(world).and_then(|user| user.device_mut(serial));
    match device.map(|device| device.verify(code, now)) {
        Some(Ok(())) => Ok(Some(now)),
        Some(Err(Refusal::Invalid)) => Err(ApiError::access_denied(INVALID_CODE)),
        Some(Err(Refusal::BudgetSpent)) | None => Err(ApiError::access_denied(UNABLE_TO_VALIDATE)),
    }
}

/// When the caller's own session verified a code. Long-term keys and role sessions carry no MFA context.
fn mfa_of_session(caller: &Caller) -> Option<Timestamp> {
    match caller.kind {
        CallerKind::UserSession { mfa_at } => mfa_at,
        CallerKind::Root | CallerKind::User | CallerKind::RoleSession { .. } => None,
    }
}

fn credentials_xml(credentials: &Credentials) -> Xml {
    Xml::new()
        .text("AccessKeyId", &credentials.access_key_id)
        .text("SecretAccessKey", &credentials.secret_access_key)
        .text("SessionToken", &credentials.session_token)
        .text("Expiration", credentials.expiration.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

/// The life a session gets: what was asked, or less where the world says so.
fn granted(asked: i32, at_most: Option<Duration>) -> Duration {
    let asked = Duration::from_secs(u64::try_from(asked).unwrap_or_default());
    at_most.map_or(asked, |limit| asked.min(limit))
}
