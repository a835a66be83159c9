//! What programs have written to files that were made by awsd, and that they took for the person's own. It is never lost, and
//! never used.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::private_directory;

/// A directory of such files.
#[derive(Debug)]
pub(super) struct Changed {
    directory: PathBuf,
}

impl Changed {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Moves a file here, under a name of this kind. It may hold whatever the program wrote: it is for this user only.
    pub(super) fn keep(&self, path: &Path, kind: &str) -> io::Result<()> {
        private_directory(&self.directory)?;
        let free = (1..).map(|number| self.directory.join(format!("{kind}-{number}")));
        let Some(kept) = free.into_iter().find(|kept| fs::symlink_metadata(kept).is_err()) else {
            return Ok(());
        };
        fs::rename(path, &kept)?;
        fs::set_permissions(kept, Permissions::from_mode(0o600))
    }

    /// Everything that is here, in order of its names.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten();
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths
    }
}
