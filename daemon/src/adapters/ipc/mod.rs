//! The socket: who may connect, what a line may be, and the translation between what is said there and the core's types.
//!
//! Nothing that a peer sent is ever logged or sent back: it may hold a secret, and it may be meant to confuse a terminal.

mod connection;
mod forwards;
mod lines;
mod listener;
mod request;
mod server;
mod translate;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use forwards::Forwards;
pub(crate) use listener::{Listener, answers};
pub(crate) use server::Server;

/// What a peer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How long a client may take for its request line. It writes it in one go.
    first_line: Duration,
    /// How long a client may take to make room for a line it is sent.
    write: Duration,
    /// Connections at once; the next one is told to come again. Leaves descriptors for files and calls to AWS.
    connections: usize,
    /// Codes typed over one connection. AWS itself allows nine tries in three minutes.
    answers: usize,
}

/// The limits of the daemon; `PROTOCOL.md` tells them.
pub(crate) const LIMITS: Limits = Limits {
    first_line: Duration::from_secs(5),
    write: Duration::from_secs(10),
    connections: 2048,
    answers: 64,
};

/// The limits of a narrow socket: at its other end may be anybody, and what goes on here must not suffer from it.
const NARROW: Limits = Limits { connections: 64, ..LIMITS };

/// Between two connections to a narrow socket: no program needs credentials a hundred times in a second.
const PACE: Duration = Duration::from_millis(10);

/// Before accepting again after an error such as a lack of descriptors: the error would come back at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the last replies may take when the daemon ends.
const FAREWELL: Duration = Duration::from_secs(1);
