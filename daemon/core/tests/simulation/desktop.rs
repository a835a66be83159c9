//! The desktop in front of the person, and the person coming and going.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsd_core::effect::{Effect, Offer, Question};
use awsd_core::event::{Event, OfferAnswer, Presence, QuestionId, Surface};
use awsd_core::time::Boot;

use crate::programs::Programs;
use crate::world::{Clocks, World};

/// The numbers of the design, once more.
pub(crate) const NOTIFY_AFTER: Duration = Duration::from_secs(5);
pub(crate) const OFFER_BEFORE: Duration = Duration::from_mins(15);
pub(crate) const OFFER_PAUSE: Duration = Duration::from_mins(15);
const NOT_TODAY: Duration = Duration::from_hours(12);
const AFTER_USE: Duration = Duration::from_hours(1);
const NOISE: Duration = Duration::from_secs(3);

/// What is on the desktop, and who is there.
#[derive(Default)]
pub(crate) struct Desktop {
    pub questions: BTreeMap<QuestionId, Question>,
    offers: BTreeMap<QuestionId, Offer>,
    pub programs: Programs,
    /// When the desktop said that it can show this to nobody.
    pub unreachable: BTreeMap<QuestionId, Boot>,
    /// Until when nothing is to be offered about a device.
    quiet: BTreeMap<String, Boot>,
    /// The person asked to be asked.
    pub wanted: BTreeSet<QuestionId>,
    pub locked: bool,
    idle: bool,
}

impl World {
    /// The core wants something of the desktop, or of a program.
    pub(crate) fn at_desktop(&mut self, effect: Effect) {
        self.log(&format!("desktop {effect:?}").chars().take(150).collect::<String>());
        match effect {
            Effect::Ask(question) => {
                if self.desktop.locked || !self.settings.desktop {
                    self.fail("a question is shown where nobody may see it");
                }
                self.desktop.questions.insert(question.id, question);
            }
            Effect::Offer(offer) => {
                self.check_offer(&offer);
                self.desktop.offers.insert(offer.id, offer);
            }
            Effect::Unask(id) => {
                let question = self.desktop.questions.remove(&id).is_some();
                if !question && self.desktop.offers.remove(&id).is_none() {
                    self.fail("something is taken from the desktop that is not there");
                }
            }
            Effect::Run(id, program) => self.program_begins(id, &program),
            Effect::Stop(id) => self.program_stopped(id),
            _ => {}
        }
    }

    fn check_offer(&self, offer: &Offer) {
        let now = Boot(self.boot);
        if self.desktop.locked || self.desktop.idle || !self.settings.desktop {
            self.fail("an offer is made to nobody");
        }
        if self.desktop.quiet.get(&offer.device).is_some_and(|until| now < *until) {
            self.fail("an offer is made although it was put off");
        }
        let held = self.leases.values().filter(|held| held.what.starts_with("session "));
        let held = held.filter(|held| held.what.contains(&offer.device)).max_by_key(|held| held.given);
        let Some(held) = held else { self.fail("an offer about a session that there is not") };
        let left = held.expires.since(self.aws.now);
        if self.clocks == Clocks::Right && left > OFFER_BEFORE.min(held.life / 3) + NOISE {
            self.fail(&format!("an offer is made with {left:?} left"));
        }
        let used = self.served.get(&offer.device).is_some_and(|at| now.since(*at) <= AFTER_USE);
        if !used || offer.profiles.is_empty() || offer.remaining > held.life / 3 + NOISE {
            self.fail("an offer about a session that nobody uses");
        }
        if self.core.questions(self.now()).iter().any(|question| question.device == offer.device) {
            self.fail("an offer is made while the code is asked for");
        }
    }

    /// The person does something at the desktop, or the desktop fails.
    pub(crate) fn person_at_desktop(&mut self) {
        let questions: Vec<Question> = self.desktop.questions.values().cloned().collect();
        let offers: Vec<Offer> = self.desktop.offers.values().cloned().collect();
        self.new_moment();
        if !offers.is_empty() && self.random.percent(60) {
            let offer = self.random.pick(&offers).clone();
            self.answer_offer(&offer);
        } else if !questions.is_empty() {
            let question = self.random.pick(&questions).clone();
            match self.random.below(10) {
                0 if !self.calm => {
                    self.log(&format!("unreachable {:?}", question.id));
                    self.desktop.questions.remove(&question.id);
                    self.desktop.unreachable.insert(question.id, Boot(self.boot));
                    self.give(Event::Unreachable(question.id));
                }
                1 => {
                    self.log(&format!("not now {:?}", question.id));
                    self.dismissed = Some(Boot(self.boot));
                    let open = self.core.questions(self.now());
                    if open.iter().any(|open| open.id == question.id && !open.verifying) {
                        self.rest_offers(&question.device);
                    }
                    self.give(Event::Dismissed(question.id));
                }
                _ => {
                    let code = self.some_code(&question.device);
                    self.log(&format!("entered {:?}", question.id));
                    self.give(Event::Typed { at: Surface::Desktop, question: question.id, code });
                }
            }
        }
    }

    /// Who does not want to be asked wants no offer either.
    pub(crate) fn rest_offers(&mut self, device: &str) {
        if !self.core.sessions(self.now()).iter().any(|session| session.name == device) {
            return;
        }
        let until = Boot(self.boot) + Duration::from_mins(15);
        let rests = self.desktop.quiet.entry(device.to_owned()).or_default();
        *rests = until.max(*rests);
    }

    fn answer_offer(&mut self, offer: &Offer) {
        let answer = *self.random.pick(&[OfferAnswer::Renew, OfferAnswer::Later, OfferAnswer::NotToday]);
        let rest = match answer {
            OfferAnswer::Renew => Duration::ZERO,
            OfferAnswer::Later => OFFER_PAUSE,
            OfferAnswer::NotToday => NOT_TODAY,
        };
        self.log(&format!("offered {:?} {answer:?}", offer.id));
        self.desktop.quiet.insert(offer.device.clone(), Boot(self.boot) + rest);
        if answer == OfferAnswer::Renew {
            self.abandoned = true;
            self.put_off.clear();
        }
        self.give(Event::Offered(offer.id, answer));
        if answer == OfferAnswer::Renew && self.settings.desktop {
            let asked =
                self.core.questions(self.now()).into_iter().find(|asked| asked.device == offer.device);
            match asked {
                Some(asked) if self.desktop.questions.contains_key(&asked.id) => {
                    self.desktop.wanted.insert(asked.id);
                }
                _ => self.fail("somebody wants to give a code and is not asked"),
            }
        }
    }

    /// The person comes, leaves, locks or unlocks the screen.
    pub(crate) fn come_or_go(&mut self) {
        let presence = match self.random.below(4) {
            0 => Presence::Locked,
            1 => Presence::Unlocked,
            2 => Presence::Idle,
            _ => Presence::Active,
        };
        self.tell_presence(presence);
    }

    pub(crate) fn tell_presence(&mut self, presence: Presence) {
        match presence {
            Presence::Locked => self.desktop.locked = true,
            Presence::Unlocked => self.desktop.locked = false,
            Presence::Idle => self.desktop.idle = true,
            Presence::Active => self.desktop.idle = false,
        }
        self.log(&format!("{presence:?}"));
        let wiped = presence == Presence::Locked && self.settings.lock_on_screen_lock;
        if wiped {
            for key in self.aws.users.keys() {
                *self.logouts.entry(key.clone()).or_default() += 1;
            }
            self.forget_pauses(None);
        }
        self.new_moment();
        self.give(Event::Presence(presence));
        if wiped && (!self.core.sessions(self.now()).is_empty() || !self.open.is_empty()) {
            self.fail("the screen was locked, and sessions or requests are left");
        }
    }

    /// What the desktop shows is what is asked, and what is to be there is there.
    pub(crate) fn check_desktop(&mut self) {
        let asked = self.core.questions(self.now());
        for (id, shown) in &self.desktop.questions {
            let Some(question) = asked.iter().find(|question| question.id == *id) else {
                self.fail("the desktop shows a question that is closed")
            };
            if !question.verifying && shown.reason != question.reason && shown.reason.is_none() {
                self.fail("the desktop does not say why it is asked again");
            }
        }
        self.desktop.unreachable.retain(|id, _| asked.iter().any(|question| question.id == *id));
        for question in asked.iter().filter(|question| !question.verifying) {
            let shown = self.desktop.questions.contains_key(&question.id);
            if shown != self.wanted_on_desktop(question).unwrap_or(shown) {
                self.fail(&format!("{:?} is on the desktop: {shown}", question.id));
            }
        }
    }

    /// On a good day the renewal of a session in use is offered to whoever is there.
    pub(crate) fn check_offered(&self) {
        let offers = !self.settings.offer_before.is_zero() && self.settings.desktop;
        if !self.calm || !offers || self.desktop.locked || self.desktop.idle {
            return;
        }
        let asked = self.core.questions(self.now());
        for session in self.core.sessions(self.now()) {
            let held = self.leases.values().filter(|held| held.what.starts_with("session "));
            let held = held.filter(|held| held.device.as_ref() == Some(&session.name));
            let Some(since) = held.map(|held| held.given).max() else { continue };
            let due =
                session.remaining + NOISE < OFFER_BEFORE.min(session.life / 3) && session.remaining > NOISE;
            let lately = |at: &Boot| *at > since && Boot(self.boot).since(*at) + NOISE < AFTER_USE;
            let used = self.served.get(&session.name).is_some_and(lately);
            let quiet =
                self.desktop.quiet.get(&session.name).is_some_and(|until| Boot(self.boot) < *until + NOISE);
            let open = asked.iter().any(|question| question.device == session.name);
            let offered = self.desktop.offers.values().any(|offer| offer.device == session.name);
            if due && used && !quiet && !open && !offered {
                self.fail(&format!("nobody is told that {} ends soon", session.name));
            }
        }
    }

    /// The daemon is started anew; what it had shown goes with it.
    pub(crate) fn clear_desktop(&mut self) {
        self.desktop = Desktop { locked: false, idle: false, ..Desktop::default() };
        self.served.clear();
    }
}
