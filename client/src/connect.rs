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
const CHUNK: usize = 4 * 1024;

/// An open connection.
pub(crate) struct Connection {
    endpoint: Endpoint,
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
                let received = Zeroizing::new(Vec::with_capacity(CHUNK));
                Ok(Some(Self { endpoint: endpoint.clone(), stream, received, used: 0 }))
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

    /// Where the daemon listens.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
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

    /// Waits until the daemon has nothing more to say.
    pub(crate) fn wait_for_its_end(&mut self) {
        // What it says last is that it ends.
        while self.receive().is_ok_and(|more| more) {
            self.used = self.received.len();
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
    let problem = match user_of(stream) {
        Ok(Some(user)) if user == rustix::process::geteuid().as_raw() => return Ok(()),
        Ok(_) => "it belongs to another user".to_owned(),
        Err(error) => format!("its user cannot be found out: {error}"),
    };
    Err(Failure::new(
        Exit::Unreachable,
        format!("awsd does not talk to the daemon at its socket: {problem}"),
        "end that process, or set AWSD_SOCKET to a path in a directory of your own",
    ))
}

/// The user at the other end. In a container the daemon's process has no number, which `peer_creds` would take for a peer that
/// has left.
#[cfg(target_os = "linux")]
fn user_of(stream: &Stream) -> io::Result<Option<u32>> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

    let Stream::UdSocket(socket) = stream;
    Ok(Some(getsockopt(socket, PeerCredentials)?.uid()))
}

/// The user at the other end.
#[cfg(all(unix, not(target_os = "linux")))]
fn user_of(stream: &Stream) -> io::Result<Option<u32>> {
    Ok(stream.peer_creds()?.euid())
}

fn nonsense(what: &str) -> Failure {
    Failure::new(
        Exit::Unreachable,
        format!("the daemon answered with {what}"),
        "client and daemon may be of different versions; run: awsd daemon restart",
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use awsd_proto::{Reply, ServerLine};

    use super::*;

    /// A connection, and the other end of it.
    pub(crate) fn pair() -> (Connection, UnixStream) {
        let directory = tempfile::tempdir().unwrap();
        let (connection, daemon, _) = pair_in(directory.path());
        (connection, daemon)
    }

    /// A connection, the other end of it, and where others connect as long as the directory is there.
    pub(crate) fn pair_in(directory: &std::path::Path) -> (Connection, UnixStream, UnixListener) {
        let endpoint = endpoint_in(directory);
        endpoint.prepare().unwrap();
        let listener = UnixListener::bind(endpoint.socket()).unwrap();
        let connection = Connection::open(&endpoint).unwrap().unwrap();
        let (daemon, _) = listener.accept().unwrap();
        (connection, daemon, listener)
    }

    fn endpoint_in(directory: &std::path::Path) -> Endpoint {
        let socket = directory.join("run/socket");
        Endpoint::locate(|name| (name == "AWSD_SOCKET").then(|| socket.clone().into())).unwrap()
    }

    const DONE: &[u8] = b"{\"protocol\":1,\"version\":\"1\",\"reply\":\"done\"}\n";

    fn is_done(line: Option<ServerLine>) -> bool {
        matches!(line, Some(ServerLine::Reply(reply)) if matches!(reply.body, Reply::Done { .. }))
    }

    #[test]
    fn no_directory_no_socket_and_nobody_listening_are_no_daemon() {
        let directory = tempfile::tempdir().unwrap();
        let endpoint = endpoint_in(directory.path());
        assert!(Connection::open(&endpoint).unwrap().is_none());
        endpoint.prepare().unwrap();
        assert!(Connection::open(&endpoint).unwrap().is_none());
        drop(UnixListener::bind(endpoint.socket()).unwrap());
        assert!(Connection::open(&endpoint).unwrap().is_none());
    }

    #[test]
    fn a_directory_that_others_may_enter_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let endpoint = endpoint_in(directory.path());
        endpoint.prepare().unwrap();
        std::fs::set_permissions(endpoint.directory(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(Connection::open(&endpoint).err().unwrap().exit, Exit::Unreachable);
    }

    #[test]
    fn a_request_is_the_envelope_of_the_protocol() {
        let (mut connection, mut daemon) = pair();
        connection.request(&Request::Questions).unwrap();
        drop(connection);
        let mut line = Vec::new();
        daemon.read_to_end(&mut line).unwrap();
        let envelope: awsd_proto::Envelope = frame::decode(&line).unwrap();
        assert!(matches!(envelope.request, Request::Questions));
        assert_eq!(envelope.protocol, PROTOCOL);
    }

    #[test]
    fn a_line_may_come_in_pieces_and_two_lines_at_once() {
        let (mut connection, mut daemon) = pair();
        let (first, rest) = DONE.split_at(10);
        daemon.write_all(first).unwrap();
        assert!(connection.receive().unwrap());
        assert!(connection.received_line().unwrap().is_none());
        daemon.write_all(&[rest, DONE].concat()).unwrap();
        assert!(connection.receive().unwrap());
        assert!(is_done(connection.received_line().unwrap()));
        assert!(is_done(connection.received_line().unwrap()));
        assert!(connection.received_line().unwrap().is_none());
        drop(daemon);
        assert!(!connection.receive().unwrap());
    }

    #[test]
    fn nonsense_and_endless_lines_are_failures() {
        let (mut connection, mut daemon) = pair();
        daemon.write_all(b"hello\n").unwrap();
        connection.receive().unwrap();
        assert_eq!(connection.received_line().err().unwrap().exit, Exit::Unreachable);

        let (mut connection, mut daemon) = pair();
        let writer = std::thread::spawn(move || daemon.write_all(&vec![b'x'; frame::MAX_REPLY]));
        let failure = loop {
            assert!(connection.receive().unwrap());
            if let Err(failure) = connection.received_line() {
                break failure;
            }
        };
        assert_eq!(failure.exit, Exit::Unreachable);
        writer.join().unwrap().unwrap();
    }
}
