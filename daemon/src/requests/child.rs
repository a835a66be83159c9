//! What a command is given so that its AWS programs find the credentials: files, and perhaps an address.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use awsd_core::child_config;
use awsd_core::config_file::Profiles;
use awsd_proto::{
    ChildFiles, Context, CredentialsRequest, Error, ErrorCode, Notice, NoticeKind, Prompting, Serving,
    ShellFiles,
};

use super::planning::{self, Wanted};
use super::{Action, bad_settings, nobody};
use crate::exchange::Update;
use crate::world::{Access, World};

/// Files by which they ask awsd for any profile.
pub(super) fn files<W: World>(world: &mut W, awsd: &str, context: &Context) -> Result<Action, Error> {
    absolute(awsd)?;
    let profiles = readable(world, context)?;
    let files = write(world, &child_config::asking(&profiles, awsd, None))?;
    Ok(Action::Reply(vec![Update::ChildFiles(files)]))
}

/// The same for a shell: files that stay where they are.
pub(super) fn shell_files<W: World>(world: &mut W, awsd: &str, context: &Context) -> Result<Action, Error> {
    absolute(awsd)?;
    let profiles = readable(world, context)?;
    let paths = world.shell_files(context, awsd, &profiles).map_err(|error| unwritable(&error))?;
    let files = ChildFiles { config_file: utf8(paths.config)?, credentials_file: utf8(paths.credentials)? };
    let notice = |path: PathBuf| Notice {
        kind: NoticeKind::FileChanged,
        text: format!(
            "a program has changed a file that awsd had made; the change is kept in {}: awsd doctor",
            path.display()
        ),
    };
    let notices = paths.changed.into_iter().map(notice).collect();
    Ok(Action::Reply(vec![Update::ShellFiles(ShellFiles { files, notices })]))
}

fn absolute(awsd: &str) -> Result<(), Error> {
    if Path::new(awsd).is_absolute() {
        return Ok(());
    }
    Err(Error {
        error: ErrorCode::BadRequest,
        sentence: "the path of awsd must be absolute".to_owned(),
        hint: None,
    })
}

/// Serves a command while it lives.
pub(super) fn serve<W: World>(
    world: &mut W,
    peer: Option<u32>,
    request: CredentialsRequest,
) -> Result<Action, Error> {
    let settings = world.settings().map_err(bad_settings)?;
    let CredentialsRequest { profile, context, prompting, .. } = &request;
    planning::plan(world, &settings, profile, context, Wanted::of(&request))?;
    let profiles = readable(world, context)?;
    let files = write(world, &child_config::served(&profiles, profile))?;
    let Some(process) = peer.or(prompting.caller.pid) else { return Err(nobody()) };
    // Later on, when it has no terminal that could be asked.
    let prompting = Prompting { terminal: false, choice: false, code: None, ..prompting.clone() };
    let request = CredentialsRequest { prompting, ..request };
    let Access { uri, token } = world.serve(process, request).map_err(|error| unserved(&error))?;
    Ok(Action::Reply(vec![Update::Serving(Serving { uri, token, files })]))
}

fn readable<W: World>(world: &mut W, context: &Context) -> Result<Arc<Profiles>, Error> {
    let profiles = world.profiles(context)?;
    let Some(problem) = profiles.unusable() else { return Ok(profiles) };
    Err(Error {
        error: ErrorCode::BadConfig,
        sentence: format!("{}: {}", problem.origin, problem.kind.sentence().trim_end_matches('.')),
        hint: Some("awsd doctor".to_owned()),
    })
}

fn write<W: World>(world: &W, config: &str) -> Result<ChildFiles, Error> {
    let file = |text: &str| world.generated(text).map_err(|error| unwritable(&error)).and_then(utf8);
    Ok(ChildFiles { config_file: file(config)?, credentials_file: file("")? })
}

fn unserved(error: &std::io::Error) -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: format!("the command cannot be served: {error}"),
        hint: Some("start it with: awsd exec PROFILE --via process -- COMMAND".to_owned()),
    }
}

fn unwritable(error: &std::io::Error) -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: format!("the files for the command cannot be written: {error}"),
        hint: Some("look at the socket's directory with: awsd doctor".to_owned()),
    }
}

pub(super) fn utf8(path: PathBuf) -> Result<String, Error> {
    path.into_os_string().into_string().map_err(|_| Error {
        error: ErrorCode::Unavailable,
        sentence: "the socket's directory is not valid UTF-8, so that no file in it can be named".to_owned(),
        hint: Some("set AWSD_SOCKET to another path".to_owned()),
    })
}
