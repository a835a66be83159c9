//! One daemon for each socket: two locks in the socket's directory, and no polling.
//!
//! `daemon.lock` is held for the daemon's whole life. `daemon.start` is held from before the first is tried until the
//! socket listens, so that of many daemons started at once each loser waits until the winner can be connected to.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use awsd_proto::lock;

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
    claim_within(PATIENCE, directory, answers)
}

fn claim_within(patience: Duration, directory: &Path, answers: impl Fn() -> bool) -> io::Result<Claim> {
    let start = hold(&directory.join("daemon.start"), patience)?;
    let path = directory.join(lock::DAEMON);
    let life = match hold(&path, Duration::ZERO) {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            if answers() {
                return Ok(Claim::Taken);
            }
            // It has stopped listening and is about to end.
            hold(&path, patience)?
        }
        held => held?,
    };
    Ok(Claim::Ours(Lease { _life: life, start: Some(start) }))
}

/// Takes the lock and signs it, so that others can say who holds it.
fn hold(path: &Path, patience: Duration) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let mut file = lock::take(file, patience).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => held_by(lock::holder(path)),
        _ => error,
    })?;
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

fn held_by(process: Option<u32>) -> io::Error {
    let process = process.map(|id| format!(" (process {id})")).unwrap_or_default();
    let problem = format!("another awsd-daemon{process} holds it and does not answer");
    io::Error::new(io::ErrorKind::TimedOut, problem)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn the_second_claim_finds_the_first_only_once_it_listens() {
        let directory = tempfile::tempdir().unwrap();
        let Claim::Ours(mut first) = claim(directory.path(), || true).unwrap() else { panic!("taken") };
        let too_early = claim_within(Duration::ZERO, directory.path(), || panic!("it does not listen yet"));
        let problem = too_early.unwrap_err();
        assert_eq!(problem.kind(), io::ErrorKind::TimedOut);
        let own = format!("(process {})", std::process::id());
        assert!(problem.to_string().contains(&own), "{problem}");
        first.listening();
        assert!(matches!(claim(directory.path(), || true).unwrap(), Claim::Taken));
    }

    #[test]
    fn a_holder_that_has_not_signed_is_not_named() {
        assert_eq!(held_by(None).to_string(), "another awsd-daemon holds it and does not answer");
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
