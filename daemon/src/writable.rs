//! Who can write a file: what stands in it is run as the person who asks, so nobody else may have put it there.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::{getegid, geteuid};

/// Anybody may write it, or make files in it.
const BY_ALL: u32 = 0o002;
/// Its group may.
const BY_GROUP: u32 = 0o020;
/// In such a directory only the owner of a file may replace it.
const STICKY: u32 = 0o1000;

/// Whether somebody beside this user and root can change a file, or put another one in its place. Of a file that is not
/// there nothing was read.
pub(crate) fn by_others(path: &Path) -> bool {
    let Ok(file) = fs::metadata(path) else { return false };
    let directory = fs::canonicalize(path).ok().and_then(|path| fs::metadata(path.parent()?).ok());
    let replaced = |directory: &Metadata| is_open(directory) && directory.permissions().mode() & STICKY == 0;
    is_open(&file) || directory.as_ref().is_some_and(replaced)
}

/// Of this user, or of root.
fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == geteuid().as_raw() || metadata.uid() == 0
}

fn is_open(metadata: &Metadata) -> bool {
    let mode = metadata.permissions().mode();
    // Where every user has a group, named and numbered alike, nobody else is in it.
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let is_private = user == group && metadata.gid() == group;
    !is_own(metadata) || mode & BY_ALL != 0 || (mode & BY_GROUP != 0 && !is_private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_others_may_write_or_replace() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        fs::write(&path, "").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for (file, directory_mode, open) in [
            (0o600, 0o700, false),
            (0o644, 0o755, false),
            (0o646, 0o700, true),
            (0o600, 0o707, true),
            (0o600, 0o1777, false),
        ] {
            set(&path, file);
            set(directory.path(), directory_mode);
            assert_eq!(by_others(&path), open, "{file:o} {directory_mode:o}");
        }
        assert!(!by_others(&directory.path().join("missing")));
        assert!(!by_others(Path::new("/etc/passwd")));
    }
}
