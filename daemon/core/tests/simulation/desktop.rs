//! The desktop in front of the person, and the person coming and going.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsd_core::effect::{Effect, Offer, Question};
use awsd_core::event::{Event, QuestionId, Surface};
use awsd_core::time::Boot;

use crate::programs::Programs;
use crate::seats::{Place, Seats};
use crate::sign_ins::SignIns;
use crate::world::{Open, World};

/// The number of the design, once more.
pub(crate) const NOTIFY_AFTER: Duration = Duration::from_secs(5);

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
    pub seats: Seats,
}

impl World {
    /// The core wants something of the desktop, or of a program.
    pub(crate) fn at_desktop(&mut self, effect: Effect) {
        self.log(&format!("desktop {effect:?}").chars().take(150).collect::<String>());
        match effect {
            Effect::Ask(question) => {
                let (id, place) = (question.id, question.display.desktop.clone());
                if !self.may_show(&place) {
                    self.fail("a question is shown where nobody may see it");
                }
                let shown = self.desktop.questions.get(&id);
                if self.unheard(&place) && shown.is_none_or(|shown| shown.display.desktop != place) {
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
            Effect::LookAway(desktop) => self.looked_away(desktop),
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
        // Nobody is so quick where it is not known yet whether the screen is locked.
        let heard = |place: &Place| !self.unheard(place);
        let questions = self.desktop.questions.values().filter(|shown| heard(&shown.display.desktop));
        let questions: Vec<Question> = questions.cloned().collect();
        let offers = self.desktop.offers.values().filter(|shown| heard(&shown.display.desktop));
        let offers: Vec<Offer> = offers.cloned().collect();
        self.new_moment();
        if self.random.percent(50) {
            self.sign_in_ends();
        }
        let sign_in = self.desktop.sign_ins.shown().filter(|shown| !self.unheard(&shown.display.desktop));
        if let Some(offer) = sign_in.cloned().filter(|_| self.random.percent(60)) {
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

    /// What the desktop shows is what is asked, and what is to be there is there.
    pub(crate) fn check_desktop(&mut self) {
        let now = self.now();
        let asked = self.core.questions(now);
        self.check_seats();
        let offers = self.desktop.offers.values().map(|shown| &shown.display);
        let shown = self.desktop.questions.values().map(|shown| &shown.display).chain(offers);
        for display in shown {
            if !self.may_show(&display.desktop) {
                self.fail("something stays where nobody may see it");
            }
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
        let wanted = self.desktop.wanted.get(&shown.id).filter(|place| self.may_show(place));
        let wanted = wanted.filter(|_| !self.desktop.unreachable.keys().any(|(id, _)| *id == shown.id));
        let waits_at = |place: &Place| {
            let here = |open: &&Open| open.display.desktop == *place && self.can_be_asked(shown.id, open);
            wanted == Some(place) || waiters.iter().any(here)
        };
        let aside = |place: &Place| self.desktop.aside.contains(&(shown.id, place.clone()));
        let place = &shown.display.desktop;
        if !waits_at(place) {
            self.fail("a question is asked on the desktop of nobody who waits for it");
        }
        let named = |open: &&&Open| open.display.desktop.is_some() && self.can_be_asked(shown.id, open);
        // The daemon's own is as good as any where the person asked to be asked there.
        let is_own = place.is_none() && wanted != Some(place);
        let other = |open: &Open| !aside(&open.display.desktop) || is_own;
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
