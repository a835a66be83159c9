//! The end of the daemons that a test started: each is found by its lock, which only a running daemon holds.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use rustix::process::{Pid, Signal};

use super::leaks::files;

/// The file that a daemon keeps locked as long as it lives, with its process id in it.
const LOCK: &str = "daemon.lock";

/// The process ids of the daemons that run below a directory.
pub(super) fn running(directory: &Path) -> Vec<Pid> {
    let locks = files(directory).into_iter().filter(|path| path.file_name().is_some_and(|name| name == LOCK));
    locks.filter_map(|path| holder(&path)).collect()
}

/// Ends them at once, and waits until they have ended.
pub(super) fn kill(directory: &Path) {
    for path in files(directory).into_iter().filter(|path| path.file_name().is_some_and(|name| name == LOCK))
    {
        if let Some(pid) = holder(&path) {
            let _gone = rustix::process::kill_process(pid, Signal::KILL);
            // Held until the process is gone.
            let _ = File::open(path).map(|lock| lock.lock());
        }
    }
}

/// Who holds the lock. As long as it is held, the process id in it is that of the holder.
fn holder(path: &Path) -> Option<Pid> {
    let lock = File::open(path).ok()?;
    if !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    fs::read_to_string(path).ok()?.trim().parse().ok().and_then(Pid::from_raw)
}
