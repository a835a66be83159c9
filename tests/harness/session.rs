//! `awsd-test-session [--terminal] PROGRAM [ARGUMENT...]`: becomes the program, as the leader of a new session.
//!
//! Without the option the program has no terminal, even where the tests were started from one. With it, the terminal on
//! standard input is the program's own, as in a terminal window.
//!
//! On Linux the program ends with whoever started it: tests that are killed can end nothing themselves.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

/// What a shell ends with where a command cannot be executed.
const NOT_STARTED: u8 = 126;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    let terminal = arguments.next_if(|argument| argument == OsStr::new("--terminal")).is_some();
    let error = become_program(terminal, arguments);
    let _nobody_reads = io::Write::write_all(&mut io::stderr(), format!("{error}\n").as_bytes());
    ExitCode::from(NOT_STARTED)
}

/// Returns only if that failed.
fn become_program(terminal: bool, mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    let Some(program) = arguments.next() else { return io::ErrorKind::InvalidInput.into() };
    match prepare(terminal) {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error.into(),
    }
}

fn prepare(terminal: bool) -> rustix::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    rustix::process::setsid()?;
    if terminal { rustix::process::ioctl_tiocsctty(rustix::stdio::stdin()) } else { Ok(()) }
}
