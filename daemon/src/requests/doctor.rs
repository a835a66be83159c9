//! What is wrong with the files, the socket's directory and the clock.

use std::path::Path;

use awsd_core::config_file::{Kind, Profile, Profiles, Value};
use awsd_core::plan;
use awsd_proto::endpoint::EndpointError;
use awsd_proto::{Context, Error, Event, Finding, Severity};

use super::{View, planning};
use crate::config::{Broken, Settings};
use crate::world::World;

/// Who has one of these beside a key has the key of a session, which expires.
const TOKENS: [&str; 2] = ["aws_session_token", "aws_security_token"];

/// One row per finding.
pub(super) fn rows<W: World>(world: &mut W, view: &View<'_>, context: &Context) -> Result<Vec<Event>, Error> {
    let profiles = world.profiles(context)?;
    let mut found = Vec::new();
    found.extend(world.endpoint_problem().as_ref().map(endpoint));
    match world.settings() {
        Ok(settings) => {
            found.extend(strangers(world, &settings, &profiles));
            found.extend(misplaced_commands(world, &settings, &profiles, context));
        }
        Err(broken) => found.push(self::settings(broken)),
    }
    found.extend(clock(view.core.skew()));
    found.extend(world.log_file().is_none().then(no_log));
    found.extend(world.changed_files().iter().map(|path| changed(context, path)));
    let credentials_file = context.credentials_file.as_deref();
    found.extend(credentials_file.and_then(|path| readable(world, &profiles, path)));
    let files = [context.config_file.as_deref(), credentials_file];
    found.extend(files.into_iter().flatten().filter_map(|path| writable(world, path)));
    found.extend(profiles.iter().filter_map(|profile| endless(&profiles, profile)));
    let environment = planning::environment(context);
    found.extend(plan::findings(&profiles, &environment).into_iter().map(of_core));
    Ok(found.into_iter().map(Event::Finding).collect())
}

fn of_core(finding: plan::Finding) -> Finding {
    Finding {
        severity: match finding.severity {
            plan::Severity::Error => Severity::Error,
            plan::Severity::Warning => Severity::Warning,
        },
        code: finding.code.to_owned(),
        file: finding.file().map(str::to_owned),
        line: finding.line(),
        sentence: finding.sentence,
        reason: finding.reason,
        fix: finding.fix,
    }
}

fn endpoint(problem: &EndpointError) -> Finding {
    Finding {
        severity: Severity::Error,
        code: "socket-directory".to_owned(),
        sentence: format!("{problem}."),
        reason: "Others could put a socket of their own there, or reach this one.".to_owned(),
        fix: problem.hint(),
        file: None,
        line: None,
    }
}

fn settings(broken: Broken) -> Finding {
    Finding {
        severity: Severity::Error,
        code: "settings".to_owned(),
        sentence: format!("awsd's settings cannot be used: {}.", broken.problem),
        reason: "Requests for credentials fail until they can.".to_owned(),
        file: Some(broken.file.display().to_string()),
        line: broken.line.and_then(|line| u32::try_from(line).ok()),
        fix: broken.remedy(),
    }
}

/// Settings for profiles that the AWS files do not have: most likely a slip, and without effect.
fn strangers<W: World>(world: &W, settings: &Settings, profiles: &Profiles) -> Vec<Finding> {
    let unknown = settings.profiles().filter(|(name, _)| profiles.get(name).is_none());
    let finding = |(name, line): (&str, Option<usize>)| Finding {
        severity: Severity::Warning,
        code: "settings-of-nobody".to_owned(),
        sentence: format!("awsd's settings have [profile.{name:?}], but the AWS files have no such profile."),
        reason: "The settings have no effect.".to_owned(),
        fix: "Correct the name, or remove the section.".to_owned(),
        file: Some(world.settings_file().display().to_string()),
        line: line.and_then(|line| u32::try_from(line).ok()),
    };
    unknown.map(finding).collect()
}

/// A command beside a role has no effect: it is the source profile that has the keys.
fn misplaced_commands<W: World>(
    world: &W,
    settings: &Settings,
    profiles: &Profiles,
    context: &Context,
) -> Vec<Finding> {
    let usual = planning::request(world, settings, context);
    let finding = |(name, line): (&str, Option<usize>)| {
        let request = plan::PlanRequest { profile: name.to_owned(), ..usual.clone() };
        let source = plan::plan(profiles, &request).ok()?.base_profile;
        (source != name).then(|| Finding {
            severity: Severity::Warning,
            code: "misplaced-command".to_owned(),
            sentence: format!("source_refresh_command of [profile.{name:?}] has no effect."),
            reason: format!("The keys that the profile starts from are those of profile {source}."),
            fix: format!("Move the line to [profile.{source:?}]."),
            file: Some(world.settings_file().display().to_string()),
            line: line.and_then(|line| u32::try_from(line).ok()),
        })
    };
    settings.source_refresh_commands().filter_map(finding).collect()
}

/// Nobody can be told before the end of keys whose end nobody knows.
fn endless(profiles: &Profiles, profile: &Profile) -> Option<Finding> {
    let keys = plan::keys_of(profiles, &profile.name)?;
    let token = TOKENS.iter().find_map(|token| profile.get(token))?;
    (keys.temporary() && keys.expiration.is_none()).then(|| Finding {
        severity: Severity::Warning,
        code: "unknown-end".to_owned(),
        sentence: format!("Profile '{}' has temporary keys, and no line says when they end.", profile.name),
        reason: "awsd can neither tell you before they end nor keep programs from getting them afterwards."
            .to_owned(),
        fix: "Sign in with a tool that writes x_security_token_expires, as saml2aws does.".to_owned(),
        file: Some(token.origin.file.to_string()),
        line: Some(token.origin.line),
    })
}

/// The core tells a skew only where it matters.
fn clock(skew: i64) -> Option<Finding> {
    let direction = match skew {
        0 => return None,
        1.. => "behind",
        _ => "ahead",
    };
    Some(Finding {
        severity: Severity::Warning,
        code: "clock".to_owned(),
        sentence: format!("This machine's clock is {} seconds {direction}.", skew.unsigned_abs()),
        reason: "awsd corrects for it; other programs that call AWS do not.".to_owned(),
        fix: "Let the clock be set by the network: timedatectl set-ntp true".to_owned(),
        file: None,
        line: None,
    })
}

fn no_log() -> Finding {
    Finding {
        severity: Severity::Warning,
        code: "state-directory".to_owned(),
        sentence: "awsd cannot write to its state directory.".to_owned(),
        reason: "There is no log, and what was found out about devices is asked again after a restart."
            .to_owned(),
        fix: "Make the directory writable (~/.local/state/awsd, or $XDG_STATE_HOME/awsd).".to_owned(),
        file: None,
        line: None,
    }
}

/// What a program took for the person's own file, and was not.
fn changed(context: &Context, path: &Path) -> Finding {
    let own = [&context.config_file, &context.credentials_file].map(|own| own.as_deref().unwrap_or("none"));
    Finding {
        severity: Severity::Warning,
        code: "changed-file".to_owned(),
        sentence: "A program has changed a file that awsd had made.".to_owned(),
        reason: "What it wrote has no effect; it is kept in this file.".to_owned(),
        fix: format!(
            "Move what you need of it to {} or {}, and remove it: rm {}",
            own[0],
            own[1],
            path.display()
        ),
        file: Some(path.display().to_string()),
        line: None,
    }
}

fn readable<W: World>(world: &W, profiles: &Profiles, path: &str) -> Option<Finding> {
    (world.permissions(Path::new(path))? & 0o044 != 0).then(|| Finding {
        severity: Severity::Warning,
        code: "readable-credentials".to_owned(),
        sentence: "Other users of this machine may read the credentials file.".to_owned(),
        reason: what_it_is_for(profiles, path).to_owned(),
        fix: format!("chmod 600 {path}"),
        file: Some(path.to_owned()),
        line: None,
    })
}

/// What others would find in the credentials file.
fn what_it_is_for(profiles: &Profiles, path: &str) -> &'static str {
    let is_of_file = |value: &&Value| value.origin.kind == Kind::Credentials && &*value.origin.file == path;
    let has_key = |profile: &&Profile| profile.get("aws_secret_access_key").as_ref().is_some_and(is_of_file);
    let expires = |profile: &Profile| TOKENS.iter().any(|token| profile.get(token).is_some());
    let mut keys = profiles.iter().filter(has_key).map(expires).peekable();
    if keys.peek().is_none() {
        return "It is where programs put keys.";
    }
    if keys.all(|expires| expires) {
        "It holds keys of sessions, which anybody can use until they expire."
    } else {
        "It holds long-lived keys."
    }
}

fn writable<W: World>(world: &W, path: &str) -> Option<Finding> {
    (world.permissions(Path::new(path))? & 0o022 != 0).then(|| Finding {
        severity: Severity::Warning,
        code: "writable-file".to_owned(),
        sentence: "Other users of this machine may change the file.".to_owned(),
        reason: "Whoever can write it decides which roles and endpoints your keys are used for.".to_owned(),
        fix: format!("chmod go-w {path}"),
        file: Some(path.to_owned()),
        line: None,
    })
}
