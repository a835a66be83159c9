//! The life of a process that is not a child of this one.

use std::io;
use std::os::fd::OwnedFd;

use crate::readable::Readable;

/// A process. It is this one and not another that came to have its number.
#[derive(Debug)]
pub(crate) struct Process(Readable);

impl Process {
    /// The process with this number. Needs a running runtime.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn new(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self(Readable::new(watched(pid)?)?))
    }

    /// Waits for its end.
    pub(crate) async fn ended(&self) -> io::Result<()> {
        self.0.ready().await.map(|_ready| ())
    }
}

/// Readable once the process has ended.
#[cfg(target_os = "linux")]
fn watched(pid: rustix::process::Pid) -> io::Result<OwnedFd> {
    Ok(rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::NONBLOCK)?)
}

/// Readable once the process has ended.
#[cfg(not(target_os = "linux"))]
fn watched(pid: rustix::process::Pid) -> io::Result<OwnedFd> {
    use nix::sys::event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue};

    let queue = Kqueue::new()?;
    let ident = usize::try_from(pid.as_raw_pid()).map_err(io::Error::other)?;
    let (filter, flags) = (EventFilter::EVFILT_PROC, EvFlags::EV_ADD);
    let wanted = KEvent::new(ident, filter, flags, FilterFlag::NOTE_EXIT, 0, 0);
    queue.kevent(&[wanted], &mut [], None)?;
    Ok(queue.into())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[tokio::test]
    async fn a_process_is_followed_to_its_end() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let process = Process::new(child.id()).unwrap();
        tokio::select! {
            biased;
            _ = process.ended() => panic!("it has not ended"),
            () = std::future::ready(()) => {}
        }
        drop(child.stdin.take());
        process.ended().await.unwrap();
        child.wait().unwrap();
        assert!(Process::new(child.id()).is_err());
        assert!(Process::new(u32::MAX).is_err());
    }
}
