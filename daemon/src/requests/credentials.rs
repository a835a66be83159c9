//! Requests for credentials, and for sessions to be ready.

use std::time::Duration;

use awsd_core::chain::Chain;
use awsd_core::event::{Caller, Event, Patience, Purpose, Request, RequestId};
use awsd_proto::{self as proto, CredentialsRequest, Error, ErrorCode, Login, Prompting};
use secrecy::SecretString;

use super::planning::{self, Resolved, Wanted};
use super::{Action, bad_settings};
use crate::config::Settings;
use crate::display::Display;
use crate::world::World;

/// What is kept of a caller's command line, in characters: enough to recognise it beside a question.
const MAX_COMMAND: usize = 200;

/// Temporary credentials, or the long-lived key where the settings allow it.
pub(super) fn ask<W: World>(
    world: &mut W,
    id: RequestId,
    request: CredentialsRequest,
) -> Result<Action, Error> {
    let settings = world.settings().map_err(bad_settings)?;
    let resolved =
        planning::plan(world, &settings, &request.profile, &request.context, Wanted::of(&request))?;
    let purpose = purpose(world, &settings, &request, &resolved.chain)?;
    let min_ttl = request.min_ttl.map(Duration::from_secs);
    let inside = request.context.inside;
    let wanted = Request { min_ttl, inside, ..request_for(resolved, purpose, request.prompting) };
    Ok(tell(id, request.profile, settings, wanted))
}

/// Sessions that will be needed, without their secrets.
pub(super) fn login<W: World>(world: &mut W, id: RequestId, login: Login) -> Result<Action, Error> {
    let settings = world.settings().map_err(bad_settings)?;
    let resolved = planning::plan(world, &settings, &login.profile, &login.context, Wanted::default())?;
    let wanted =
        Request { inside: login.context.inside, ..request_for(resolved, Purpose::Login, login.prompting) };
    Ok(tell(id, login.profile, settings, wanted))
}

fn tell(id: RequestId, profile: String, settings: Settings, request: Request) -> Action {
    Action::Tell {
        profile: Some(profile),
        event: Box::new(Event::Requested(id, Box::new(request))),
        settings: Some(Box::new(settings)),
        console: None,
    }
}

fn purpose<W: World>(
    world: &W,
    settings: &Settings,
    request: &CredentialsRequest,
    chain: &Chain,
) -> Result<Purpose, Error> {
    if request.no_session && !chain.roles.is_empty() {
        return Err(no_role_without_session(&request.profile));
    }
    if request.no_session {
        return if settings.allows_long_lived(&request.profile) {
            Ok(Purpose::LongLived)
        } else {
            Err(not_allowed(world, &request.profile))
        };
    }
    Ok(match request.purpose {
        proto::Purpose::Repeated => Purpose::Repeated,
        proto::Purpose::Snapshot => Purpose::Snapshot,
    })
}

/// A role is nothing but a session; handing out the key behind it would be somebody else's power.
fn no_role_without_session(profile: &str) -> Error {
    Error {
        error: ErrorCode::LongLivedNotAllowed,
        sentence: format!("'{profile}' is a role, and a role has no long-lived key"),
        hint: Some("leave --no-session out, or name the profile that has the key".to_owned()),
    }
}

fn not_allowed<W: World>(world: &W, profile: &str) -> Error {
    Error {
        error: ErrorCode::LongLivedNotAllowed,
        sentence: format!("the long-lived key of '{profile}' is not handed out"),
        hint: Some(format!(
            "if a program cannot work with a session, allow it with [profile.{profile:?}] allow_long_lived = true \
             in {}",
            world.settings_file().display()
        )),
    }
}

fn request_for(resolved: Resolved, purpose: Purpose, prompting: Prompting) -> Request {
    let Resolved { chain, sign_in } = resolved;
    let Prompting { caller, terminal, choice, no_prompt, wait, code, display } = prompting;
    let wait = wait.map(Duration::from_secs);
    let patience = match (no_prompt, terminal) {
        (true, _) => Patience::Never,
        (false, true) => Patience::Terminal(wait),
        (false, false) => Patience::Silent(wait),
    };
    let command = caller.command.map(|command| command.chars().take(MAX_COMMAND).collect());
    let caller = Caller { pid: caller.pid, command, display: Display::new(display).into() };
    let chooses = terminal && choice;
    Request {
        chain,
        purpose,
        patience,
        chooses,
        caller,
        min_ttl: None,
        code: code.map(|code| SecretString::from(code.expose())),
        sign_in,
        inside: Vec::new(),
    }
}
