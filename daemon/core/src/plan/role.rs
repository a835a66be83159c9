//! The roles on the way, with what their profiles say about each.

use std::collections::HashSet;
use std::time::Duration;

use super::PlanRequest;
use super::error::{PlanError, PlanErrorKind};
use super::limits;
use super::route::Route;
use super::settings::Settings;
use crate::chain::{Policies, Role, RoleName};
use crate::config_file::Value;

/// The roles in the order in which they are assumed: from the base to the profile asked for.
pub(super) fn read(route: &Route<'_>, request: &PlanRequest) -> Result<Vec<Role>, PlanError> {
    let stops = route.roles.iter().rev().filter_map(|&index| route.stops.get(index));
    let mut roles = stops.map(|stop| of_profile(stop, request)).collect::<Result<Vec<_>, _>>()?;
    if let Some(duration) = request.duration {
        let Some(last) = roles.last_mut() else {
            return Err(PlanError::new(&request.profile, None, PlanErrorKind::DurationWithoutRole));
        };
        if !limits::is_role_duration(duration.as_secs()) {
            let kind = PlanErrorKind::BadDuration { rule: limits::DURATION_RULE };
            return Err(PlanError::new(&request.profile, None, kind));
        }
        last.duration = Some(duration);
    }
    Ok(roles)
}

fn of_profile(stop: &Settings<'_>, request: &PlanRequest) -> Result<Role, PlanError> {
    let text = |key, rule, is_fine: fn(&str) -> bool| checked(stop, stop.get(key), key, rule, is_fine);
    let identity = stop.of_vault("source_identity");
    let identity_rule = limits::SOURCE_IDENTITY_RULE;
    Ok(Role {
        profile: stop.name().to_owned(),
        arn: role_name(stop)?,
        external_id: text("external_id", limits::EXTERNAL_ID_RULE, limits::is_external_id)?,
        session_name: session_name(stop, request)?,
        duration: duration(stop)?,
        source_identity: checked(
            stop,
            identity,
            "source_identity",
            identity_rule,
            limits::is_source_identity,
        )?,
        tags: tags(stop)?,
        transitive_tags: transitive_tags(stop)?,
        policies: Policies::default(),
    })
}

/// `role_session_name`, or the default one.
pub(super) fn session_name(stop: &Settings<'_>, request: &PlanRequest) -> Result<String, PlanError> {
    let key = "role_session_name";
    let named = checked(stop, stop.get(key), key, limits::SESSION_NAME_RULE, limits::is_session_name)?;
    Ok(named.unwrap_or_else(|| request.default_session_name.clone()))
}

fn role_name(stop: &Settings<'_>) -> Result<RoleName, PlanError> {
    let line = stop.get("role_arn");
    match line.map(Value::text) {
        Some(text) if limits::is_role_arn(text) => Ok(RoleName::Arn(text.to_owned())),
        Some(text) if limits::is_role_name(text) => {
            Ok(RoleName::Bare(text.trim_start_matches('/').to_owned()))
        }
        _ => Err(bad(stop, line, "role_arn", limits::ROLE_RULE)),
    }
}

fn checked(
    stop: &Settings<'_>,
    line: Option<&Value>,
    key: &'static str,
    rule: &'static str,
    is_fine: fn(&str) -> bool,
) -> Result<Option<String>, PlanError> {
    match line {
        Some(line) if is_fine(line.text()) => Ok(Some(line.text().to_owned())),
        Some(line) => Err(bad(stop, Some(line), key, rule)),
        None => Ok(None),
    }
}

/// `duration_seconds`.
pub(super) fn duration(stop: &Settings<'_>) -> Result<Option<Duration>, PlanError> {
    const KEY: &str = "duration_seconds";
    let Some(line) = stop.get(KEY) else { return Ok(None) };
    match line.text().parse() {
        Ok(seconds) if limits::is_role_duration(seconds) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(bad(stop, Some(line), KEY, limits::DURATION_RULE)),
    }
}

/// `key=value,key2=value2`, sorted by key.
fn tags(stop: &Settings<'_>) -> Result<Vec<(String, String)>, PlanError> {
    const KEY: &str = "session_tags";
    let Some(line) = stop.of_vault(KEY) else { return Ok(Vec::new()) };
    let wrong = || bad(stop, Some(line), KEY, limits::TAGS_RULE);
    let mut tags = Vec::new();
    for pair in line.text().split(',') {
        let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
        let (key, value) = (key.trim(), value.trim());
        if !limits::is_tag_key(key) || !limits::is_tag_value(value) {
            return Err(wrong());
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    tags.sort();
    // AWS does not tell keys apart by case.
    let keys: HashSet<_> = tags.iter().map(|(key, _)| key.to_lowercase()).collect();
    if keys.len() < tags.len() || tags.len() > limits::MAX_TAGS {
        return Err(wrong());
    }
    Ok(tags)
}

/// `key,key2`, sorted. What is empty between commas is left out, as aws-vault does.
fn transitive_tags(stop: &Settings<'_>) -> Result<Vec<String>, PlanError> {
    const KEY: &str = "transitive_session_tags";
    let Some(line) = stop.of_vault(KEY) else { return Ok(Vec::new()) };
    let keys = line.text().split(',').map(|key| key.trim().to_owned());
    let mut keys: Vec<_> = keys.filter(|key| !key.is_empty()).collect();
    if keys.len() > limits::MAX_TAGS || !keys.iter().all(|key| limits::is_tag_key(key)) {
        return Err(bad(stop, Some(line), KEY, limits::TAG_KEYS_RULE));
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}

fn bad(stop: &Settings<'_>, line: Option<&Value>, key: &'static str, rule: &'static str) -> PlanError {
    stop.error(line, PlanErrorKind::BadValue { key, rule })
}
