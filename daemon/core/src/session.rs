//! The core itself: what is held, what is under way, and `(now, event) -> effects`.
//!
//! [`Core::handle`] takes in one event, then looks at every request again (the `advance` module). It must never do
//! anything else: no clock is read, nothing is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use secrecy::SecretString;

use crate::chain::{Base, Chain};
use crate::denial;
use crate::desktop::Shown;
use crate::effect::Effect;
use crate::event::{
    CallId, Caller, Event, Patience, Purpose, QuestionId, Request, RequestId, SignIn, SourceProfile,
};
use crate::graph::{Lookup, Node, Slot};
use crate::memory::Memory;
use crate::offers::Offered;
use crate::policy;
use crate::prompt::Desk;
use crate::questions::Places;
use crate::reach::Target;
use crate::route::{Discoveries, Refused};
use crate::seat::Seats;
use crate::sign_ins::SignedIn;
use crate::time::{Boot, Now};

/// What the person may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long MFA sessions are asked for: 15 min to 36 h.
    pub mfa_duration: Duration,
    /// How long a caller without a terminal waits for a code.
    pub default_wait: Duration,
    /// Whether questions are asked on the desktop.
    pub desktop: bool,
    /// How long a terminal has a question to itself before the desktop shows it, too.
    pub notify_after: Duration,
    /// How long before its end the renewal of an MFA session in use is offered; zero: never.
    pub offer_before: Duration,
    /// How long an offer that was put off rests, if the session lives for so long.
    pub offer_pause: Duration,
    /// An offer is made if something was served within this time.
    pub offer_if_used: Duration,
    /// For how long "Not today" holds.
    pub offer_not_today: Duration,
    /// For how long a device is left alone after "Not now", except at a terminal and by `awsd login`.
    pub not_now: Duration,
    /// Whether locking the screen of any desktop forgets all sessions.
    pub lock_on_screen_lock: bool,
}

/// All sessions of one person, and everything that is decided about them.
#[derive(Debug)]
pub struct Core {
    pub(crate) settings: Settings,
    pub(crate) memory: Memory,
    /// AWS's clock minus this machine's, in seconds; small differences count as none.
    pub(crate) skew: i64,
    pub(crate) slots: BTreeMap<Node, Slot>,
    pub(crate) facts: BTreeMap<Target, Lookup>,
    pub(crate) requests: BTreeMap<RequestId, Pending>,
    pub(crate) calls: BTreeMap<CallId, Target>,
    pub(crate) desk: Desk,
    pub(crate) discoveries: Discoveries,
    /// Who waits for a code, as of the last event.
    pub(crate) places: Places,
    pub(crate) seats: Seats,
    /// What the desktop shows.
    pub(crate) on_desktop: BTreeMap<QuestionId, Shown>,
    /// The questions that programs run for.
    pub(crate) programs: BTreeSet<QuestionId>,
    /// Offers to renew MFA sessions.
    pub(crate) offers: BTreeMap<Node, Offered>,
    /// Temporary keys of others that are in use.
    pub(crate) sign_ins: BTreeMap<SourceProfile, SignedIn>,
    last_call: u64,
    random: fastrand::Rng,
}

/// A request that has not been answered yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub chain: Chain,
    pub purpose: Purpose,
    pub patience: Patience,
    pub chooses: bool,
    pub caller: Caller,
    pub since: Boot,
    pub min_ttl: Option<Duration>,
    /// `--code`, until it is used.
    pub code: Option<SecretString>,
    pub sign_in: Option<SignIn>,
    /// The sources whose programs it comes from, by their marks.
    pub inside: Vec<String>,
    pub refused: Refused,
    /// Only an MFA session made since then will do: the role refused an older one.
    pub fresh_after: Option<Boot>,
    /// Why another code is asked for, to be said with the question.
    pub code_reason: Option<&'static str>,
    /// What it stood on and turned out to be dead.
    pub lost: Lost,
    /// The renewal of a session that is still good has failed.
    pub renewal_failed: bool,
    /// Since when it waits for such a renewal.
    pub renewal_since: Option<Boot>,
    /// The list of devices that it stands before, as of the last event.
    pub choosing: Option<QuestionId>,
    /// What its terminal shows.
    pub shown: Option<(QuestionId, u32)>,
    /// The question of which its terminal says that the desktop asks it as well.
    pub promised: Option<QuestionId>,
    /// When the next code of a program comes that it was told of.
    pub told_of_next_code: Option<Boot>,
}

/// What is made anew once if AWS does not know it (any more); a second time is an error.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lost {
    /// A session.
    pub session: bool,
    /// A key that a source gave.
    pub key: bool,
}

impl Pending {
    fn new(request: Request, since: Boot) -> Self {
        Self {
            chain: request.chain,
            purpose: request.purpose,
            patience: request.patience,
            chooses: request.chooses,
            caller: request.caller,
            since,
            min_ttl: request.min_ttl,
            code: request.code,
            sign_in: request.sign_in,
            inside: request.inside,
            refused: Refused::default(),
            fresh_after: None,
            code_reason: None,
            lost: Lost::default(),
            renewal_failed: false,
            renewal_since: None,
            choosing: None,
            shown: None,
            promised: None,
            told_of_next_code: None,
        }
    }

    /// The least life that is of use to it.
    pub(crate) fn least(&self) -> Duration {
        // An hour that was granted just now counts as one.
        self.min_ttl.unwrap_or_default().saturating_sub(policy::GRANT_NOISE)
    }

    /// Whether it takes what is left instead of waiting for a fresher session.
    pub(crate) fn gave_up_renewal(&self, now: Now) -> bool {
        self.renewal_failed
            || self.renewal_since.is_some_and(|since| now.boot.since(since) >= policy::RENEWAL_PATIENCE)
    }

    /// Whether the question can be shown to the person who waits.
    pub(crate) fn has_terminal(&self) -> bool {
        matches!(self.patience, Patience::Terminal(_))
    }

    /// Until when it waits for a person.
    pub(crate) fn deadline(&self, default_wait: Duration) -> Option<Boot> {
        match self.patience {
            Patience::Terminal(limit) => limit.map(|limit| self.since + limit),
            Patience::Silent(limit) => Some(self.since + limit.unwrap_or(default_wait)),
            Patience::Never => Some(self.since),
        }
    }

    /// Whether it starts from one of these.
    fn starts_from(&self, origin: impl Fn(&str) -> bool) -> bool {
        match &self.chain.base {
            Base::Keys(keys) => origin(&keys.access_key_id),
            Base::Source { source, .. } => origin(&source.mark()),
        }
    }
}

impl Core {
    /// A core that holds nothing. `seed` spreads renewals; two daemons should not share it.
    pub fn new(settings: Settings, memory: Memory, seed: u64) -> Self {
        Self {
            settings,
            memory,
            skew: 0,
            slots: BTreeMap::new(),
            facts: BTreeMap::new(),
            requests: BTreeMap::new(),
            calls: BTreeMap::new(),
            desk: Desk::default(),
            discoveries: Discoveries::default(),
            places: Places::new(),
            seats: Seats::new(),
            on_desktop: BTreeMap::new(),
            programs: BTreeSet::new(),
            offers: BTreeMap::new(),
            sign_ins: BTreeMap::new(),
            last_call: 0,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Takes in an event and says what is to be done.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        let mut out = Vec::new();
        self.expire(now);
        match event {
            Event::Requested(id, request) => {
                self.note_source(now, &request);
                self.note_seen(now, &request.caller.display);
                self.requests.insert(id, Pending::new(*request, now.boot));
            }
            Event::Typed { at, question, code } => self.typed(now, at, question, &code, &mut out),
            Event::Chosen { by, question, device } => self.chosen(by, question, &device, &mut out),
            Event::Answer { by, profile, code } => self.answer(now, by, profile.as_deref(), &code, &mut out),
            Event::Dismissed(question) => self.dismissed(now, question, &mut out),
            Event::PutAside(question) => self.put_aside(now, question),
            Event::Shown(question, is_seen) => self.seen_on_desktop(question, is_seen),
            Event::Unreachable(question) => self.unreachable(now, question),
            Event::Program(question, news) => self.program(now, question, news, &mut out),
            Event::Offered(offer, answer) => {
                self.offered(now, offer, answer);
                self.sign_in_answered(now, offer, answer, &mut out);
            }
            Event::SignedIn(run, result) => self.signed_in(run, result, &mut out),
            Event::Looked(source, found) => self.looked(now, &source, found),
            Event::Presence(at, presence) => self.presence(now, at, presence, &mut out),
            Event::Gone(id) => self.gone(id),
            Event::Finished { call, outcome } => self.finished(now, call, outcome, &mut out),
            Event::Logout { by, origins } => self.logout(by, origins, &mut out),
            Event::Woken => {}
        }
        self.advance(now, &mut out);
        out
    }

    /// Other settings apply from the next call and the next question on.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// AWS's clock minus this machine's, in seconds; zero while they agree well enough.
    pub fn skew(&self) -> i64 {
        self.skew
    }

    fn gone(&mut self, id: RequestId) {
        self.requests.remove(&id);
        self.desk.forget_answerer(id);
    }

    /// Drops what is over, so that it is neither served nor kept in memory.
    pub(crate) fn expire(&mut self, now: Now) {
        let skew = self.skew;
        for slot in self.slots.values_mut() {
            if slot.lease.as_ref().is_some_and(|lease| lease.remaining(now, skew).is_zero()) {
                slot.lease = None;
                slot.renewing = false;
            }
        }
    }

    fn logout(&mut self, by: RequestId, origins: Option<Vec<String>>, out: &mut Vec<Effect>) {
        let origins = origins.map(|origins| self.with_keys_of(origins));
        self.forget(|key| origins.as_ref().is_none_or(|origins| origins.iter().any(|gone| gone == key)), out);
        out.push(Effect::Done(by, Vec::new()));
    }

    /// The sessions of these keys and sources are gone, and everything that was under way for them.
    pub(crate) fn forget(&mut self, goes: impl Fn(&str) -> bool, out: &mut Vec<Effect>) {
        // A result that comes after this finds no call and is dropped: nothing brings a session back.
        let gone = self.calls.extract_if(.., |_, target| goes(&target.user().access_key_id));
        let fetches = gone.filter(|(_, target)| matches!(target, Target::Session(Node::Source(..))));
        out.extend(fetches.map(|(call, _)| Effect::Abandon(call)));
        self.facts.retain(|target, _| !goes(&target.user().access_key_id));
        for (node, _) in self.slots.extract_if(.., |node, _| goes(&node.user().access_key_id)) {
            if let Node::Role(_, role) = node {
                self.discoveries.short_roles.remove(&role.arn);
            }
        }
        self.discoveries.without_device.retain(|user| !goes(&user.access_key_id));
        self.forget_sign_ins(&goes, out);
        for id in self.desk.abandon(|node| goes(&node.user().access_key_id)) {
            out.push(Effect::Denied(id, denial::logged_out()));
        }
        self.discoveries.temporary.retain(|user, _| !goes(&user.access_key_id));
        for (id, _) in self.requests.extract_if(.., |_, pending| pending.starts_from(&goes)) {
            out.push(Effect::Denied(id, denial::logged_out()));
        }
    }

    pub(crate) fn next_call(&mut self, target: Target) -> CallId {
        self.last_call += 1;
        let call = CallId(self.last_call);
        self.calls.insert(call, target);
        call
    }

    /// A number in 0..1 to spread things in time.
    pub(crate) fn spread(&mut self) -> f64 {
        self.random.f64()
    }
}

impl Target {
    pub(crate) fn user(&self) -> &crate::graph::User {
        match self {
            Self::Session(node) => node.user(),
            Self::Fact(_, user) => user,
        }
    }
}
