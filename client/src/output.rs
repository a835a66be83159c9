//! Writing to the person and to programs.
//!
//! stdout carries only what was asked for; everything else is stderr. `println!` and `eprintln!` are not used: they
//! panic when the reader has gone away.

use std::fmt::Display;
use std::io::{self, Write as _};

use crate::failure::{Exit, Failure};

/// Writes the answer to stdout. A reader that has seen enough (`| head -1`) is no failure.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    print_while_read(bytes).map(drop)
}

/// The same, for answers without an end: false when nobody reads any more.
pub(crate) fn print_while_read(bytes: &[u8]) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("the answer could not be written to standard output: {error}"),
            "look at where standard output goes: a full disk, for example",
        )),
    }
}

/// Tells the person something on stderr, in one write. Nobody may be listening, and then there is nobody to tell.
pub(crate) fn complain(message: &impl Display) {
    let line = format!("{message}\n");
    let _ = io::stderr().lock().write_all(line.as_bytes());
}
