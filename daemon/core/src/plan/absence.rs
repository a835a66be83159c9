//! What may lie behind a profile that is not there: lines that could not be read, or files that do not exist.

use std::fmt;
use std::sync::Arc;

use crate::config_file::Profiles;

/// Why a profile that somebody is sure to have may not be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// Lines of this file cannot be read; it may stand in them.
    Unread(Arc<str>),
    /// Neither file exists: these are the paths that were looked at.
    NoFiles(Vec<Arc<str>>),
}

impl Absence {
    pub(super) fn of(profiles: &Profiles) -> Option<Self> {
        if profiles.exist() {
            let problem = profiles.problems().find(|problem| problem.kind.spoils())?;
            return Some(Self::Unread(Arc::clone(&problem.origin.file)));
        }
        Some(Self::NoFiles(profiles.missing().iter().map(|origin| Arc::clone(&origin.file)).collect()))
    }
}

/// The end of a sentence that says that there is no such profile.
impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(file) => write!(f, ", but lines of {file} cannot be read"),
            Self::NoFiles(paths) => match &paths[..] {
                [] => f.write_str(": nothing says where the AWS files are"),
                [path] => write!(f, ": {path} does not exist"),
                paths => write!(f, ": none of these exists: {}", paths.join(", ")),
            },
        }
    }
}
