//! Leaving the client that started the daemon: own session, no descriptors of its shell, and one line of report.

use std::fs::File;
use std::io::{self, Stdout, Write as _};

use awsd_proto::{Error, frame};

/// What the client waits for when all is well.
const READY: &[u8] = b"ready\n";

/// The pipe to the client: standard output, until the report is written.
#[derive(Debug)]
pub(crate) struct Pipe(Stdout);

/// Leaves the client's session, directory and descriptors, all but the pipe.
pub(crate) fn detach() -> io::Result<Pipe> {
    close_inherited_descriptors();
    let null = null()?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    // Refused only to the leader of a process group, which a child of the client is not. One that is (started by hand
    // from a shell) stays in its session and works all the same.
    let _leader = rustix::process::setsid();
    std::env::set_current_dir("/")?;
    Ok(Pipe(io::stdout()))
}

/// Closes every descriptor above standard error. To be called first, before anything is opened or any thread started:
/// a descriptor left over from the client's shell would keep `x=$(awsd export P)` from ever returning.
#[allow(unsafe_code)]
fn close_inherited_descriptors() {
    // SAFETY: nothing in this process owns a descriptor above 2 yet: `main` detaches before it opens anything, and the
    // standard library holds none of its own.
    unsafe { close_fds::close_open_fds(3, &[]) };
}

impl Pipe {
    /// Says that the socket is there.
    pub(crate) fn ready(self) -> io::Result<()> {
        self.finish(READY)
    }

    /// Says why it is not.
    pub(crate) fn failed(self, error: &Error) -> io::Result<()> {
        let line = frame::encode(error).map_err(io::Error::other)?;
        self.finish(&line)
    }

    fn finish(self, line: &[u8]) -> io::Result<()> {
        let mut stdout = self.0.lock();
        // A client that has gone away does not need the line; the daemon is there for the others.
        let _gone = stdout.write_all(line).and_then(|()| stdout.flush());
        rustix::stdio::dup2_stdout(&null()?)?;
        Ok(())
    }
}

fn null() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/null")
}
