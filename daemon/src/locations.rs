//! Where the daemon's files are.

use std::ffi::OsString;
use std::path::PathBuf;

use awsd_proto::endpoint::{Endpoint, EndpointError};
use awsd_proto::places::state_directory;
use awsd_proto::{Error, ErrorCode};
use directories::{BaseDirs, ProjectDirs};

/// The socket, the settings, and the directory of what is kept.
#[derive(Debug)]
pub(crate) struct Locations {
    pub(crate) endpoint: Endpoint,
    pub(crate) settings_file: PathBuf,
    pub(crate) state: PathBuf,
}

impl Locations {
    /// Finds them from the environment, and makes and checks the socket's directory.
    pub(crate) fn find() -> Result<Self, Error> {
        let var = |name: &str| std::env::var_os(name);
        let endpoint = Endpoint::locate(var).map_err(|error| refused(&error))?;
        endpoint.prepare().map_err(|error| refused(&error))?;
        let home = BaseDirs::new().ok_or_else(no_home)?;
        let directories = ProjectDirs::from("", "", "awsd").ok_or_else(no_home)?;
        Ok(Self {
            endpoint,
            settings_file: directories.config_dir().join("config.toml"),
            state: state_directory(home.home_dir(), var),
        })
    }
}

/// The name of the person, for role sessions: it must stay the same from day to day.
pub(crate) fn user_name(var: impl Fn(&str) -> Option<OsString>) -> String {
    let named = ["USER", "LOGNAME"].into_iter().find_map(|name| var(name)?.into_string().ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| rustix::process::geteuid().as_raw().to_string())
}

fn refused(error: &EndpointError) -> Error {
    Error { error: ErrorCode::Unavailable, sentence: error.to_string(), hint: Some(error.hint()) }
}

fn no_home() -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: "there is no place for awsd's files: HOME is not set".to_owned(),
        hint: Some("set HOME".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_name_has_a_last_resort() {
        assert_eq!(user_name(|name| (name == "USER").then(|| "alice".into())), "alice");
        assert_eq!(user_name(|name| (name == "LOGNAME").then(|| "bob".into())), "bob");
        assert_eq!(user_name(|_| None), rustix::process::geteuid().as_raw().to_string());
    }
}
