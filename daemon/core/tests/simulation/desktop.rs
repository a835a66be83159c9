//! The desktop in front of the person, and the person coming and going.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsd_core::effect::{Effect, Offer, Question};
use awsd_core::event::{Event, Presence, QuestionId, Surface};
use awsd_core::time::Boot;

use crate::programs::Programs;
use crate::world::World;

/// The number of the design, once more.
pub(crate) const NOTIFY_AFTER: Duration = Duration::from_secs(5);

/// What is on the desktop, and who is there.
#[derive(Default)]
pub(crate) struct Desktop {
    pub questions: BTreeMap<QuestionId, Question>,
    pub offers: BTreeMap<QuestionId, Offer>,
    pub programs: Programs,
    /// When the desktop said that it can show this to nobody.
    pub unreachable: BTreeMap<QuestionId, Boot>,
    /// Until when nothing is to be offered about a device.
    pub quiet: BTreeMap<String, Boot>,
    /// The person asked to be asked.
    pub wanted: BTreeSet<QuestionId>,
    pub locked: bool,
    pub idle: bool,
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
                    self.check_promise_taken_back(question.id);
                }
                1 => self.dismiss_on_desktop(&question),
                _ => {
                    let code = self.some_code(&question.device);
                    self.log(&format!("entered {:?}", question.id));
                    self.give(Event::Typed { at: Surface::Desktop, question: question.id, code });
                }
            }
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

    /// The daemon is started anew; what it had shown goes with it.
    pub(crate) fn clear_desktop(&mut self) {
        self.desktop = Desktop { locked: false, idle: false, ..Desktop::default() };
        self.served.clear();
    }
}
