//! Tells when the socket is no longer the daemon's: deleted, or replaced. A daemon that nobody can reach must end, or it
//! would hold its lock, and its secrets, for ever.

#[cfg(target_os = "linux")]
pub(crate) use linux::Watch;

#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::mem::MaybeUninit;
    use std::path::Path;

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use rustix::io::Errno;

    use crate::readable::Readable;

    /// Room for a burst of events; more than that is read in several turns.
    const BUFFER: usize = 4096;

    /// The directory of the socket, watched by the kernel: costs nothing while nothing happens there.
    #[derive(Debug)]
    pub(crate) struct Watch {
        events: Readable,
    }

    impl Watch {
        /// Watches the directory. Needs a running runtime.
        pub(crate) fn new(directory: &Path) -> io::Result<Self> {
            let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            let what = WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MOVE
                | WatchFlags::DELETE_SELF
                | WatchFlags::MOVE_SELF
                | WatchFlags::ONLYDIR;
            inotify::add_watch(&events, directory, what)?;
            Ok(Self { events: Readable::new(events)? })
        }

        /// Returns once `is_ours` says no after a change of the directory.
        pub(crate) async fn gone(&self, is_ours: impl Fn() -> bool) -> io::Result<()> {
            while is_ours() {
                self.changed().await?;
            }
            Ok(())
        }

        /// Waits for any change. What changed does not matter: the caller looks for itself.
        async fn changed(&self) -> io::Result<()> {
            let mut guard = self.events.ready().await?;
            let mut buffer = [MaybeUninit::uninit(); BUFFER];
            let mut reader = inotify::Reader::new(&self.events, &mut buffer);
            loop {
                match reader.next() {
                    Ok(_event) => {}
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => break,
                    Err(error) => return Err(error.into()),
                }
            }
            guard.clear_ready();
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the watch of Linux can fail")]
mod portable {
    use std::io;
    use std::path::Path;

    /// Without inotify the daemon does not notice; it ends when it is told to.
    #[derive(Debug)]
    pub(crate) struct Watch;

    impl Watch {
        /// Watches nothing.
        pub(crate) fn new(_directory: &Path) -> io::Result<Self> {
            Ok(Self)
        }

        /// Never returns.
        pub(crate) async fn gone(&self, _is_ours: impl Fn() -> bool) -> io::Result<()> {
            std::future::pending().await
        }
    }
}
