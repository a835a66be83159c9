//! Credentials over HTTP on the loopback interface, as container platforms serve them, for commands that live long.
//!
//! Every user of this machine, and every page in a browser, can connect to a port. So nothing is served without a token
//! that only one command was given, to nobody who looks like a browser or a proxy, and no longer than that command lives.
//! No request ever waits for a person: SDKs give up after one second or two.

mod access;
mod reply;
mod rules;
mod run;
mod server;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use awsd_proto::{CredentialsRequest, Secret};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use self::access::Tokens;
use self::run::Run;
use crate::exchange::WeakDoor;
use crate::process::Process;
use crate::world::Access;

/// How long a request may wait for credentials. The JavaScript SDK gives up after a second.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long an answer is repeated before the daemon looks at the files and its sessions again.
const REPEATED: Duration = Duration::from_secs(1);

/// How long a connection may take for the head of a request, and be idle between two.
const HEAD: Duration = Duration::from_secs(10);

/// Before accepting again after an error such as a lack of descriptors: the error would come back at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections at once. Leaves descriptors for files, clients and calls to AWS.
const CONNECTIONS: usize = 128;

/// What is served to whom. Nothing is opened before the first command wants something, and nothing stays open after the
/// last one has ended.
#[derive(Debug)]
pub(crate) struct ContainerEndpoint {
    door: WeakDoor,
    tokens: Tokens,
    /// Where it listens.
    open: Option<Open>,
    /// Counts the moments at which earlier answers became doubtful.
    doubts: watch::Sender<u64>,
}

/// A port that is listened to. Dropping it closes the port and its connections.
#[derive(Debug)]
struct Open {
    address: SocketAddr,
    server: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl ContainerEndpoint {
    /// One that listens nowhere yet.
    pub(crate) fn new(door: WeakDoor) -> Self {
        Self { door, tokens: Tokens::default(), open: None, doubts: watch::Sender::new(0) }
    }

    /// Answers this request again and again while a process lives. Needs a running runtime.
    ///
    /// # Errors
    /// Where no port can be opened, or the process has ended.
    pub(crate) fn serve(&mut self, to: u32, request: CredentialsRequest) -> io::Result<Access> {
        let process = Process::new(to)?;
        let address = self.listen()?;
        let (token, place) = self.tokens.issue()?;
        let run = Run::new(self.door.clone(), request, self.doubts.subscribe());
        tokio::spawn(run.serve(process, place));
        Ok(Access { uri: format!("http://{address}/"), token: Secret::new(token.as_str()) })
    }

    /// Sessions have changed, or files may have.
    pub(crate) fn forget_answers(&mut self) {
        self.doubts.send_modify(|doubts| *doubts = doubts.wrapping_add(1));
    }

    /// The address, which stays the same while anything is served.
    fn listen(&mut self) -> io::Result<SocketAddr> {
        if let Some(open) = self.open.as_ref().filter(|open| !open.server.is_finished()) {
            return Ok(open.address);
        }
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = tokio::spawn(server::run(listener, address, self.tokens.clone())).abort_handle();
        self.open = Some(Open { address, server });
        Ok(address)
    }
}
