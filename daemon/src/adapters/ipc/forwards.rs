//! Narrow sockets, each for the life of a process. With it the socket goes, and every connection that was made to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use awsd_proto::endpoint::Endpoint;
use interprocess::local_socket::tokio::Stream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{info, warn};

use super::connection::{Origin, serve, turn_away};
use super::listener::{Listener, answers};
use super::server::{crowded, this_user};
use super::{ACCEPT_PAUSE, NARROW, PACE};
use crate::exchange::{Command, Door, WeakDoor};
use crate::narrow::Narrow;
use crate::process::Process;
use crate::world::NotForwarded;

/// The sockets. Dropping this takes them away.
#[derive(Debug)]
pub(crate) struct Forwards {
    door: WeakDoor,
    directory: PathBuf,
    tasks: JoinSet<()>,
}

impl Forwards {
    /// None yet. Those that nobody has chosen a place for will be below this directory.
    pub(crate) fn new(door: WeakDoor, directory: &Path) -> Self {
        Self { door, directory: directory.join("forward"), tasks: JoinSet::new() }
    }

    /// Takes all of them away before anybody is told that the daemon has ended.
    pub(crate) async fn farewell(mut self) {
        self.tasks.shutdown().await;
    }

    /// Makes a socket that lives as long as this process. Needs a running runtime.
    pub(crate) fn open(
        &mut self,
        to: u32,
        socket: Option<&str>,
        narrow: Narrow,
    ) -> Result<PathBuf, NotForwarded> {
        while self.tasks.try_join_next().is_some() {}
        let process = Process::new(to)?;
        let door = self.door.upgrade().ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        let own = socket.is_none().then(|| self.directory.join(to.to_string()));
        let path =
            own.as_ref().map(|own| own.join("socket")).or(socket.map(PathBuf::from)).unwrap_or_default();
        let endpoint = Endpoint::at("--socket", path)?;
        endpoint.prepare()?;
        let path = endpoint.socket().to_owned();
        if answers(&path) {
            return Err(NotForwarded::Taken);
        }
        let listener = Listener::bind(&path)?;
        let forward = Forward { narrow: Arc::new(narrow), door, _place: Place(own), listener };
        self.tasks.spawn(forward.serve(process));
        Ok(path)
    }
}

/// A directory that is there for one socket alone.
#[derive(Debug)]
struct Place(Option<PathBuf>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(directory) = &self.0 {
            // Whatever somebody has put there meanwhile stays, and so does the directory.
            let _left = fs::remove_dir(directory);
        }
    }
}

/// One socket. The listener takes its file away before the place is given up.
struct Forward {
    narrow: Arc<Narrow>,
    door: Door,
    listener: Listener,
    _place: Place,
}

impl Forward {
    async fn serve(self, process: Process) {
        let profile = self.narrow.profile().to_owned();
        info!(profile, "forwarding");
        let (valid, until) = watch::channel(());
        let mut connections = JoinSet::new();
        tokio::select! {
            biased;
            _ended = process.ended() => {}
            () = self.accept(&until, &mut connections) => {}
        }
        drop(self);
        drop(valid);
        while connections.join_next().await.is_some() {}
        info!(profile, "no longer forwarding");
    }

    async fn accept(&self, until: &watch::Receiver<()>, connections: &mut JoinSet<()>) {
        loop {
            match self.listener.accept().await {
                Ok(stream) => {
                    while connections.try_join_next().is_some() {}
                    connections.spawn(self.welcome(stream, connections.len(), until.clone()));
                    sleep(PACE).await;
                }
                Err(error) => {
                    warn!(%error, "a connection cannot be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// One connection, to its end or that of all.
    fn welcome(
        &self,
        stream: Stream,
        others: usize,
        mut until: watch::Receiver<()>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let peer = if others < NARROW.connections { this_user(&stream) } else { Err(crowded(NARROW)) };
        let (id, narrow, commands) = (self.door.number(), Arc::clone(&self.narrow), self.door.commands());
        async move {
            if let Err(error) = peer {
                // Whoever is turned away may leave before the end.
                let _left = turn_away(stream, NARROW, error).await;
                return;
            }
            // The process that connects is only the last on the way: it is not shown.
            let from = Origin { id, pid: None };
            tokio::select! {
                _ended = serve(stream, NARROW, from, Some(narrow), commands.clone()) => {}
                _over = until.changed() => {
                    // If the app is gone there is nobody to tell.
                    let _ending = commands.send(Command::Gone(id)).await;
                }
            }
        }
    }
}
