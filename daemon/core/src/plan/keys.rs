//! Keys that stand in the files.

use jiff::Timestamp;
use secrecy::SecretString;

use super::error::{PlanError, PlanErrorKind};
use super::finding::Finding;
use super::settings::Settings;
use crate::chain::Keys;
use crate::config_file::{Kind, Profile, Value};
use crate::time::Wall;

const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";
/// botocore's order: the old name first.
const TOKENS: [&str; 2] = ["aws_security_token", "aws_session_token"];
/// What tools that write temporary keys call their end.
const EXPIRATIONS: [&str; 3] = ["x_security_token_expires", "expiration", "aws_expiration"];

/// Which file has the keys: those of the credentials file come before `credential_process`, those of the config file
/// after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    CredentialsFile,
    ConfigFile,
}

/// Whether there is any part of a key, and where.
pub(super) fn place(settings: &Settings<'_>) -> Option<Place> {
    let id = owner(settings)?.get(ID);
    let in_credentials = id.is_some_and(|id| id.origin.kind == Kind::Credentials);
    Some(if in_credentials { Place::CredentialsFile } else { Place::ConfigFile })
}

/// The keys, which must be whole.
pub(super) fn read(settings: &Settings<'_>, warnings: &mut Vec<Finding>) -> Result<Keys, PlanError> {
    let owner = owner(settings).ok_or_else(|| settings.error(None, PlanErrorKind::NoCredentials))?;
    let (id, secret) = match (owner.get(ID), owner.get(SECRET)) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(id), None) => return Err(missing(settings, SECRET, ID, id)),
        (None, Some(secret)) => return Err(missing(settings, ID, SECRET, secret)),
        (None, None) => return Err(settings.error(None, PlanErrorKind::NoCredentials)),
    };
    let token = TOKENS.iter().find_map(|&key| Some((key, owner.get(key)?)));
    for (key, value) in [Some((ID, id)), Some((SECRET, secret)), token].into_iter().flatten() {
        one_word(settings, key, value)?;
    }
    Ok(Keys {
        access_key_id: id.text().to_owned(),
        secret_access_key: SecretString::from(secret.text()),
        session_token: token.map(|(_, value)| SecretString::from(value.text())),
        expiration: token.and_then(|_| expiration(settings, owner, warnings)),
        account_id: owner.get("aws_account_id").map(|value| value.text().to_owned()),
    })
}

/// The keys of a profile that assumes a role with somebody else's are not used.
pub(super) fn unused(settings: &Settings<'_>) -> Option<Finding> {
    let owner = owner(settings)?;
    let line = owner.get(ID).or_else(|| owner.get(SECRET))?;
    let sentence = format!("Profile '{}' has an access key that is not used.", settings.name());
    let reason = "Its role is assumed with the credentials of its source.";
    Some(Finding::warning("unused-keys", &line.origin, sentence, reason, "Remove the key, or the source."))
}

/// Keys in the config file come after `credential_process`.
pub(super) fn behind_process(settings: &Settings<'_>, process: &Value) -> Option<Finding> {
    place(settings)?;
    let sentence = format!("Profile '{}' has credential_process as well as an access key.", settings.name());
    let reason =
        "credential_process wins over a key in the config file, and loses to one in the credentials file.";
    Some(Finding::warning("unused-keys", &process.origin, sentence, reason, "Remove one of the two."))
}

fn owner<'a>(settings: &Settings<'a>) -> Option<&'a Profile> {
    settings.layer_with(&[ID, SECRET])
}

fn missing(settings: &Settings<'_>, key: &'static str, beside: &'static str, line: &Value) -> PlanError {
    settings.error(Some(line), PlanErrorKind::Missing { key, beside })
}

/// Keys go into headers: white space in one (a continued line, say) would only fail later, and less clearly.
fn one_word(settings: &Settings<'_>, key: &'static str, value: &Value) -> Result<(), PlanError> {
    if value.text().chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    let rule = "one word of ASCII characters on one line";
    Err(settings.error(Some(value), PlanErrorKind::BadValue { key, rule }))
}

/// When temporary keys end. An unreadable date is as good as none: the keys may well work.
fn expiration(settings: &Settings<'_>, owner: &Profile, warnings: &mut Vec<Finding>) -> Option<Wall> {
    let (key, value) = EXPIRATIONS.iter().find_map(|&key| Some((key, owner.get(key)?)))?;
    let moment = value.text().parse::<Timestamp>().ok().and_then(|time| u64::try_from(time.as_second()).ok());
    if moment.is_none() {
        let sentence = format!("Profile '{}': {key} is not a date of RFC 3339.", settings.name());
        let reason = "awsd cannot tell when the keys end.";
        let fix = "Write it as 2026-01-31T23:59:59Z.";
        warnings.push(Finding::warning("unreadable-expiration", &value.origin, sentence, reason, fix));
    }
    moment.map(Wall::from_secs)
}
