//! One command's credentials, while it lives.

use awsd_core::event::RequestId;
use awsd_proto::{CredentialsRequest, Request};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::REPEATED;
use super::access::Place;
use super::reply::{Reply, ending};
use crate::exchange::{Command, UPDATES, Update, WeakDoor};
use crate::process::Process;

/// Somebody who came with the token.
pub(super) type Waiter = oneshot::Sender<Reply>;

/// What is served to a command.
#[derive(Debug)]
pub(super) struct Run {
    door: WeakDoor,
    request: CredentialsRequest,
    /// Changes when earlier answers become doubtful.
    doubts: watch::Receiver<u64>,
    waiting: Vec<Waiter>,
    asked: Option<Asked>,
    recent: Option<Recent>,
}

/// The app has been asked, and has not answered yet.
#[derive(Debug)]
struct Asked {
    id: RequestId,
    commands: mpsc::Sender<Command>,
    updates: mpsc::Receiver<Update>,
}

/// An answer that is repeated.
#[derive(Debug)]
struct Recent {
    reply: Reply,
    until: Instant,
}

impl Run {
    /// Nothing has been asked yet.
    pub(super) fn new(door: WeakDoor, request: CredentialsRequest, doubts: watch::Receiver<u64>) -> Self {
        Self { door, request, doubts, waiting: Vec::new(), asked: None, recent: None }
    }

    /// Answers everybody who comes to this place, until the process ends or the daemon does.
    pub(super) async fn serve(mut self, process: Process, mut place: Place) {
        loop {
            tokio::select! {
                biased;
                _ended = process.ended() => break,
                changed = self.doubts.changed() => match changed {
                    Ok(()) => self.recent = None,
                    Err(_daemon_ends) => break,
                },
                reply = answered(&mut self.asked) => self.answered(reply),
                () = over(self.recent.as_ref()) => self.recent = None,
                Some(waiter) = place.arrivals.recv() => self.arrived(waiter).await,
            }
        }
        // The token is worth nothing before anybody is told.
        drop(place);
        info!("a command that was served has ended");
        if let Some(Asked { id, commands, .. }) = self.asked {
            let _ending = commands.send(Command::Gone(id)).await;
        }
    }

    async fn arrived(&mut self, waiter: Waiter) {
        if let Some(recent) = &self.recent {
            // Whoever has left wants no answer.
            let _left = waiter.send(recent.reply.clone());
            return;
        }
        self.waiting.retain(|waiter| !waiter.is_closed());
        self.waiting.push(waiter);
        if self.asked.is_none() && !self.ask().await {
            self.tell(&Reply::error(&ending()));
        }
    }

    /// Asks the app; false if there is none any more.
    async fn ask(&mut self) -> bool {
        let Some(door) = self.door.upgrade() else { return false };
        let (id, commands) = (door.number(), door.commands());
        let (sender, updates) = mpsc::channel(UPDATES);
        let request = Request::Credentials(Box::new(self.request.clone()));
        let sent = commands.send(Command::Request { id, request, peer: None, updates: sender }).await;
        self.asked = Some(Asked { id, commands, updates });
        sent.is_ok()
    }

    fn answered(&mut self, reply: Reply) {
        self.asked = None;
        self.tell(&reply);
        if reply.is_good() {
            self.recent = Some(Recent { reply, until: Instant::now() + REPEATED });
        }
    }

    fn tell(&mut self, reply: &Reply) {
        for waiter in self.waiting.drain(..) {
            let _left = waiter.send(reply.clone());
        }
    }
}

/// The app's answer; pending while nothing is asked.
async fn answered(asked: &mut Option<Asked>) -> Reply {
    let Some(asked) = asked else { return std::future::pending().await };
    loop {
        match asked.updates.recv().await.map(Reply::of) {
            Some(Some(reply)) => return reply,
            Some(None) => {}
            None => return Reply::error(&ending()),
        }
    }
}

/// When an answer has been repeated long enough; pending while there is none.
async fn over(recent: Option<&Recent>) {
    match recent {
        Some(recent) => sleep_until(recent.until).await,
        None => std::future::pending().await,
    }
}
