//! One daemon for each socket: two locks in the socket's directory, and no polling.
//!
//! `daemon.lock` is held for the daemon's whole life. `daemon.start` is held from before the first is tried until the
//! socket listens, so that of many daemons started at once each loser waits until the winner can be connected to.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long to wait for another daemon that is starting or ending. Both take milliseconds; a client waits
/// longer than this for the report.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is the daemon.
#[derive(Debug)]
pub(crate) enum Claim {
    /// This process.
    Ours(Lease),
    /// Another one, and it answers.
    Taken,
}

/// The right to listen; the kernel takes it back when the process ends.
#[derive(Debug)]
pub(crate) struct Lease {
    _life: File,
    start: Option<File>,
}

impl Lease {
    /// The socket listens: lets the others look.
    pub(crate) fn listening(&mut self) {
        self.start = None;
    }
}

/// Becomes the daemon of this directory, unless another one is; `answers` says whether its socket can be connected to.
pub(crate) fn claim(directory: &Path, answers: impl Fn() -> bool) -> io::Result<Claim> {
    let start = lock_in_time(open(&directory.join("daemon.start"))?)?;
    let mut life = open(&directory.join("daemon.lock"))?;
    match life.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) if answers() => return Ok(Claim::Taken),
        // It has stopped listening and is about to end.
        Err(TryLockError::WouldBlock) => life = lock_in_time(life)?,
        Err(TryLockError::Error(error)) => return Err(error),
    }
    life.set_len(0)?;
    life.rewind()?;
    writeln!(life, "{}", std::process::id())?;
    Ok(Claim::Ours(Lease { _life: life, start: Some(start) }))
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Waits for the lock in a thread: there is no lock with a deadline, and a daemon that hangs must not hang its successor.
fn lock_in_time(file: File) -> io::Result<File> {
    let mut other = file.try_clone()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let _nobody_waits = sender.send(file.lock().map(|()| file));
    });
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_timeout| {
        let mut pid = String::new();
        other.read_to_string(&mut pid)?;
        let problem = format!("another awsd-daemon (process {}) holds it and does not answer", pid.trim());
        Err(io::Error::new(io::ErrorKind::TimedOut, problem))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_claim_finds_the_first_only_once_it_listens() {
        let directory = tempfile::tempdir().unwrap();
        let Claim::Ours(mut first) = claim(directory.path(), || true).unwrap() else { panic!("taken") };
        let path = directory.path().to_owned();
        let (sender, receiver) = mpsc::channel();
        let second = thread::spawn(move || {
            let claimed = claim(&path, || true).unwrap();
            sender.send(()).unwrap();
            claimed
        });
        assert!(receiver.try_recv().is_err(), "the second waits while the first starts");
        first.listening();
        assert!(matches!(second.join().unwrap(), Claim::Taken));
    }

    #[test]
    fn a_daemon_that_ends_is_waited_for_and_succeeded() {
        let directory = tempfile::tempdir().unwrap();
        let Claim::Ours(mut first) = claim(directory.path(), || true).unwrap() else { panic!("taken") };
        first.listening();
        let path = directory.path().to_owned();
        let (sender, receiver) = mpsc::channel();
        let second = thread::spawn(move || {
            claim(&path, || {
                sender.send(()).unwrap();
                false
            })
        });
        receiver.recv().unwrap();
        drop(first);
        assert!(matches!(second.join().unwrap().unwrap(), Claim::Ours(_)));
    }
}
