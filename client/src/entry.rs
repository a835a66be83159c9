//! Where the process begins on Linux with glibc: the `main` of C, in place of the one that the standard library puts around
//! Rust's.
//!
//! What the standard library does before `main` takes longer than all that `awsd credential-process` does itself; most of
//! it is reading `/proc/self/maps`, to be able to say that a stack has overflowed. Here is what awsd needs of it. It must
//! do nothing but begin and end the process. The arguments are there without it: the standard library documents that
//! with glibc they are.

#![allow(unsafe_code, reason = "a symbol of this name is what C calls; and see SAFETY below")]

use std::ffi::{c_char, c_int};
use std::panic;

use nix::sys::signal::{SigHandler, Signal, signal};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// What a Rust program that panics ends with.
const PANICKED: c_int = 101;

#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    open_standard_streams();
    ignore_broken_pipes();
    // A panic must not leave Rust: it would end in a core dump.
    panic::catch_unwind(crate::start).map_or(PANICKED, |exit| exit as c_int)
}

/// Whoever starts a program may close these. Then the next file opened would take their place, the connection to the
/// daemon for example, and be written to.
fn open_standard_streams() {
    for stream in [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()] {
        if rustix::io::fcntl_getfd(stream) == Err(Errno::BADF) {
            // It takes the lowest free place, which is this one: those before it are open by now.
            let null = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty());
            std::mem::forget(null);
        }
    }
}

/// A reader that goes away is an error of the write, not the end of this process.
fn ignore_broken_pipes() {
    // SAFETY: no handler is installed that could do something unsafe, and there is no other thread yet.
    let ignored = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
    debug_assert!(ignored.is_ok(), "only SIGKILL and SIGSTOP cannot be ignored");
}
