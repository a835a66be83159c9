//! How the start is reported: to the client that waits at the other end of a pipe, or to the person in front of a terminal.

use std::io::{self, Write as _};

use awsd_proto::Error;

use crate::adapters::detach::{self, Pipe};

/// Where the report goes.
#[derive(Debug)]
pub(crate) enum Report {
    /// To the client that started the daemon.
    Client(Pipe),
    /// To standard error.
    Person,
}

impl Report {
    /// Leaves the terminal if asked to.
    pub(crate) fn new(detach: bool) -> io::Result<Self> {
        if detach { detach::detach().map(Self::Client) } else { Ok(Self::Person) }
    }

    /// The daemon listens.
    pub(crate) fn ready(self, socket: &std::path::Path) -> io::Result<()> {
        match self {
            Self::Client(pipe) => pipe.ready(),
            Self::Person => writeln!(io::stderr(), "awsd-daemon listens on {}", socket.display()),
        }
    }

    /// Another daemon listens: what the client wanted, and not what the person wanted.
    pub(crate) fn taken(self) -> io::Result<()> {
        match self {
            Self::Client(pipe) => pipe.ready(),
            Self::Person => {
                writeln!(io::stderr(), "awsd-daemon: another one is running; see: awsd daemon status")?;
                Err(io::ErrorKind::AddrInUse.into())
            }
        }
    }

    /// The daemon cannot start.
    pub(crate) fn failed(self, error: &Error) -> io::Result<()> {
        match self {
            Self::Client(pipe) => pipe.failed(error)?,
            Self::Person => {
                writeln!(io::stderr(), "awsd-daemon: {}", error.sentence)?;
                if let Some(hint) = &error.hint {
                    writeln!(io::stderr(), "  {hint}")?;
                }
            }
        }
        Err(io::ErrorKind::Other.into())
    }
}
