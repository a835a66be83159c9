//! Files that awsd makes for other programs, named after what is in them: what a program was given stays as it was, and
//! the same text is written once. Never for secrets.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Nobody writes to it again.
const MODE: u32 = 0o400;

/// The file with this text in a directory, which is made for this user only.
///
/// # Errors
/// Where the directory or the file cannot be written.
pub(crate) fn file(directory: &Path, text: &str) -> io::Result<PathBuf> {
    let path = directory.join(hex::encode(Sha256::digest(text)));
    // A crash may have left less; a person may have changed it.
    if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(path);
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = directory.join(".new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file: File = File::options().write(true).create_new(true).mode(MODE).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&temporary, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn a_text_is_written_once_and_for_this_user_only() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("generated");
        let first = file(&inside, "a").unwrap();
        let metadata = fs::metadata(&first).unwrap();
        assert_eq!(fs::read_to_string(&first).unwrap(), "a");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o400);
        assert_eq!(fs::metadata(&inside).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(file(&inside, "a").unwrap(), first);
        assert_eq!(fs::metadata(&first).unwrap().ino(), metadata.ino(), "it is not written again");
        assert_ne!(file(&inside, "").unwrap(), first);
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_is_not_as_it_should_be_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = file(directory.path(), "whole").unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "who").unwrap();
        fs::write(directory.path().join(".new"), "left by a crash").unwrap();
        assert_eq!(file(directory.path(), "whole").unwrap(), path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    }
}
