//! Sources, AWS, callers and time, moved by one seed, around a real core.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use awsd_core::chain::{Base, Chain, Policies, Role, RoleName, Service};
use awsd_core::effect::{Effect, Fetch, Operation};
use awsd_core::event::{CallId, Caller, Event, Patience, Purpose, Request, RequestId};
use awsd_core::memory::Memory;
use awsd_core::session::{Core, Settings};
use awsd_core::source::{InstanceMetadata, Process, Source, Sso};
use awsd_core::time::{Boot, Now, Wall};
use secrecy::SecretString;

use crate::random::Random;

const HOUR: Duration = Duration::from_hours(1);

/// How a source behaves for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Good,
    SignIn,
    Broken,
    Away,
}

impl Mode {
    pub(crate) const ALL: [Self; 4] = [Self::Good, Self::SignIn, Self::Broken, Self::Away];
}

/// A source as it really is.
pub(crate) struct Real {
    pub source: Arc<Source>,
    pub mode: Mode,
    /// How long what it gives lives; none for a long-lived key.
    pub life: Option<Duration>,
    /// It gives the same keys until they are over.
    pub repeats: bool,
    /// It says when they end.
    pub tells: bool,
    /// What it gave last.
    pub last: Option<(String, Wall)>,
    pub logouts: u64,
    /// When somebody last wanted something of it.
    pub asked: Boot,
    /// When it last gave something.
    pub gave: Option<Boot>,
    /// It has to be asked anew: what it gave is not taken any more.
    pub distrusted: bool,
}

/// Keys that somebody gave.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub source: usize,
    /// `source`, `user` or `role`
    pub kind: &'static str,
    pub expires: Option<Wall>,
    pub life: Duration,
    pub logouts: u64,
}

pub(crate) struct Open {
    pub source: usize,
    pub role: bool,
    pub purpose: Purpose,
    pub min_ttl: Option<Duration>,
    pub logouts: u64,
    /// How many keys had been revoked by then.
    pub revoked: usize,
}

pub(crate) enum Flight {
    Fetch(usize),
    Call(usize, Operation),
}

pub(crate) struct World {
    pub seed: u64,
    pub random: Random,
    pub core: Core,
    pub boot: Duration,
    pub wall: Wall,
    pub sources: Vec<Real>,
    pub issued: BTreeMap<String, Issued>,
    pub revoked: BTreeSet<String>,
    pub flights: BTreeMap<CallId, Flight>,
    pub open: BTreeMap<RequestId, Open>,
    pub history: Vec<String>,
    pub seen: BTreeSet<String>,
    pub last_request: u64,
    pub last_key: u64,
}

fn process(command: &str) -> Source {
    Source::Process(Process { command: command.to_owned(), environment: Vec::new() })
}

fn sso(role: &str) -> Source {
    Source::Sso(Sso {
        session: Some("corp".to_owned()),
        start_url: "u".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "111122223333".to_owned(),
        role_name: role.to_owned(),
        home: None,
        endpoint: None,
        oidc_endpoint: None,
    })
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let settings = Settings {
            mfa_duration: Duration::from_hours(12),
            default_wait: Duration::from_secs(50),
            desktop: false,
            notify_after: Duration::from_secs(5),
            offer_before: Duration::ZERO,
            offer_pause: Duration::ZERO,
            offer_if_used: Duration::ZERO,
            offer_not_today: Duration::ZERO,
            not_now: Duration::ZERO,
            lock_on_screen_lock: false,
        };
        let lives = [Duration::from_secs(90), Duration::from_mins(10), HOUR, HOUR, Duration::from_hours(8)];
        let mut real = |source, life: Option<Duration>| Real {
            source: Arc::new(source),
            mode: Mode::Good,
            life: life.map(|_| *random.pick(&lives)),
            repeats: random.percent(40),
            tells: random.percent(85),
            last: None,
            logouts: 0,
            asked: Boot::default(),
            gave: None,
            distrusted: false,
        };
        let sources = vec![
            real(process("vault --secret hunter2"), None),
            real(process("sign-in"), Some(HOUR)),
            real(sso("a"), Some(HOUR)),
            real(sso("b"), Some(HOUR)),
            real(Source::InstanceMetadata(InstanceMetadata::default()), Some(HOUR)),
        ];
        Self {
            core: Core::new(settings, Memory::default(), seed),
            boot: Duration::from_secs(1000),
            wall: Wall::from_secs(1_800_000_000),
            sources,
            seed,
            random,
            issued: BTreeMap::new(),
            revoked: BTreeSet::new(),
            flights: BTreeMap::new(),
            open: BTreeMap::new(),
            history: Vec::new(),
            seen: BTreeSet::new(),
            last_request: 0,
            last_key: 0,
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { boot: Boot(self.boot), wall: self.wall }
    }

    pub(crate) fn fail(&self, what: &str) -> ! {
        let from = self.history.len().saturating_sub(40);
        panic!("seed {}: {what}\nthe last events:\n  {}", self.seed, self.history[from..].join("\n  "));
    }

    pub(crate) fn log(&mut self, line: &str) {
        if self.history.len() > 20_000 {
            self.fail("one thing leads to another without an end");
        }
        self.history.push(format!("{:>9.1} {line}", self.boot.as_secs_f64()));
    }

    pub(crate) fn give(&mut self, event: Event) {
        for effect in self.core.handle(self.now(), event) {
            self.effect(effect);
        }
        self.check_state();
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Fetch(call, fetch) => self.fetch(call, &fetch),
            Effect::Abandon(call) => match self.flights.remove(&call) {
                Some(Flight::Fetch(_)) => self.log(&format!("abandon {call:?}")),
                _ => self.fail("something is abandoned that is not under way"),
            },
            Effect::Call(call, operation) => self.call(call, *operation),
            Effect::Served(id, served) => self.served(id, &served),
            Effect::Denied(id, denial) => self.denied(id, &denial),
            Effect::Done(id, _) => {
                // Of logins, codes and logouts.
                self.open.remove(&id);
            }
            _ => {}
        }
    }

    fn fetch(&mut self, call: CallId, fetch: &Fetch) {
        let source = self.sources.iter().position(|real| real.source == fetch.source);
        let Some(source) = source else { self.fail("a source that nobody has named is asked") };
        self.log(&format!("fetch {call:?} {source}"));
        self.check_fetch(source, fetch);
        self.flights.insert(call, Flight::Fetch(source));
    }

    fn call(&mut self, call: CallId, operation: Operation) {
        let key = operation.signer.access_key_id.clone();
        let Some(issued) = self.issued.get(&key).cloned() else { self.fail("signed with unknown keys") };
        self.log(&format!(
            "call {call:?} {:?} of {}",
            std::mem::discriminant(&operation.action),
            issued.source
        ));
        self.check_call(&issued, &operation);
        self.flights.insert(call, Flight::Call(issued.source, operation));
    }

    /// Somebody asks for something.
    pub(crate) fn ask(&mut self) {
        let source = self.random.index(self.sources.len());
        let role = self.random.percent(60);
        let purpose =
            *self.random.pick(&[Purpose::Repeated, Purpose::Repeated, Purpose::Snapshot, Purpose::Login]);
        let picky = purpose != Purpose::Login && self.random.percent(10);
        let min_ttl = picky.then(|| *self.random.pick(&[Duration::from_mins(5), Duration::from_mins(30)]));
        self.last_request += 1;
        let id = RequestId(self.last_request);
        let inside = self.random.percent(3);
        let inside = if inside { vec![self.sources[source].source.mark()] } else { Vec::new() };
        self.log(&format!("ask {id:?} {source} {role} {purpose:?} {min_ttl:?} {}", inside.len()));
        let chain = self.chain(source, role);
        self.sources[source].asked = Boot(self.boot);
        let logouts = self.sources[source].logouts;
        self.open.insert(id, Open { source, role, purpose, min_ttl, logouts, revoked: self.revoked.len() });
        self.give(Event::Requested(
            id,
            Box::new(Request {
                chain,
                purpose,
                patience: Patience::Terminal(None),
                chooses: false,
                caller: Caller::default(),
                min_ttl,
                code: None,
                inside,
                sign_in: None,
            }),
        ));
    }

    fn chain(&mut self, source: usize, role: bool) -> Chain {
        let duration = self.random.percent(15).then_some(Duration::from_hours(2));
        let role = role.then(|| Role {
            profile: "role".to_owned(),
            arn: if self.random.percent(30) {
                RoleName::Bare("bare".to_owned())
            } else {
                RoleName::Arn("arn:aws:iam::444455556666:role/r".to_owned())
            },
            external_id: None,
            session_name: "me".to_owned(),
            duration,
            source_identity: None,
            tags: Vec::new(),
            transitive_tags: Vec::new(),
            policies: Policies::default(),
        });
        Chain {
            profile: format!("p{source}"),
            base: Base::Source {
                source: Arc::clone(&self.sources[source].source),
                profile: format!("base{source}"),
            },
            device: (source == 0).then(|| "arn:aws:iam::111122223333:mfa/alice".to_owned()),
            mfa_process: None,
            roles: role.into_iter().collect(),
            region: None,
            service: Arc::new(Service { region: "eu-west-1".to_owned(), ..Service::default() }),
        }
    }

    /// The person gives every code that is asked for; AWS takes them all.
    pub(crate) fn give_codes(&mut self) {
        for question in self.core.questions(self.now()) {
            self.last_request += 1;
            let by = RequestId(self.last_request);
            let code = SecretString::from(format!("{:06}", self.last_request % 1_000_000));
            self.log("code");
            self.give(Event::Answer { by, profile: Some(question.device), code });
        }
    }

    pub(crate) fn pass(&mut self, by: Duration) {
        // Nothing is under way for longer than that.
        while by > Duration::from_secs(20) && !self.is_idle() {
            self.answer();
        }
        let until = self.boot + by;
        // Time stops at every moment at which the core wants to look again.
        for _ in 0..500 {
            let wake = self.core.next_wake(self.now()).filter(|wake| wake.0 <= until);
            let Some(wake) = wake else { break };
            self.move_to(wake.0);
            self.give(Event::Woken);
            while until.saturating_sub(self.boot) > Duration::from_secs(20) && !self.is_idle() {
                self.answer();
            }
        }
        self.move_to(until.max(self.boot));
        self.give(Event::Woken);
    }

    pub(crate) fn pass_to_wake(&mut self) {
        if let Some(wake) = self.core.next_wake(self.now()) {
            self.pass(wake.0.saturating_sub(self.boot));
        }
    }

    pub(crate) fn move_to(&mut self, boot: Duration) {
        self.wall = self.wall + boot.saturating_sub(self.boot);
        self.boot = boot;
    }

    pub(crate) fn leave(&mut self) {
        if let Some(&id) = self.open.keys().next() {
            self.open.remove(&id);
            self.log(&format!("gone {id:?}"));
            self.give(Event::Gone(id));
        }
    }

    pub(crate) fn logout(&mut self) {
        let one = self.random.percent(60).then(|| self.random.index(self.sources.len()));
        for (index, real) in self.sources.iter_mut().enumerate() {
            if one.is_none_or(|one| one == index) {
                real.logouts += 1;
                real.gave = None;
            }
        }
        self.log(&format!("logout {one:?}"));
        self.last_request += 1;
        let by = RequestId(self.last_request);
        let origins = one.map(|one| vec![self.sources[one].source.mark()]);
        self.give(Event::Logout { by, origins });
        self.check_logout(one);
    }

    /// AWS takes the keys of a source, or what was taken with them, not any more.
    pub(crate) fn revoke(&mut self) {
        let keys: Vec<String> = self.issued.keys().cloned().collect();
        if !keys.is_empty() {
            let key = self.random.pick(&keys).clone();
            self.sources[self.issued[&key].source].distrusted = true;
            self.log(&format!("revoked {key}"));
            self.revoked.insert(key);
        }
    }

    pub(crate) fn change(&mut self) {
        let (source, mode) = (self.random.index(self.sources.len()), *self.random.pick(&Mode::ALL));
        self.log(&format!("{source} is {mode:?}"));
        self.sources[source].mode = mode;
    }

    pub(crate) fn make_good(&mut self) {
        for real in &mut self.sources {
            real.mode = Mode::Good;
        }
        self.log("all is good");
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }

    /// Nobody asks any more: after the last life nothing is to be done, and no temporary key is kept.
    pub(crate) fn rest(&mut self) {
        for _ in 0..2_000 {
            while !self.is_idle() {
                self.answer();
            }
            if let Some(wake) = self.core.next_wake(self.now()) {
                self.pass(wake.0.saturating_sub(self.boot));
                continue;
            }
            let held = format!("{:?}", self.core);
            if held.contains("access_key_id: \"ASIA") || held.contains("hunter2") {
                self.fail("keys are kept that nobody can use any more, or a secret is shown");
            }
            return;
        }
        self.fail("the core never comes to rest although nobody asks");
    }
}
