//! Which MFA device's code is asked for.

use std::sync::Arc;

use super::error::{PlanError, PlanErrorKind};
use super::finding::Finding;
use super::limits::{SERIAL_RULE, is_serial};
use super::settings::Settings;
use crate::config_file::Value;

const SERIAL: &str = "mfa_serial";
/// Guides in the wild use this name. The AWS CLI has never known it, and ignores it without a word.
const ARN: &str = "mfa_arn";

/// The program that gives the codes: a command line, which aws-vault reads as well.
const PROCESS: &str = "mfa_process";
const PROCESS_RULE: &str = "a program and its arguments, with quotes that are closed";

/// The device that the profile asked for names, else the next source profile that names one.
pub(super) fn choose(
    stops: &[Settings<'_>],
    warnings: &mut Vec<Finding>,
) -> Result<Option<String>, PlanError> {
    for stop in stops {
        if let Some((key, line)) = of_profile(stop, warnings) {
            return checked(stop, key, line).map(Some);
        }
    }
    Ok(None)
}

/// The program that gives the codes: the one that the profile asked for names, else the next source profile that names
/// one. Its words are what a shell would make of the line; no shell runs.
pub(super) fn process(stops: &[Settings<'_>]) -> Result<Option<Arc<[String]>>, PlanError> {
    let Some((stop, line)) = stops.iter().find_map(|stop| Some((stop, stop.of_vault(PROCESS)?))) else {
        return Ok(None);
    };
    match shlex::split(line.text()) {
        Some(words) if !words.is_empty() => Ok(Some(words.into())),
        _ => Err(stop.error(Some(line), PlanErrorKind::BadValue { key: PROCESS, rule: PROCESS_RULE })),
    }
}

/// The line that names it.
pub(super) fn process_line<'a>(stops: &[Settings<'a>]) -> Option<&'a Value> {
    stops.iter().find_map(|stop| stop.get(PROCESS))
}

fn of_profile<'a>(stop: &Settings<'a>, warnings: &mut Vec<Finding>) -> Option<(&'static str, &'a Value)> {
    let (serial, arn) = (stop.get(SERIAL), stop.get(ARN));
    if let Some(arn) = arn {
        warnings.push(about_arn(stop, serial, arn));
    }
    serial.map(|line| (SERIAL, line)).or(arn.map(|line| (ARN, line)))
}

fn about_arn(stop: &Settings<'_>, serial: Option<&Value>, arn: &Value) -> Finding {
    let name = stop.name();
    match serial {
        None => Finding::warning(
            "mfa-arn",
            &arn.origin,
            format!("Profile '{name}' names its MFA device with mfa_arn."),
            "awsd accepts it, but the AWS CLI and the SDKs ignore it and ask for no code.",
            "Write mfa_serial instead of mfa_arn.",
        ),
        Some(serial) if serial.text() == arn.text() => Finding::warning(
            "mfa-arn",
            &arn.origin,
            format!("Profile '{name}' has mfa_arn beside mfa_serial."),
            "Only awsd reads mfa_arn, and it says the same.",
            "Remove the line.",
        ),
        Some(_) => Finding::warning(
            "mfa-arn-differs",
            &arn.origin,
            format!("Profile '{name}' has mfa_arn and mfa_serial, and they differ."),
            "mfa_serial is used; mfa_arn is not an AWS setting.",
            "Remove the line with mfa_arn.",
        ),
    }
}

fn checked(stop: &Settings<'_>, key: &'static str, line: &Value) -> Result<String, PlanError> {
    let serial = line.text();
    if serial.contains(":u2f/") {
        return Err(stop.error(Some(line), PlanErrorKind::SecurityKey));
    }
    if !is_serial(serial) {
        return Err(stop.error(Some(line), PlanErrorKind::BadValue { key, rule: SERIAL_RULE }));
    }
    Ok(serial.to_owned())
}
