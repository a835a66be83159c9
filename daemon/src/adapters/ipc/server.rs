//! Accepts connections and runs them, each in a task of its own.

use std::io;
use std::sync::Arc;

use awsd_core::event::RequestId;
use awsd_proto::{Error, ErrorCode};
use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::traits::StreamCommon as _;
use rustix::process::geteuid;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::connection::{serve, turn_away};
use super::{ACCEPT_PAUSE, FAREWELL, Limits, Listener};
use crate::exchange::Command;

/// The listener and its connections.
#[derive(Debug)]
pub(crate) struct Server {
    listener: Arc<Listener>,
    commands: mpsc::Sender<Command>,
    limits: Limits,
    connections: JoinSet<io::Result<()>>,
    requests: u64,
}

impl Server {
    /// A server that has accepted nothing yet.
    pub(crate) fn new(listener: Arc<Listener>, commands: mpsc::Sender<Command>, limits: Limits) -> Self {
        Self { listener, commands, limits, connections: JoinSet::new(), requests: 0 }
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
        let refusal = if self.connections.len() >= self.limits.connections {
            Some(crowded(self.limits))
        } else if is_this_user(&stream) {
            None
        } else {
            Some(forbidden())
        };
        if let Some(error) = refusal {
            self.connections.spawn(turn_away(stream, self.limits, error));
            return;
        }
        self.requests += 1;
        let id = RequestId(self.requests);
        self.connections.spawn(serve(stream, self.limits, id, self.commands.clone()));
    }
}

/// The directory keeps others out already; this holds even where somebody opened it.
fn is_this_user(stream: &Stream) -> bool {
    stream.peer_creds().is_ok_and(|peer| peer.euid() == Some(geteuid().as_raw()))
}

fn forbidden() -> Error {
    Error {
        error: ErrorCode::Forbidden,
        sentence: "this daemon serves only the user who started it".to_owned(),
        hint: None,
    }
}

fn crowded(limits: Limits) -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: format!("the daemon already has {} connections", limits.connections),
        hint: Some("try again".to_owned()),
    }
}
