//! What the core answers, and what it shows at terminals: each request hears exactly one end.

use std::time::Duration;

use awsd_core::chain::Base;
use awsd_core::effect::{Denial, Question, Reason, Served};
use awsd_core::event::{Patience, Purpose, QuestionId, RequestId};
use awsd_core::time::Boot;

use crate::offers::LastUse;
use crate::world::{Open, World};

impl World {
    pub(crate) fn served(&mut self, id: RequestId, served: &Served) {
        let Some(open) = self.open.remove(&id) else {
            self.fail(&format!("{id:?} served without being open"))
        };
        let key = &served.keys.access_key_id;
        self.log(&format!("served {id:?} {key}"));
        self.check_served(&open, served);
        if let Some(held) = self.leases.get_mut(key)
            && held.given < open.asked
        {
            held.used = true;
        }
        let device = self.aws.sessions.get(key).and_then(|of| of.device.clone());
        let last = LastUse { at: Boot(self.boot), desktop: open.display.desktop.clone() };
        self.served.extend(device.map(|device| (device, last)));
    }

    pub(crate) fn denied(&mut self, id: RequestId, denial: &Denial) {
        self.log(&format!("denied {id:?} {:?}", denial.reason));
        if denial.sentence.is_empty() {
            self.fail("a refusal without a sentence");
        }
        self.check_meaning(id, denial);
        if matches!(denial.reason, Reason::AwsUnavailable | Reason::Throttled) {
            self.pauses.told = Some(Boot(self.boot));
        }
        self.check_exhausted(denial);
        if self.answers.remove(&id) {
            if denial.reason == Reason::NoQuestion {
                self.fail("an open question is not found");
            }
            if let Some((device, code)) = self.answered.clone() {
                self.check_unfit(&device, &code, &denial.sentence);
            }
            return;
        }
        let Some(open) = self.open.remove(&id) else {
            self.fail(&format!("{id:?} denied without being open"))
        };
        self.abandoned |= open.wants_new_mfa();
        self.check_denied(&open, denial.reason);
        self.check_told_at_once(&open, denial.reason);
        self.check_lock_told(&open, denial);
        self.check_asked_told(&open, denial);
        self.check_calm_denied(&open, denial);
    }

    pub(crate) fn done(&mut self, id: RequestId) {
        self.log(&format!("done {id:?}"));
        if self.answers.remove(&id) {
            return;
        }
        match self.open.remove(&id) {
            Some(open) if open.purpose == Purpose::Login => self.check_login(&open),
            _ => self.fail(&format!("{id:?} done, which is no answer to it")),
        }
    }

    pub(crate) fn shown(&mut self, id: RequestId, question: &Question) {
        self.log(&format!("show {id:?} {:?} {:?}", question.id, question.reason));
        let sees =
            |open: &&mut Open| matches!(open.patience, Patience::Terminal(_)) && open.choosing.is_none();
        let Some(open) = self.open.get_mut(&id).filter(sees) else {
            self.fail(&format!("{id:?} is shown a question and cannot see it"))
        };
        open.shown = Some(question.clone());
        self.check_asked_device(&self.open[&id], question);
    }

    pub(crate) fn withdrawn(&mut self, id: RequestId, question: QuestionId) {
        self.log(&format!("withdraw {id:?} {question:?}"));
        let shown = self.open.get_mut(&id).and_then(|open| {
            let list = open.choosing.take().map(|choice| choice.id);
            list.or(open.shown.take().map(|question| question.id))
        });
        if shown != Some(question) {
            self.fail("a question is withdrawn that was not shown");
        }
    }

    /// Who waited in vain is told so, and not that nobody could be asked.
    fn check_asked_told(&self, open: &Open, denial: &Denial) {
        let here = |question: &Question| {
            Some(&question.device) == self.device_of(open) && question.display.desktop == open.display.desktop
        };
        let asks = open.patience != Patience::Never;
        let could_not = asks && denial.sentence.contains("nobody could be asked");
        if could_not && self.only_time && self.desktop.questions.values().any(here) {
            self.fail("it is said that nobody could be asked, who was asked on the desktop all the time");
        }
        let waited = self.now().boot.since(open.asked);
        let in_vain = denial.sentence.contains("in time") && denial.reason == Reason::CodeRequired;
        if in_vain && open.patience == Patience::Silent(None) && waited < self.settings.default_wait {
            self.fail(&format!("told after {waited:?} that nobody answered in time"));
        }
    }

    fn check_denied(&self, open: &Open, reason: Reason) {
        let person = matches!(
            reason,
            Reason::CodeRequired | Reason::WrongCode | Reason::SpentCode | Reason::TooManyTries
        );
        if open.patience == Patience::Terminal(None) && person {
            self.fail(&format!("somebody at a terminal is told {reason:?} instead of being asked"));
        }
        self.check_reason(open, reason);
        let waited = self.now().boot.since(open.asked);
        if let Patience::Terminal(Some(limit)) | Patience::Silent(Some(limit)) = open.patience
            && reason == Reason::CodeRequired
            && waited < limit
        {
            self.fail(&format!("told after {waited:?} that nobody answered in {limit:?}"));
        }
        if let Patience::Terminal(Some(limit)) | Patience::Silent(Some(limit)) = open.patience
            && self.calm
            && reason == Reason::CodeRequired
            && waited > limit + Duration::from_secs(1)
        {
            self.fail(&format!("told only after {waited:?} that nobody answered in {limit:?}"));
        }
        let insists = open.purpose == Purpose::Login || matches!(open.patience, Patience::Terminal(_));
        if reason == Reason::NotNow && insists && self.dismissed != Some(Boot(self.boot)) {
            self.fail("somebody who insists is put off");
        }
        if reason == Reason::LoggedOut || reason == Reason::NoQuestion || reason == Reason::SeveralQuestions {
            let Base::Keys(keys) = &open.chain.base else { return };
            let logouts = self.logouts.get(&keys.access_key_id).copied().unwrap_or(0);
            if reason != Reason::LoggedOut || logouts == open.logouts {
                self.fail(&format!("{reason:?} for no reason"));
            }
        }
    }
}
