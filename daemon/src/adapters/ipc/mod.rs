//! The socket: who may connect, what a line may be, and the translation between what is said there and the core's types.
//!
//! Nothing that a peer sent is ever logged or sent back: it may hold a secret, and it may be meant to confuse a terminal.

mod connection;
mod lines;
mod listener;
mod request;
mod server;
mod translate;

use std::time::Duration;

pub(crate) use listener::{Listener, answers};
pub(crate) use server::Server;

/// How long a client may take for its request line. It writes it in one go.
const FIRST_LINE: Duration = Duration::from_secs(5);

/// How long a client may take to make room for a line it is sent.
const WRITE: Duration = Duration::from_secs(10);

/// Connections at once; the next one is told to come again. Leaves descriptors for files and calls to AWS.
const CONNECTIONS: usize = 2048;

/// Codes typed over one connection. AWS itself allows nine tries in three minutes.
const ANSWERS: usize = 64;

/// Before accepting again after an error such as a lack of descriptors: the error would come back at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the last replies may take when the daemon ends.
const FAREWELL: Duration = Duration::from_secs(1);
