//! Accepts connections and runs them, each in a task of its own.

use std::io;
use std::sync::Arc;

use awsd_proto::{Error, ErrorCode};
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::StreamCommon as _;
use rustix::process::geteuid;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::connection::{Origin, serve, turn_away};
use super::{ACCEPT_PAUSE, FAREWELL, Limits, Listener};
use crate::exchange::Door;

/// The listener and its connections.
#[derive(Debug)]
pub(crate) struct Server {
    listener: Arc<Listener>,
    door: Door,
    limits: Limits,
    connections: JoinSet<io::Result<()>>,
}

impl Server {
    /// A server that has accepted nothing yet.
    pub(crate) fn new(listener: Arc<Listener>, door: Door, limits: Limits) -> Self {
        Self { listener, door, limits, connections: JoinSet::new() }
    }

    /// Accepts for ever. Dropping the future stops accepting; connections go on until [`Server::farewell`].
    pub(crate) async fn run(&mut self) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(stream) => self.welcome(stream),
                    Err(error) => {
                        warn!(%error, "a connection cannot be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_ended) = self.connections.join_next() => {}
            }
        }
    }

    /// Lets the connections write their last lines.
    pub(crate) async fn farewell(mut self) {
        drop(self.listener);
        let all_ended = async { while self.connections.join_next().await.is_some() {} };
        // A peer that does not read its last line is left.
        let _left = timeout(FAREWELL, all_ended).await;
    }

    fn welcome(&mut self, stream: Stream) {
        let peer = if self.connections.len() >= self.limits.connections {
            Err(crowded(self.limits))
        } else {
            this_user(&stream)
        };
        match peer {
            Ok(pid) => {
                let from = Origin { id: self.door.number(), pid };
                self.connections.spawn(serve(stream, self.limits, from, None, self.door.commands()));
            }
            Err(error) => {
                self.connections.spawn(turn_away(stream, self.limits, error));
            }
        }
    }
}

/// Refuses other users: the directory keeps them out already; this holds even where somebody opened it. Returns the
/// process at the other end, where the system tells.
pub(super) fn this_user(stream: &Stream) -> Result<Option<u32>, Error> {
    let peer = stream.peer_creds().map_err(|_| forbidden())?;
    if peer.euid() != Some(geteuid().as_raw()) {
        return Err(forbidden());
    }
    Ok(peer.pid().and_then(|pid| u32::try_from(pid).ok()))
}

fn forbidden() -> Error {
    Error {
        error: ErrorCode::Forbidden,
        sentence: "this daemon serves only the user who started it".to_owned(),
        hint: None,
    }
}

pub(super) fn crowded(limits: Limits) -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: format!("the daemon already has {} connections", limits.connections),
        hint: Some("try again".to_owned()),
    }
}
