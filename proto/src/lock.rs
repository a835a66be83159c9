//! The lock files beside the socket. Both sides know them, and neither ever waits for one without a limit: who holds it may
//! have been stopped.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Held by the daemon for its whole life; contains its process id.
pub const DAEMON: &str = "daemon.lock";

/// Takes the lock. An error of kind `TimedOut` means that somebody else has held it all the time.
pub fn take(file: File, limit: Duration) -> io::Result<File> {
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::Error(error)) => return Err(error),
        Err(TryLockError::WouldBlock) if limit.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
        Err(TryLockError::WouldBlock) => {}
    }
    // There is no lock with a deadline. A thread that waits in vain lets go of what it gets later.
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _nobody_waits = sender.send(file.lock().map(|()| file));
    })?;
    receiver.recv_timeout(limit).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The process that holds the lock, if it has said so in the file.
pub fn holder(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_is_waited_for_up_to_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let first = take(File::create(&path).unwrap(), Duration::ZERO).unwrap();
        let second = || File::open(&path).unwrap();
        assert_eq!(take(second(), Duration::ZERO).unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(first);
        take(second(), Duration::from_mins(1)).unwrap();
    }

    #[test]
    fn the_holder_is_whoever_has_written_a_number() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        assert_eq!(holder(&path), None);
        for (text, expected) in [("", None), ("42\n", Some(42)), ("x", None)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(holder(&path), expected);
        }
    }
}
