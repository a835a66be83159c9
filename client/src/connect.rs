//! One connection to the daemon: a request goes out, lines come in.
//!
//! Before anything is said, the directory of the socket and the user at the other end are checked: a code must never be
//! typed into somebody else's daemon.

use std::io::{self, Read as _, Write as _};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

use awsd_proto::endpoint::{Endpoint, EndpointError};
use awsd_proto::frame::{self, Line};
use awsd_proto::{PROTOCOL, Request, ServerLine};
use interprocess::local_socket::{GenericFilePath, Stream, prelude::*};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure};

/// How much is asked for in one read. A usual reply fits.
const CHUNK: usize = 8 * 1024;

/// An open connection.
pub(crate) struct Connection {
    stream: Stream,
    /// What has been read; the first `used` bytes have been looked at.
    received: Zeroizing<Vec<u8>>,
    used: usize,
}

/// Finds where the daemon listens.
pub(crate) fn endpoint() -> Result<Endpoint, Failure> {
    Endpoint::locate(|name| std::env::var_os(name)).map_err(|error| untrusted(&error))
}

/// The daemon cannot be trusted or found where it should be.
pub(crate) fn untrusted(error: &EndpointError) -> Failure {
    Failure::new(Exit::Unreachable, error.to_string(), error.hint())
}

impl Connection {
    /// Connects. `None` means that no daemon listens there.
    pub(crate) fn open(endpoint: &Endpoint) -> Result<Option<Self>, Failure> {
        match endpoint.verify() {
            Ok(()) => {}
            Err(EndpointError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(untrusted(&error)),
        }
        let connected =
            endpoint.socket().to_fs_name::<GenericFilePath>().and_then(|name| Stream::connect(name));
        match connected {
            Ok(stream) => {
                check_peer(&stream)?;
                Ok(Some(Self { stream, received: Zeroizing::new(Vec::with_capacity(CHUNK)), used: 0 }))
            }
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(Failure::new(
                Exit::Unreachable,
                format!("the daemon cannot be reached at {}: {error}", endpoint.socket().display()),
                format!("look at it with: ls -l {}", endpoint.socket().display()),
            )),
        }
    }

    /// Sends the request, in one write.
    pub(crate) fn request(&mut self, request: &Request) -> io::Result<()> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            protocol: u32,
            version: &'a str,
            #[serde(flatten)]
            request: &'a Request,
        }
        // The same shape as `Envelope`, without a copy of the request and its secrets.
        self.send(&Borrowed { protocol: PROTOCOL, version: env!("CARGO_PKG_VERSION"), request })
    }

    /// Sends one line, in one write.
    pub(crate) fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        self.stream.write_all(&frame::encode(message)?)
    }

    /// The next line, if a whole one has been received.
    pub(crate) fn received_line(&mut self) -> Result<Option<ServerLine>, Failure> {
        match frame::first_line(&self.received[self.used..], frame::MAX_REPLY) {
            Line::Complete(line, length) => {
                let line = frame::decode(line).map_err(|_| nonsense("something that is not known here"))?;
                self.used += length;
                Ok(Some(line))
            }
            Line::Incomplete => Ok(None),
            Line::TooLong => Err(nonsense("a line that is too long")),
        }
    }

    /// Waits for more to be received. False means that the daemon has closed the connection.
    pub(crate) fn receive(&mut self) -> io::Result<bool> {
        // All whole lines have been taken: what is left is the beginning of one.
        self.received.drain(..self.used);
        self.used = 0;
        let start = self.received.len();
        self.received.resize(start + CHUNK, 0);
        let result = loop {
            match self.stream.read(&mut self.received[start..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.received.truncate(start + *result.as_ref().unwrap_or(&0));
        Ok(result? > 0)
    }
}

#[cfg(unix)]
impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Stream::UdSocket(socket) => socket.as_fd(),
        }
    }
}

/// The daemon must be this user's own.
#[cfg(unix)]
fn check_peer(stream: &Stream) -> Result<(), Failure> {
    let problem = match stream.peer_creds() {
        Ok(peer) if peer.euid() == Some(rustix::process::geteuid().as_raw()) => return Ok(()),
        Ok(_) => "it belongs to another user".to_owned(),
        Err(error) => format!("its user cannot be found out: {error}"),
    };
    Err(Failure::new(
        Exit::Unreachable,
        format!("awsd does not talk to the daemon at its socket: {problem}"),
        "end that process, or set AWSD_SOCKET to a path in a directory of your own",
    ))
}

fn nonsense(what: &str) -> Failure {
    Failure::new(
        Exit::Unreachable,
        format!("the daemon answered with {what}"),
        "client and daemon may be of different versions; run: awsd daemon restart",
    )
}
