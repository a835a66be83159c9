//! The one task that owns the core: takes in what happens, carries out what the core decides.
//!
//! It never waits for anything but the next event: calls to AWS run as tasks of their own, and a client that does not read
//! its updates is left.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use awsd_core::effect::{Effect, Notice, Served};
use awsd_core::event::{CallId, Display, Event, Failure, Outcome, Presence, RequestId, Surface};
use awsd_core::session::Core;
use awsd_core::time::Boot;
use awsd_proto::{Error, ErrorCode, Event as Row, PromptCheck, Request, Secret, Via};
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::task::{self, AbortHandle, JoinError, JoinSet};
use tracing::{debug, error, info};

use crate::exchange::{Command, Update};
use crate::recent::Recent;
use crate::requests::{self, Action};
use crate::world::{ConsoleAccess, World};

/// The outcome, in the log, of a request whose client left or was left.
const GONE: &str = "Gone";

/// The core, the requests it has not answered yet, and the calls it waits for.
pub(crate) struct App<W> {
    core: Core,
    world: W,
    commands: mpsc::Receiver<Command>,
    clients: HashMap<RequestId, Client>,
    calls: JoinSet<Outcome>,
    call_ids: HashMap<task::Id, CallId>,
    /// Calls that can be broken off.
    fetches: HashMap<CallId, AbortHandle>,
    /// What is done for requests without the core, and for whom.
    errands: JoinSet<(RequestId, Errand)>,
    errand_tasks: HashMap<RequestId, AbortHandle>,
    started: Boot,
    recent: Recent,
    stopping: bool,
}

/// What came of an errand.
enum Errand {
    /// Questions that were only tests, on this desktop.
    Tested(Display, Vec<PromptCheck>),
    /// A way into the web console, and what the person should know about the credentials.
    Console(Result<Secret, Failure>, Vec<Notice>),
}

/// A request that has not been answered yet.
struct Client {
    updates: mpsc::Sender<Update>,
    kind: &'static str,
    /// What a prompt asks every time would hide all else in the log.
    frequent: bool,
    profile: Option<String>,
    /// How the settings wanted commands to get credentials when it came.
    via: Via,
    /// What its credentials are for, where they are not handed out.
    console: Option<Box<ConsoleAccess>>,
}

impl<W: World> App<W> {
    /// An app that has heard nothing yet.
    pub(crate) fn new(core: Core, world: W, commands: mpsc::Receiver<Command>) -> Self {
        let started = world.now().boot;
        Self {
            core,
            world,
            commands,
            clients: HashMap::new(),
            calls: JoinSet::new(),
            call_ids: HashMap::new(),
            fetches: HashMap::new(),
            errands: JoinSet::new(),
            errand_tasks: HashMap::new(),
            started,
            recent: Recent::default(),
            stopping: false,
        }
    }

    /// Gives the world back. What the core held is gone, and every client that waits is told by the end of its channel.
    pub(crate) fn end(self) -> W {
        self.world
    }

    /// Works until a client asks the daemon to stop, or nobody is left who could ask for anything.
    pub(crate) async fn run(&mut self) {
        while !self.stopping {
            self.world.set_alarm(self.core.next_wake(self.world.now()));
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.command(command),
                    None => return,
                },
                Some(ended) = self.calls.join_next_with_id() => self.call_ended(ended),
                Some(ended) = self.errands.join_next() => self.errand_ended(ended),
                event = self.world.happens() => self.happened(event),
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Request { id, request, peer, updates } => self.request(id, request, peer, updates),
            Command::Typed { by, question, code } => {
                let code = SecretString::from(code.expose());
                self.happened(Event::Typed { at: Surface::Terminal(by), question, code });
            }
            Command::Chosen { by, question, device } => {
                self.happened(Event::Chosen { by, question, device });
            }
            Command::Gone(id) => {
                if let Some(client) = self.clients.remove(&id) {
                    client.log(GONE);
                }
                if let Some(errand) = self.errand_tasks.remove(&id) {
                    errand.abort();
                }
                self.happened(Event::Gone(id));
            }
        }
    }

    fn request(&mut self, id: RequestId, request: Request, peer: Option<u32>, updates: mpsc::Sender<Update>) {
        let client = Client {
            updates,
            kind: kind(&request),
            frequent: is_frequent(&request),
            profile: None,
            via: Via::default(),
            console: None,
        };
        self.clients.insert(id, client);
        let now = self.world.now();
        let (core, recent) = (&self.core, &self.recent);
        let view = requests::View { core, recent, now, started: self.started, peer };
        match requests::examine(&mut self.world, &view, id, request) {
            Action::Tell { profile, event, settings, console } => {
                if let Some(profile) = &profile {
                    self.recent.asked(profile);
                }
                if let Some(client) = self.clients.get_mut(&id) {
                    client.profile = profile;
                    client.console = console;
                    client.via = settings.as_ref().map(|settings| settings.via.value).unwrap_or_default();
                }
                if let Some(settings) = settings {
                    self.core.configure(settings.for_core());
                }
                if let Event::Requested(_, request) = &*event {
                    self.look_at(&request.caller.display);
                }
                self.happened(*event);
            }
            Action::Reply(updates) => updates.into_iter().for_each(|update| self.update(id, update)),
            Action::TryPrompts(display) => {
                self.look_at(&display);
                let checks = self.world.try_prompts(&display);
                self.run_errand(id, async move { Errand::Tested(display, checks.await) });
            }
            Action::Stop => {
                self.update(id, Update::Done(Vec::new()));
                self.stopping = true;
            }
        }
    }

    /// Somebody is at this display. Whether its screen is locked matters before anything is shown there.
    fn look_at(&mut self, display: &Display) {
        if self.world.seen(display) {
            self.happened(Event::Presence(display.desktop.clone(), Presence::Unheard));
        }
    }

    fn happened(&mut self, event: Event) {
        if !matches!(event, Event::Requested(..) | Event::Gone(_)) {
            self.world.forget_answers();
        }
        // What is found out at once is told once everything that was wanted before is done.
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.core.handle(self.world.now(), event) {
                events.extend(self.perform(effect));
            }
        }
    }

    /// Carries out an effect. Returns what it has brought to light, where that is known at once.
    fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Call(id, operation) => {
                let task = self.calls.spawn(self.world.call(*operation));
                self.call_ids.insert(task.id(), id);
            }
            Effect::Fetch(id, fetch) => {
                let task = self.calls.spawn(self.world.fetch(*fetch));
                self.call_ids.insert(task.id(), id);
                self.fetches.insert(id, task);
            }
            Effect::Abandon(id) => {
                if let Some(task) = self.fetches.remove(&id) {
                    task.abort();
                }
            }
            Effect::Served(id, served) => self.served(id, served),
            Effect::Denied(id, denial) => self.update(id, Update::Denied(denial)),
            Effect::Done(id, notices) => self.update(id, Update::Done(notices)),
            Effect::Show(id, question) => self.update(id, Update::Question(question)),
            Effect::Choose(id, choice) => self.update(id, Update::Choice(choice)),
            Effect::Withdraw(id, question) => self.update(id, Update::Answered(question)),
            Effect::Ask(question) => self.world.ask(question),
            Effect::Offer(offer) => self.world.offer(offer),
            Effect::OfferSignIn(offer) => self.world.offer_sign_in(offer),
            Effect::Unask(question) => self.world.unask(question),
            Effect::LookAway(desktop) => self.world.look_away(desktop),
            Effect::Run(question, program) => self.world.run(question, program),
            Effect::Stop(question) => self.world.stop(question),
            Effect::SignIn(run, command) => self.world.sign_in(run, *command),
            Effect::Look(source) => {
                let found = requests::planning::found(&mut self.world, &source);
                return Some(Event::Looked(source, found));
            }
            Effect::Progress(id, text) => self.update(id, Update::Progress(text)),
            Effect::Remember(memory) => self.world.remember(&memory),
        }
        None
    }

    fn served(&mut self, id: RequestId, served: Box<Served>) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(wanted) = client.console.take() else {
            let via = client.via;
            return self.update(id, Update::Served { served, via });
        };
        let url = self.world.console(*wanted, Arc::clone(&served.keys));
        self.run_errand(id, async move { Errand::Console(url.await, served.notices) });
    }

    fn run_errand(&mut self, id: RequestId, errand: impl Future<Output = Errand> + Send + 'static) {
        let task = self.errands.spawn(async move { (id, errand.await) });
        self.errand_tasks.insert(id, task);
    }

    /// An errand came to an end, or its client left.
    fn errand_ended(&mut self, ended: Result<(RequestId, Errand), JoinError>) {
        let (id, errand) = match ended {
            Ok(ended) => ended,
            Err(broken) => return self.errand_broke_off(broken.id()),
        };
        self.errand_tasks.remove(&id);
        match errand {
            Errand::Tested(display, checks) => {
                let lock = self.core.screen_lock(self.world.now(), &display).map(requests::screen::check);
                self.update(id, Update::Rows(checks.into_iter().chain(lock).map(Row::PromptCheck).collect()));
                self.update(id, Update::Done(Vec::new()));
            }
            Errand::Console(Ok(url), notices) => self.update(id, Update::Console { url, notices }),
            Errand::Console(Err(failure), _) => {
                self.update(id, Update::Failed(requests::console::failed(&failure)));
            }
        }
    }

    /// A fault of this program or of a library; whoever still waits is told.
    fn errand_broke_off(&mut self, task: task::Id) {
        let found = self.errand_tasks.iter().find(|(_, handle)| handle.id() == task);
        let Some(id) = found.map(|(&id, _)| id) else { return };
        self.errand_tasks.remove(&id);
        error!("an errand broke off");
        let sentence = "the daemon could not finish this".to_owned();
        let hint = Some("see: awsd daemon logs".to_owned());
        self.update(id, Update::Failed(Error { error: ErrorCode::Unavailable, sentence, hint }));
    }

    fn call_ended(&mut self, ended: Result<(task::Id, Outcome), JoinError>) {
        let (task, outcome) = match ended {
            Ok(ended) => ended,
            Err(broken_off) if broken_off.is_cancelled() => {
                self.call_ids.remove(&broken_off.id());
                return;
            }
            Err(failed) => {
                error!("a call to AWS broke off");
                // A fault of this program or of a library; whether the request was sent is not known.
                let failure = Failure::NoAnswer("the call to AWS broke off".to_owned());
                (failed.id(), Outcome { result: Err(failure), skew: None })
            }
        };
        if let Some(call) = self.call_ids.remove(&task) {
            self.fetches.remove(&call);
            self.happened(Event::Finished { call, outcome });
        }
    }

    /// Sends an update. A client whose channel is full does not read: it is left, and its connection ends.
    fn update(&mut self, id: RequestId, update: Update) {
        let Some(client) = self.clients.get(&id) else { return };
        let outcome = update.outcome();
        let sent = client.updates.try_send(update).is_ok();
        if outcome.is_some() || !sent {
            client.log(outcome.as_deref().filter(|_| sent).unwrap_or(GONE));
            self.clients.remove(&id);
        }
    }
}

impl Client {
    /// The profile is logged once it is known to be one of the user's, not before: till then it is a peer's text.
    fn log(&self, outcome: &str) {
        let (request, profile) = (self.kind, self.profile.as_deref());
        if self.frequent {
            debug!(request, profile, outcome, "request");
        } else {
            info!(request, profile, outcome, "request");
        }
    }
}

fn is_frequent(request: &Request) -> bool {
    matches!(request, Request::List { profile: Some(_), .. })
}

fn kind(request: &Request) -> &'static str {
    match request {
        Request::Credentials(_) => "credentials",
        Request::Login(_) => "login",
        Request::Logout { .. } => "logout",
        Request::Mfa { .. } => "mfa",
        Request::Questions => "questions",
        Request::List { .. } => "list",
        Request::Status => "status",
        Request::Config => "config",
        Request::Doctor { .. } => "doctor",
        Request::PromptTest { .. } => "prompt-test",
        Request::ShellFiles { .. } => "shell-files",
        Request::ChildFiles { .. } => "child-files",
        Request::Serve { .. } => "serve",
        Request::Forward(_) => "forward",
        Request::Console(_) => "console",
        Request::Stop => "stop",
    }
}

#[cfg(test)]
mod tests;
