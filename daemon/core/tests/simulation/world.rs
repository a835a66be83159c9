//! One schedule: callers, people, clocks and a network, all moved by one seed, around a real core.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use awsd_core::chain::Chain;
use awsd_core::effect::{Choice, Effect, Operation, Question};
use awsd_core::event::{CallId, Display, Event, Failure, Granted, Patience, Purpose, QuestionId, RequestId};
use awsd_core::memory::Memory;
use awsd_core::session::{Core, Settings};
use awsd_core::time::{Boot, Now, Wall};
use secrecy::SecretString;

use crate::aws::{self, Aws};
use crate::desktop::{Desktop, NOTIFY_AFTER};
use crate::offers::LastUse;
use crate::pauses::{Outage, Pauses};
use crate::profiles;
use crate::random::Random;
use crate::reasons::Failing;

/// What kind of bad day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clocks {
    /// All clocks agree.
    Right,
    /// The machine's wall clock is off and jumps.
    Jumping,
    /// The machine is stopped now and then, and no clock but AWS's goes on; the wall clock is set right afterwards.
    Stopping,
}

/// A request that has not been answered.
pub(crate) struct Open {
    pub chain: Chain,
    pub purpose: Purpose,
    pub patience: Patience,
    /// Its client can show a list of devices.
    pub chooses: bool,
    pub min_ttl: Option<Duration>,
    pub asked: Boot,
    /// The line of the history.
    pub line: usize,
    /// It names a desktop.
    pub display: Display,
    /// A code came with it.
    pub coded: bool,
    pub shown: Option<Question>,
    /// The list of devices on its terminal.
    pub choosing: Option<Choice>,
    /// How often its user's sessions had been logged out.
    pub logouts: u64,
}

/// A call that is under way.
pub(crate) struct Flight {
    pub operation: Operation,
    /// What AWS did, once it has acted.
    pub acted: Option<Result<Granted, Failure>>,
    pub sent: Now,
    pub logouts: u64,
    /// Its code has been out before, with a call that failed.
    pub resent: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
pub(crate) struct World {
    pub seed: u64,
    pub random: Random,
    pub core: Core,
    pub settings: Settings,
    pub aws: Aws,
    pub clocks: Clocks,
    pub boot: Duration,
    /// The wall clock minus AWS's, in seconds.
    pub error: i64,
    pub open: BTreeMap<RequestId, Open>,
    pub answers: BTreeSet<RequestId>,
    pub history: Vec<String>,
    /// Sessions by the key that they come from, newest last.
    pub leases: BTreeMap<String, Held>,
    pub logouts: BTreeMap<String, u64>,
    pub flights: BTreeMap<CallId, Flight>,
    /// Codes that AWS may have looked at, by device.
    pub seen_codes: BTreeMap<String, BTreeMap<String, Boot>>,
    pub pauses: Pauses,
    pub desktop: Desktop,
    /// When something was last served from a session of a device.
    pub served: BTreeMap<String, LastUse>,
    /// AWS is out of reach.
    pub outage: Option<Outage>,
    /// When a call last failed.
    pub trouble: Option<Boot>,
    /// The failed call that the core has just been told of.
    pub failing: Option<Failing>,
    /// How often in a row calls were refused for their time.
    pub skewed: BTreeMap<String, u32>,
    /// Sessions that AWS does not take any more, as the core has been told.
    pub dead: BTreeSet<String>,
    /// The users of whom AWS could not check a code.
    pub doubted: BTreeSet<String>,
    /// The line of the history of the last request from each key.
    pub asked_last: BTreeMap<String, usize>,
    /// First roles that were refused without MFA, by key and ARN, and the line of the history.
    pub refused_plain: BTreeMap<(String, String), usize>,
    /// How much earlier than necessary sessions were renewed in the background, in parts of what is allowed.
    pub jitter: RefCell<Vec<u64>>,
    /// Requests are long on their way to AWS.
    pub delayed: bool,
    /// What somebody last asked for.
    pub last_chain: Option<Chain>,
    /// When somebody last asked for something.
    pub last_ask: Boot,
    /// Users whose devices have been looked up, and how often they had been logged out by then.
    pub looked_up: BTreeMap<String, u64>,
    /// The code that was last given for each device.
    pub given: BTreeMap<String, SecretString>,
    /// The device and the code of the last `awsd mfa`.
    pub answered: Option<(String, SecretString)>,
    /// What may be called once more because its last signature was refused.
    pub resigned: Option<String>,
    pub saml: u64,
    /// Its tool writes when the keys end.
    pub saml_line: bool,
    /// There is a command that runs the tool.
    pub saml_command: bool,
    pub cast: Vec<&'static str>,
    /// AWS mostly answers at once.
    pub quick: bool,
    /// A good day: see `calm`.
    pub calm: bool,
    /// What the core wanted to be remembered.
    pub memory: Memory,
    /// The device that was last chosen, by the user's key.
    pub chosen: BTreeMap<String, String>,
    /// When somebody last said "Not now".
    pub dismissed: Option<Boot>,
    /// Devices that are to be left alone, and until when.
    pub put_off: BTreeMap<String, Boot>,
    /// Questions that nobody waits for, and since when.
    pub alone: BTreeMap<QuestionId, Boot>,
    /// Somebody was just told that a code is needed.
    pub question_expected: bool,
    /// Nothing but time is passing.
    pub only_time: bool,
    pub last_request: u64,
    /// How many events the core has been given.
    pub events: u64,
    /// Somebody who wanted a new MFA session before the old one's end has left; the question may still be open.
    pub abandoned: bool,
}

fn settings(random: &mut Random) -> Settings {
    Settings {
        mfa_duration: mfa_duration(random),
        default_wait: Duration::from_secs(50),
        desktop: random.percent(60),
        notify_after: NOTIFY_AFTER,
        offer_before: Duration::from_mins(*random.pick(&[0, 15, 15, 15, 45])),
        offer_pause: Duration::from_mins(*random.pick(&[5, 15])),
        offer_if_used: Duration::from_mins(*random.pick(&[60, 60, 20])),
        offer_not_today: Duration::from_hours(*random.pick(&[12, 2])),
        not_now: Duration::from_mins(*random.pick(&[15, 15, 3])),
        lock_on_screen_lock: random.percent(30),
    }
}

/// How long MFA sessions are asked for.
pub(crate) fn mfa_duration(random: &mut Random) -> Duration {
    Duration::from_secs(*random.pick(&[900, 3600, 43_200, 43_200, 129_600]))
}

/// What the simulation knows of keys that the core was given.
pub(crate) struct Held {
    pub what: String,
    /// The device whose session it is or was taken from.
    pub device: Option<String>,
    pub given: Boot,
    /// The line of the history.
    pub line: usize,
    pub expires: Wall,
    pub life: Duration,
    pub used: bool,
    pub used_before: bool,
    pub logouts: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let clocks = *random.pick(&[Clocks::Right, Clocks::Right, Clocks::Jumping, Clocks::Stopping]);
        let settings = settings(&mut random);
        let cast = profiles::cast(&mut random);
        let calm = clocks == Clocks::Right && random.percent(60);
        let quick = random.percent(60);
        let delayed = clocks != Clocks::Right && random.percent(10);
        let mut aws = Aws::new();
        aws.saml_end = aws.now + Duration::from_hours(1 + random.below(20));
        aws.may_list = calm || random.percent(80);
        aws.region_disabled = !calm && random.percent(20);
        aws.shortened = *random.pick(&[1, 1, 1, 20]);
        Self {
            seed,
            core: Core::new(settings, Memory::default(), seed),
            settings,
            aws,
            clocks,
            boot: Duration::from_secs(random.below(100_000)),
            error: if clocks == Clocks::Jumping { random.signed(2000) } else { 0 },
            random,
            open: BTreeMap::new(),
            answers: BTreeSet::new(),
            history: Vec::new(),
            asked_last: BTreeMap::new(),
            leases: BTreeMap::new(),
            logouts: BTreeMap::new(),
            flights: BTreeMap::new(),
            seen_codes: BTreeMap::new(),
            pauses: Pauses::default(),
            desktop: Desktop::default(),
            served: BTreeMap::new(),
            outage: None,
            trouble: None,
            failing: None,
            skewed: BTreeMap::new(),
            dead: BTreeSet::new(),
            doubted: BTreeSet::new(),
            refused_plain: BTreeMap::new(),
            jitter: RefCell::default(),
            delayed,
            last_chain: None,
            last_ask: Boot::default(),
            looked_up: BTreeMap::new(),
            given: BTreeMap::new(),
            answered: None,
            resigned: None,
            saml: 1,
            saml_line: true,
            saml_command: seed.is_multiple_of(3),
            cast,
            quick,
            calm,
            memory: Memory::default(),
            chosen: BTreeMap::new(),
            dismissed: None,
            put_off: BTreeMap::new(),
            alone: BTreeMap::new(),
            question_expected: false,
            only_time: false,
            last_request: 0,
            events: 0,
            abandoned: false,
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { boot: Boot(self.boot), wall: aws::moved(self.aws.now, self.error) }
    }

    pub(crate) fn fail(&self, what: &str) -> ! {
        let from = self.history.len().saturating_sub(40);
        let tail = self.history[from..].join("\n  ");
        panic!("seed {}: {what}\nthe last events:\n  {tail}", self.seed);
    }

    pub(crate) fn log(&mut self, line: &str) {
        if self.history.len() > 20_000 {
            self.fail("one thing leads to another without an end");
        }
        self.history.push(format!("{:>9.1} {line}", self.boot.as_secs_f64()));
    }

    /// Gives the core an event and checks all that it does.
    pub(crate) fn give(&mut self, event: Event) {
        self.events += 1;
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.core.handle(self.now(), event) {
                self.effect(effect);
            }
            events.extend(self.look());
        }
        self.check_state();
        self.follow_questions();
        self.follow_choices();
        self.check_view();
        self.follow_programs();
        self.check_programs();
        self.check_desktop();
        self.check_asked();
        self.check_offer_moments();
        self.check_sign_ins();
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Call(call, operation) => self.call(call, *operation),
            Effect::Fetch(..) | Effect::Abandon(_) => self.fail("not yet"),
            Effect::Served(id, served) => self.served(id, &served),
            Effect::Denied(id, denial) => self.denied(id, &denial),
            Effect::Done(id, _) => self.done(id),
            Effect::Show(id, question) => self.shown(id, &question),
            Effect::Choose(id, choice) => self.list_shown(id, &choice),
            Effect::Withdraw(id, question) => self.withdrawn(id, question),
            Effect::Progress(id, _) if !self.open.contains_key(&id) => {
                self.fail("progress is told to nobody")
            }
            Effect::Progress(id, text) => self.told_of_program(id, &text),
            Effect::Ask(_)
            | Effect::Offer(_)
            | Effect::OfferSignIn(_)
            | Effect::Unask(_)
            | Effect::LookAway(_)
            | Effect::Run(..)
            | Effect::Stop(_)
            | Effect::SignIn(..)
            | Effect::Look(_) => self.at_desktop(effect),
            Effect::Remember(memory) => {
                self.check_memory(&memory);
                self.check_remembered(&memory);
                self.memory = memory;
            }
        }
    }
}
