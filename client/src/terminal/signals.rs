//! Signals held back while the terminal is not as it was found.
//!
//! No handler is installed: a handler would change what the signal does to this process and to the command that replaces
//! it (an ignored SIGHUP under `nohup` would be lost). Instead the signals are blocked, a thread takes them, and when the
//! terminal has been restored each is raised again and does what it would have done: end the process, stop it, nothing.

use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::thread::JoinHandleExt as _;
use std::thread::JoinHandle;

use nix::sys::pthread::pthread_kill;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};

/// What is not held back. Everything else that has a name ends or stops this process, or lets it go on (the shell has then
/// set the terminal anew, and the prompt must be shown again).
const LEFT_ALONE: [Signal; 9] = [
    // Nobody can hold these back.
    Signal::SIGKILL,
    Signal::SIGSTOP,
    // They do nothing.
    Signal::SIGCHLD,
    Signal::SIGURG,
    Signal::SIGWINCH,
    // Faults of this process: what becomes of them while they are blocked is not defined.
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSEGV,
];

/// Ends the thread: blocked, it is not sent at all when this process writes to the terminal.
const END: Signal = Signal::SIGTTOU;

/// Signals are held back as long as this lives. Readable as soon as one has come.
pub(super) struct Held {
    before: SigSet,
    came: PipeReader,
    thread: Option<JoinHandle<()>>,
}

impl Held {
    pub(super) fn hold() -> io::Result<Self> {
        let held: SigSet = Signal::iterator().filter(|signal| !LEFT_ALONE.contains(signal)).collect();
        let (came, mut tell) = io::pipe()?;
        // Blocked first: the thread inherits the mask.
        let before = held.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let take = move || {
            while let Ok(signal) = held.wait()
                && signal != END
                && tell.write_all(&(signal as i32).to_ne_bytes()).is_ok()
            {}
        };
        match std::thread::Builder::new().name("signals".to_owned()).spawn(take) {
            Ok(thread) => Ok(Self { before, came, thread: Some(thread) }),
            Err(error) => {
                before.thread_set_mask()?;
                Err(error)
            }
        }
    }
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.came.as_fd()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = pthread_kill(thread.as_pthread_t(), END);
            let _ = thread.join();
        }
        let _ = self.before.thread_set_mask();
        let mut number = [0; size_of::<i32>()];
        while self.came.read_exact(&mut number).is_ok() {
            if let Ok(signal) = Signal::try_from(i32::from_ne_bytes(number)) {
                let _ = raise(signal);
            }
        }
    }
}

/// Runs something that writes to the terminal from the background, where `stty tostop` would stop it.
pub(super) fn without_being_stopped(write: impl FnOnce()) {
    let stops: SigSet = [Signal::SIGTTOU].into_iter().collect();
    let before = stops.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    write();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::any_readable;

    /// SIGCONT does nothing to a running process, so it can be raised among the threads of a test run.
    #[test]
    fn a_held_signal_is_reported_and_the_mask_comes_back() {
        let before = SigSet::thread_get_mask().unwrap();
        let held = Held::hold().unwrap();
        pthread_kill(held.thread.as_ref().unwrap().as_pthread_t(), Signal::SIGCONT).unwrap();
        assert_eq!(any_readable([held.as_fd()], None), [true]);
        drop(held);
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }

    #[test]
    fn holding_ends_when_nothing_came() {
        drop(Held::hold().unwrap());
    }
}
