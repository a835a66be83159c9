//! What is around a program in the cloud: the metadata of its machine, version 2 only, and the keys of its container.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Said, in_words_of_metadata, session_of};
use crate::sandbox::{error::ApiError, request::Request, world::World};

/// Where the name of the machine's role is, and below it the keys.
pub(super) const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

pub(super) fn token(world: &mut World, request: &Request, now: Timestamp) -> Result<String, ApiError> {
    let asked = request.header("x-aws-ec2-metadata-token-ttl-seconds").and_then(|life| life.parse().ok());
    let life: i64 = asked
        .filter(|life| (1..=21_600).contains(life))
        .ok_or_else(|| ApiError::new(400, "BadRequest", "no life of a token"))?;
    if request.header("x-forwarded-for").is_some() {
        return Err(ApiError::new(403, "Forbidden", "not for others"));
    }
    let token = world.mint.token();
    world.around.machine_tokens.insert(token.clone(), now + SignedDuration::from_secs(life));
    Ok(token)
}

pub(super) fn machine(world: &mut World, request: &Request, now: Timestamp) -> Result<Said, ApiError> {
    let token = request.header("x-aws-ec2-metadata-token").unwrap_or_default();
    if world.around.machine_tokens.get(token).is_none_or(|end| *end <= now) {
        return Err(ApiError::new(401, "Unauthorized", "no token, or one that is over"));
    }
    let none = || ApiError::new(404, "NotFound", "no role");
    let role = world.around.machine_role.clone().ok_or_else(none)?;
    let name = role.rsplit('/').next().unwrap_or_default().to_owned();
    match request.path.strip_prefix(ROLES) {
        Some("") => Ok(Said::Word(name)),
        Some(asked) if asked == name => {
            session_of(world, &role, now).map(|keys| Said::Json(in_words_of_metadata(&keys)))
        }
        _ => Err(none()),
    }
}

pub(super) fn container(world: &mut World, request: &Request, now: Timestamp) -> Result<Value, ApiError> {
    let (role, token) =
        world.around.container.clone().ok_or_else(|| ApiError::new(404, "NotFound", "no container"))?;
    if request.header("authorization") != Some(token.as_str()) {
        return Err(ApiError::new(403, "Forbidden", "not with this token"));
    }
    session_of(world, &role, now).map(|keys| in_words_of_metadata(&keys))
}
