//! What the process does to keep its memory to itself.
//!
//! It makes core dumps impossible and the process unreadable for others of the same user (`ptrace`, `/proc/PID/mem`).
//! It does not protect from root, from a debugger that started the daemon, from swap or from hibernation.

use std::io;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// Descriptors wanted: one for each connection, and room for files and calls to AWS.
const DESCRIPTORS: u64 = 4096;

/// Applies everything; the first refusal is an error, because a daemon that can be dumped is not what was promised.
pub(crate) fn process() -> io::Result<()> {
    umask(Mode::RWXG | Mode::RWXO);
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    raise_descriptor_limit();
    Ok(())
}

/// The usual soft limit of 1024 is too near to the number of shells that may ask at once. A lower hard limit is accepted.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        // Without it the daemon still works; connections beyond the limit wait.
        let _refused = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit });
    }
}
