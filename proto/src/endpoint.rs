//! Where the socket is, and what both sides check before they trust it.
//!
//! The directory is the door: it belongs to this user and nobody else may enter or write. It must never be in a place
//! that others can prepare beforehand, such as `/tmp`.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The longest path of a Unix socket that every system accepts (macOS: 104 bytes with the closing NUL).
pub const MAX_SOCKET_PATH: usize = 103;

/// Where a user's daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    socket: PathBuf,
}

impl Endpoint {
    /// Finds the place from the environment: `AWSD_SOCKET`, else `$XDG_RUNTIME_DIR/awsd/socket`, else
    /// `~/.awsd/run/socket`.
    pub fn locate(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, EndpointError> {
        let set = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let (name, socket) = if let Some(path) = set("AWSD_SOCKET") {
            ("AWSD_SOCKET", path)
        } else if let Some(dir) = set("XDG_RUNTIME_DIR") {
            ("XDG_RUNTIME_DIR", dir.join("awsd/socket"))
        } else if let Some(home) = set("HOME") {
            ("HOME", home.join(".awsd/run/socket"))
        } else {
            return Err(EndpointError::NoHome);
        };
        Self::at(name, socket)
    }

    /// A place that was named; `variable` says where.
    pub fn at(variable: &'static str, socket: PathBuf) -> Result<Self, EndpointError> {
        if !socket.is_absolute() || socket.file_name().is_none() {
            return Err(EndpointError::NotAbsolute { variable });
        }
        if socket.as_os_str().len() > MAX_SOCKET_PATH {
            return Err(EndpointError::TooLong { path: socket });
        }
        Ok(Self { socket })
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The directory that guards the socket; lock files live there too.
    pub fn directory(&self) -> &Path {
        self.socket.parent().unwrap_or(Path::new("/"))
    }

    /// Creates the directory, for this user only, if it is not there, and checks it. The daemon's half.
    #[cfg(unix)]
    pub fn prepare(&self) -> Result<(), EndpointError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let directory = self.directory();
        std::fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(directory)
            .map_err(|source| EndpointError::Io { path: directory.to_owned(), source })?;
        self.verify()
    }

    /// Refuses a directory that others could have made or may change: a socket that waits there, or a link. Both
    /// sides call it before they say or accept anything. A directory that is not there is an [`EndpointError::Io`] of
    /// kind `NotFound`.
    #[cfg(unix)]
    pub fn verify(&self) -> Result<(), EndpointError> {
        let directory = self.directory();
        let stat = rustix::fs::lstat(directory)
            .map_err(|source| EndpointError::Io { path: directory.to_owned(), source: source.into() })?;
        let problem = if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::Directory
        {
            "is not a directory"
        } else if stat.st_uid != rustix::process::geteuid().as_raw() {
            "belongs to another user"
        } else if stat.st_mode & 0o077 != 0 {
            let sticky = stat.st_mode & 0o1000 != 0;
            return Err(EndpointError::Open { path: directory.to_owned(), sticky });
        } else {
            return Ok(());
        };
        Err(EndpointError::Untrusted { path: directory.to_owned(), problem })
    }
}

/// Why there is no place for a socket, or why the place cannot be trusted.
#[derive(Debug)]
pub enum EndpointError {
    /// Neither `AWSD_SOCKET` nor `XDG_RUNTIME_DIR` nor `HOME` is set.
    NoHome,
    /// A variable holds a path that is not absolute.
    NotAbsolute {
        /// Its name.
        variable: &'static str,
    },
    /// The system has a limit of about a hundred bytes.
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// The directory could have been prepared by somebody else.
    Untrusted {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The directory belongs to this user, and others may enter it.
    Open {
        /// The directory.
        path: PathBuf,
        /// It is meant to be shared, as `/tmp` is: it must not be closed to the others.
        sticky: bool,
    },
    /// The directory cannot be made or looked at.
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

const OWN_DIRECTORY: &str = "set AWSD_SOCKET to a path inside a directory of your own";

impl EndpointError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoHome | Self::NotAbsolute { .. } => "set AWSD_SOCKET to an absolute path".to_owned(),
            Self::TooLong { .. } => "set AWSD_SOCKET to a shorter path".to_owned(),
            Self::Open { path, sticky: false } => {
                format!("look at it with: ls -ld {0}; if nobody else needs it: chmod 700 {0}", path.display())
            }
            Self::Open { .. } => OWN_DIRECTORY.to_owned(),
            Self::Untrusted { path, .. } => {
                format!("look at it with: ls -ld {}; or {OWN_DIRECTORY}", path.display())
            }
            Self::Io { path, .. } => format!("look at it with: ls -ld {}", path.display()),
        }
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => f.write_str(
                "there is no place for awsd's socket: HOME, XDG_RUNTIME_DIR and AWSD_SOCKET are not set",
            ),
            Self::NotAbsolute { variable } => write!(f, "{variable} is not an absolute path"),
            Self::TooLong { path } => {
                write!(
                    f,
                    "the path of awsd's socket is longer than {MAX_SOCKET_PATH} bytes: {}",
                    path.display()
                )
            }
            Self::Untrusted { path, problem } => {
                write!(f, "awsd does not use the socket directory {}: it {problem}", path.display())
            }
            Self::Open { path, .. } => {
                let path = path.display();
                write!(f, "awsd does not use the socket directory {path}: it may be entered by other users")
            }
            Self::Io { path, source } => {
                write!(f, "the socket directory {} cannot be used: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for EndpointError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(vars: &[(&str, &str)]) -> Result<Endpoint, EndpointError> {
        Endpoint::locate(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
    }

    #[test]
    fn the_more_particular_variable_wins() {
        let all = [("AWSD_SOCKET", "/s"), ("XDG_RUNTIME_DIR", "/run/user/1"), ("HOME", "/home/a")];
        assert_eq!(locate(&all).unwrap().socket(), Path::new("/s"));
        assert_eq!(locate(&all[1..]).unwrap().socket(), Path::new("/run/user/1/awsd/socket"));
        assert_eq!(locate(&all[2..]).unwrap().socket(), Path::new("/home/a/.awsd/run/socket"));
        assert!(matches!(locate(&[]), Err(EndpointError::NoHome)));
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_may_enter_or_have_prepared_is_refused() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| Endpoint { socket: place.path().join(name).join("socket") };
        let problem = |endpoint: &Endpoint| match endpoint.prepare() {
            Err(EndpointError::Untrusted { problem, .. }) => problem,
            other => panic!("{other:?}"),
        };
        let missing = at("a/b").verify();
        assert!(
            matches!(missing, Err(EndpointError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound)
        );
        let good = at("a/b");
        good.prepare().unwrap();
        for (mode, hint) in [
            (0o710, "chmod 700"),
            (0o701, "chmod 700"),
            (0o770, "chmod 700"),
            (0o755, "chmod 700"),
            (0o777, "chmod 700"),
            (0o1777, "AWSD_SOCKET"),
            (0o1755, "AWSD_SOCKET"),
        ] {
            std::fs::set_permissions(good.directory(), std::fs::Permissions::from_mode(mode)).unwrap();
            let error = good.prepare().unwrap_err();
            assert!(matches!(error, EndpointError::Open { .. }), "{error:?}");
            assert!(error.hint().contains(hint), "{mode:o}: {}", error.hint());
        }
        symlink(place.path(), place.path().join("link")).unwrap();
        assert_eq!(problem(&at("link")), "is not a directory");
    }

    #[test]
    fn an_empty_variable_counts_as_unset_and_a_relative_one_is_an_error() {
        assert_eq!(
            locate(&[("AWSD_SOCKET", ""), ("HOME", "/h")]).unwrap().socket(),
            Path::new("/h/.awsd/run/socket")
        );
        assert!(matches!(locate(&[("AWSD_SOCKET", "s")]), Err(EndpointError::NotAbsolute { .. })));
        let long = format!("/{}", "x".repeat(MAX_SOCKET_PATH));
        assert!(matches!(locate(&[("AWSD_SOCKET", &long)]), Err(EndpointError::TooLong { .. })));
    }
}
