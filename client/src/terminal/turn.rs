//! Whose turn it is to prompt on a terminal: one client's, however many wait.
//!
//! A locked file stands for the turn. It goes with its holder, so that closed terminals leave nothing behind. Nobody may hold
//! the lock of a file that is not at its path any more: the next client would make another one and prompt as well.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::failure::{Exit, Failure};

/// The right to prompt on one terminal. Dropping it gives it to whoever comes next.
pub(super) struct Turn {
    path: PathBuf,
    _locked: File,
}

impl Turn {
    /// Takes the turn on this terminal, if no other client has it.
    pub(super) fn take(tty: &impl AsFd, lock_directory: &Path) -> Result<Option<Self>, Failure> {
        // Every terminal of ours has one session, and a session one terminal: its id names the terminal, however it was
        // opened.
        let Ok(session) = rustix::termios::tcgetsid(tty) else { return Ok(None) };
        let path = lock_directory.join(format!("terminal-{}.lock", session.as_raw_nonzero()));
        Self::lock(&path).map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("the lock {} cannot be taken: {error}", path.display()),
                format!("look at it with: ls -l {}", path.display()),
            )
        })
    }

    fn lock(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
            match file.try_lock() {
                // Otherwise its holder removed it after it was opened here: that turn is over, and the next is another file.
                Ok(()) if is_at(&file, path)? => {
                    return Ok(Some(Self { path: path.to_owned(), _locked: file }));
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // While it is locked: afterwards it might be another client's. One that cannot be removed does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether this open file is the one at the path.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let opened = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn one_has_the_turn_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        for _ in 0..2 {
            let first = Turn::lock(&path).unwrap();
            assert!(first.is_some());
            assert!(Turn::lock(&path).unwrap().is_none());
            drop(first);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_file_that_a_killed_client_left_is_taken_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        File::create(&path).unwrap();
        assert!(Turn::lock(&path).unwrap().is_some());
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_removed_or_replaced_is_not_at_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let file = File::create(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        let _replaced = File::create(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
    }

    #[test]
    fn two_never_have_the_turn_however_they_race() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let (taken, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while turns.load(Ordering::SeqCst) < 2_000 {
                        if let Some(turn) = Turn::lock(&path).unwrap() {
                            assert!(!taken.swap(true, Ordering::SeqCst), "two have it");
                            turns.fetch_add(1, Ordering::SeqCst);
                            taken.store(false, Ordering::SeqCst);
                            drop(turn);
                        }
                    }
                });
            }
        });
        assert!(!path.exists());
    }
}
