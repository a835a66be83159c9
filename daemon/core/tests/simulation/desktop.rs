//! The desktop in front of the person, and the person coming and going.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsd_core::effect::{Effect, Offer, Question};
use awsd_core::event::{self, Event, LockedBy, Presence, QuestionId, Surface};
use awsd_core::time::Boot;

use crate::programs::Programs;
use crate::sign_ins::SignIns;
use crate::world::{Open, World};

/// The number of the design, once more.
pub(crate) const NOTIFY_AFTER: Duration = Duration::from_secs(5);

/// The longest that the desktop waits to learn whether the screen is locked.
const FIRST_WORD: Duration = Duration::from_millis(500);
/// One of several desktops; none is the daemon's own.
type Place = Option<event::Desktop>;

/// What is on the desktop, and who is there.
#[derive(Default)]
pub(crate) struct Desktop {
    pub questions: BTreeMap<QuestionId, Question>,
    pub offers: BTreeMap<QuestionId, Offer>,
    pub programs: Programs,
    pub sign_ins: SignIns,
    /// Questions of which a notification is on the screen.
    pub seen: BTreeSet<QuestionId>,
    /// When which desktop said that it can show this to nobody.
    pub unreachable: BTreeMap<(QuestionId, Place), Boot>,
    /// Where the person has put a question aside.
    pub aside: BTreeSet<(QuestionId, Place)>,
    /// Questions that went from one desktop to another in this moment, and from where.
    pub moved: Vec<(QuestionId, Place)>,
    /// Until when nothing is to be offered about a device.
    pub quiet: BTreeMap<String, Boot>,
    /// Until when something may not be offered, as the person did not want to be asked.
    pub perhaps_quiet: BTreeMap<String, Boot>,
    /// Where the person has just asked to be asked.
    pub renewing: Option<Place>,
    /// The questions that came of it, and where.
    pub wanted: BTreeMap<QuestionId, Place>,
    /// Since when the screen has been locked, and by whose word.
    pub locked: Option<(Boot, LockedBy)>,
    /// Until when it is not known whether it is.
    pub unheard_until: Boot,
    pub idle: bool,
}

impl World {
    /// The core wants something of the desktop, or of a program.
    pub(crate) fn at_desktop(&mut self, effect: Effect) {
        self.log(&format!("desktop {effect:?}").chars().take(150).collect::<String>());
        match effect {
            Effect::Ask(question) => {
                if self.desktop.locked.is_some() || !self.settings.desktop {
                    self.fail("a question is shown where nobody may see it");
                }
                let (id, place) = (question.id, question.display.desktop.clone());
                let shown = self.desktop.questions.get(&id);
                if self.unheard() && shown.is_none_or(|shown| shown.display.desktop != place) {
                    self.fail("a question is shown although the screen may be locked");
                }
                if let Some(renewing) = self.desktop.renewing.take() {
                    self.desktop.wanted.insert(id, renewing);
                }
                if question.wanted != self.desktop.wanted.contains_key(&id) {
                    self.fail("who wants to give a code is not who is said to");
                }
                if let Some(shown) = self.desktop.questions.insert(id, question.clone()) {
                    if question == (Question { age: question.age, waited: question.waited, ..shown.clone() })
                    {
                        self.fail("the desktop is told what it shows already");
                    }
                    if place != shown.display.desktop {
                        self.desktop.seen.remove(&id);
                        self.desktop.moved.push((id, shown.display.desktop));
                    }
                }
            }
            Effect::Offer(offer) => {
                self.check_offer(&offer);
                self.desktop.offers.insert(offer.id, offer);
            }
            Effect::Unask(id) => {
                let question = self.desktop.questions.remove(&id).is_some();
                self.desktop.seen.remove(&id);
                let offer = self.desktop.offers.remove(&id).is_some();
                if !question && !offer && !self.sign_in_unasked(id) {
                    self.fail("something is taken from the desktop that is not there");
                }
            }
            Effect::Run(id, program) => self.program_begins(id, &program),
            Effect::Stop(id) if self.sign_in_stopped(id) => {}
            Effect::Stop(id) => self.program_stopped(id),
            Effect::OfferSignIn(offer) => self.sign_in_offered(offer),
            Effect::SignIn(run, command) => self.sign_in_begins(run, &command),
            Effect::Look(source) => self.look_wanted(&source),
            _ => {}
        }
    }

    /// The person does something at the desktop, or the desktop fails.
    pub(crate) fn person_at_desktop(&mut self) {
        let questions: Vec<Question> = self.desktop.questions.values().cloned().collect();
        let offers: Vec<Offer> = self.desktop.offers.values().cloned().collect();
        self.new_moment();
        if self.unheard() {
            // Nobody is as quick as that.
            return;
        }
        if self.random.percent(50) {
            self.sign_in_ends();
        }
        let sign_in = self.desktop.sign_ins.shown().cloned();
        if let Some(offer) = sign_in.filter(|_| self.random.percent(60)) {
            self.answer_sign_in(&offer);
        } else if !offers.is_empty() && self.random.percent(60) {
            let offer = self.random.pick(&offers).clone();
            self.answer_offer(&offer);
        } else if !questions.is_empty() {
            let question = self.random.pick(&questions).clone();
            match self.random.below(12) {
                0 if !self.calm => {
                    self.log(&format!("unreachable {:?}", question.id));
                    let place = (question.id, question.display.desktop);
                    self.desktop.unreachable.insert(place, Boot(self.boot));
                    self.give(Event::Unreachable(question.id));
                }
                1 => self.dismiss_on_desktop(&question),
                2 => {
                    self.log(&format!("put aside {:?}", question.id));
                    self.desktop.aside.insert((question.id, question.display.desktop));
                    self.desktop.seen.remove(&question.id);
                    self.give(Event::PutAside(question.id));
                }
                3 | 4 => self.notify(question.id),
                _ => self.enter(&question),
            }
        }
    }

    /// A notification comes to the screen, or the server that has shown it is gone.
    fn notify(&mut self, id: QuestionId) {
        let is_seen = self.random.percent(80);
        self.log(&format!("a notification of {id:?}: {is_seen}"));
        if is_seen {
            self.desktop.seen.insert(id);
        } else {
            self.desktop.seen.remove(&id);
        }
        self.give(Event::Shown(id, is_seen));
    }

    /// A code is typed at the desktop: it is checked, or it is said why not, each time anew.
    fn enter(&mut self, question: &Question) {
        let code = self.some_code(&question.device);
        self.log(&format!("entered {:?}", question.id));
        self.give(Event::Typed { at: Surface::Desktop, question: question.id, code });
        let asked = self.core.questions(self.now());
        let asked = asked.iter().any(|asked| asked.id == question.id && !asked.verifying);
        let shown = self.desktop.questions.get(&question.id).filter(|_| asked);
        if shown.is_some_and(|shown| shown.attempts == question.attempts || shown.reason.is_none()) {
            self.fail("a code is typed at the desktop, and nothing comes of it");
        }
    }

    /// "Not now", said to a notification.
    pub(crate) fn dismiss_on_desktop(&mut self, question: &Question) {
        self.log(&format!("not now {:?}", question.id));
        self.dismissed = Some(Boot(self.boot));
        let open = self.core.questions(self.now());
        if open.iter().any(|open| open.id == question.id && !open.verifying) {
            self.rest_offers(&question.device);
        }
        self.give(Event::Dismissed(question.id));
    }

    /// The person comes, leaves, locks or unlocks the screen.
    pub(crate) fn come_or_go(&mut self) {
        let by = [LockedBy::LoginManager, LockedBy::ScreenSaver, LockedBy::Request];
        let presence = match self.random.below(5) {
            0 => Presence::Locked(*self.random.pick(&by)),
            1 => Presence::Unlocked,
            2 => Presence::Idle,
            3 => Presence::Active,
            _ => Presence::Unheard,
        };
        self.tell_presence(presence);
    }

    /// Whether nobody has said yet if the screen is locked.
    pub(crate) fn unheard(&self) -> bool {
        self.desktop.unheard_until > Boot(self.boot)
    }

    pub(crate) fn tell_presence(&mut self, presence: Presence) {
        // What only time changes has changed before.
        self.new_moment();
        self.give(Event::Woken);
        let before = self.desktop.locked.is_some();
        self.note_presence(presence);
        self.log(&format!("{presence:?}"));
        let wiped = !before && self.desktop.locked.is_some() && self.settings.lock_on_screen_lock;
        if wiped {
            for key in self.aws.users.keys() {
                *self.logouts.entry(key.clone()).or_default() += 1;
            }
            self.forget_pauses(None);
            self.forget_sign_in(None);
        }
        let shown = self.desktop.questions.len() + self.desktop.offers.len();
        self.give(Event::Presence(presence));
        if presence == Presence::Unheard && self.desktop.questions.len() + self.desktop.offers.len() < shown {
            self.fail("what could be seen is taken away because another desktop is looked at");
        }
        if wiped && (!self.core.sessions(self.now()).is_empty() || !self.open.is_empty()) {
            self.fail("the screen was locked, and sessions or requests are left");
        }
    }

    fn note_presence(&mut self, presence: Presence) {
        let desktop = &mut self.desktop;
        let now = Boot(self.boot);
        match presence {
            Presence::Unheard => desktop.unheard_until = now + FIRST_WORD,
            Presence::Locked(by) => {
                desktop.locked = Some((desktop.locked.map_or(now, |(since, _)| since), by));
                desktop.unheard_until = Boot::default();
            }
            Presence::Unlocked => {
                desktop.locked = None;
                desktop.unheard_until = Boot::default();
            }
            Presence::Idle => desktop.idle = true,
            Presence::Active => desktop.idle = false,
        }
    }

    /// What the desktop shows is what is asked, and what is to be there is there.
    pub(crate) fn check_desktop(&mut self) {
        let now = self.now();
        let asked = self.core.questions(now);
        let told = self.core.screen_lock(now).map(|lock| (lock.age.as_secs(), lock.by));
        let known = self.desktop.locked.map(|(since, by)| (now.boot.since(since).as_secs(), by));
        if told != known {
            self.fail(&format!("the screen is locked ({known:?}), and {told:?} is told"));
        }
        let until = self.desktop.unheard_until;
        if self.unheard() && self.core.next_wake(now).is_none_or(|wake| wake > until) {
            self.fail("nobody thinks of showing what had to wait");
        }
        for (id, shown) in &self.desktop.questions {
            let Some(question) = asked.iter().find(|question| question.id == *id) else {
                self.fail("the desktop shows a question that is closed")
            };
            if question.verifying {
                continue;
            }
            if shown.reason != question.reason && shown.reason.is_none() {
                self.fail("the desktop does not say why it is asked again");
            }
            if (shown.waiting, shown.attempts) != (question.waiting, question.attempts) {
                self.fail("what the desktop shows is not so any more");
            }
            self.check_place(shown);
            self.check_in_the_way(shown);
            let first = self.waiters(question).and_then(|all| all.iter().map(|open| open.asked).min());
            if first.is_some_and(|first| question.waited != Boot(self.boot).since(first)) {
                self.fail("it is not said since when somebody waits");
            }
        }
        self.desktop.moved.clear();
        let is_open = |id: QuestionId| asked.iter().any(|question| question.id == id);
        self.desktop.unreachable.retain(|(id, _), _| is_open(*id));
        self.desktop.aside.retain(|(id, _)| is_open(*id));
        for question in asked.iter().filter(|question| !question.verifying) {
            let shown = self.desktop.questions.contains_key(&question.id);
            if shown != self.wanted_on_desktop(question).unwrap_or(shown) {
                self.fail(&format!("{:?} is on the desktop: {shown}", question.id));
            }
        }
    }

    /// A question is asked where somebody waits for it, or wanted to be asked: where it was, for as long as that is so and
    /// the person has not put it aside there.
    fn check_place(&self, shown: &Question) {
        let Some(waiters) = self.waiters(shown) else { return };
        let wanted = self.desktop.wanted.get(&shown.id);
        let wanted = wanted.filter(|_| !self.desktop.unreachable.keys().any(|(id, _)| *id == shown.id));
        let waits_at = |place: &Place| {
            let here = |open: &&Open| open.display.desktop == *place && self.reached(shown.id, open);
            wanted == Some(place) || waiters.iter().any(here)
        };
        let aside = |place: &Place| self.desktop.aside.contains(&(shown.id, place.clone()));
        let place = &shown.display.desktop;
        if !waits_at(place) {
            self.fail("a question is asked on the desktop of nobody who waits for it");
        }
        let named = |open: &&&Open| open.display.desktop.is_some() && self.reached(shown.id, open);
        let other = |open: &Open| !aside(&open.display.desktop) || place.is_none();
        if wanted.is_none_or(aside)
            && (place.is_none() || aside(place))
            && waiters.iter().filter(named).any(|open| other(open))
        {
            self.fail("a question is not asked on a desktop that it could be asked on");
        }
        let moved = self.desktop.moved.iter().filter(|(id, from)| *id == shown.id && from.is_some());
        for (_, from) in moved {
            if waits_at(from) && !aside(from) {
                self.fail("a question leaves a desktop where somebody waits for it");
            }
        }
    }

    /// The daemon is started anew; what it had shown goes with it.
    pub(crate) fn clear_desktop(&mut self) {
        self.desktop = Desktop::default();
        self.served.clear();
    }
}
