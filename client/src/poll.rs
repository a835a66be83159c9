//! Waiting until one of several things can be read.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Waits until something can be read (or has ended) and says which; all false when the limit passed first. A failing
/// `poll` counts as everything being readable: the read that follows knows the error.
pub(crate) fn any_readable<const N: usize>(fds: [BorrowedFd<'_>; N], limit: Option<Duration>) -> [bool; N] {
    let mut entries = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    match rustix::io::retry_on_intr(|| poll(&mut entries, limit.as_ref())) {
        Ok(_) => entries.map(|entry| !entry.revents().is_empty()),
        Err(_) => [true; N],
    }
}

/// The same for one thing and with a limit.
pub(crate) fn readable(fd: BorrowedFd<'_>, limit: Duration) -> bool {
    any_readable([fd], Some(limit)) == [true]
}

/// Waits until something can be written, up to a limit.
pub(crate) fn writable(fd: BorrowedFd<'_>, limit: Duration) -> bool {
    let Ok(limit) = Timespec::try_from(limit) else { return false };
    let mut entry = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
    rustix::io::retry_on_intr(|| poll(&mut entry, Some(&limit))).is_ok_and(|ready| ready > 0)
}
