//! Files for a command whose AWS programs ask awsd themselves.

use std::path::{Path, PathBuf};

use awsd_core::child_config;
use awsd_proto::{ChildFiles, Context, Error, ErrorCode};

use super::Action;
use crate::exchange::Update;
use crate::world::World;

/// Writes them where they are not there yet.
pub(super) fn files<W: World>(world: &mut W, awsd: &str, context: &Context) -> Result<Action, Error> {
    if !Path::new(awsd).is_absolute() {
        return Err(Error {
            error: ErrorCode::BadRequest,
            sentence: "the path of awsd must be absolute".to_owned(),
            hint: None,
        });
    }
    let profiles = world.profiles(context)?;
    if let Some(problem) = profiles.unusable() {
        return Err(Error {
            error: ErrorCode::BadConfig,
            sentence: format!("{}: {}", problem.origin, problem.kind.sentence().trim_end_matches('.')),
            hint: Some("awsd doctor".to_owned()),
        });
    }
    let config = child_config::text(&profiles, awsd);
    let file = |text: &str| world.generated(text).map_err(|error| unwritable(&error)).and_then(utf8);
    let (config_file, credentials_file) = (file(&config)?, file("")?);
    Ok(Action::Reply(vec![Update::ChildFiles(ChildFiles { config_file, credentials_file })]))
}

fn unwritable(error: &std::io::Error) -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: format!("the files for the command cannot be written: {error}"),
        hint: Some("look at the socket's directory with: awsd doctor".to_owned()),
    }
}

fn utf8(path: PathBuf) -> Result<String, Error> {
    path.into_os_string().into_string().map_err(|_| Error {
        error: ErrorCode::Unavailable,
        sentence: "the socket's directory is not valid UTF-8, so that no file in it can be named".to_owned(),
        hint: Some("set AWSD_SOCKET to another path".to_owned()),
    })
}
