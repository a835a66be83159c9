//! Where a question is seen: at the terminals of those who wait for it, and on the desktop; and what those are told who
//! can see neither.

use awsd_core::effect::{Denial, Question, Reason};
use awsd_core::event::{LockedBy, Patience, QuestionId};
use awsd_core::time::Boot;

use crate::desktop::NOTIFY_AFTER;
use crate::seats::Place;
use crate::world::{Open, World};

impl World {
    /// Those who wait for a code of this question; none where it cannot be said from here who that is.
    pub(crate) fn waiters(&self, question: &Question) -> Option<Vec<&Open>> {
        let of_device = |open: &&Open| self.device_of(open) == Some(&question.device);
        let all: Vec<&Open> = self.open.values().filter(of_device).collect();
        (all.len() == question.waiting).then_some(all)
    }

    /// Whether somebody sees a question.
    pub(crate) fn is_shown(&self, id: QuestionId) -> bool {
        let here = |open: &Open| open.shown.as_ref().is_some_and(|shown| shown.id == id);
        self.desktop.questions.contains_key(&id) || self.open.values().any(here)
    }

    /// Whether somebody's desktop has not said, since they began to wait, that it can show this question to nobody.
    pub(crate) fn reached(&self, id: QuestionId, open: &Open) -> bool {
        let at = self.desktop.unreachable.get(&(id, open.display.desktop.clone()));
        at.is_none_or(|at| *at < open.asked)
    }

    /// Whether somebody can be asked this question on their desktop.
    pub(crate) fn can_be_asked(&self, id: QuestionId, open: &Open) -> bool {
        self.reached(id, open) && self.may_show(&open.display.desktop)
    }

    /// Whether the desktop of one of these can show a question.
    fn desktop_can_ask(&self, id: QuestionId, waiters: &[&Open]) -> bool {
        waiters.iter().any(|open| self.can_be_asked(id, open))
    }

    /// Where a question is asked of those who can be asked, or comes next: on a named desktop, where it has not been put aside,
    /// where it is, of who asked first.
    fn best_place(&self, id: QuestionId, waiters: &[&Open]) -> Option<Place> {
        let shown = self.desktop.questions.get(&id).map(|shown| &shown.display.desktop);
        let places =
            waiters.iter().filter(|open| self.can_be_asked(id, open)).map(|open| &open.display.desktop);
        let aside = |place: &Place| self.desktop.aside.contains(&(id, place.clone()));
        places.min_by_key(|place| (place.is_none(), aside(place), shown != Some(*place))).cloned()
    }

    /// Whether a question is to be on the desktop; none where it cannot be said from here.
    pub(crate) fn wanted_on_desktop(&self, question: &Question) -> Option<bool> {
        if !self.settings.desktop || self.desktop.programs.first(question.id) {
            return Some(false);
        }
        self.desktop.programs.may_give(question.id)?;
        if question.waiting == 0 || self.desktop.wanted.contains_key(&question.id) {
            return None;
        }
        let waiters = self.waiters(question)?;
        let Some(best) = self.best_place(question.id, &waiters) else { return Some(false) };
        // What is shown there stays; nothing new comes.
        let shown = self.desktop.questions.get(&question.id);
        if self.unheard(&best) && shown.is_none_or(|shown| shown.display.desktop != best) {
            return Some(false);
        }
        let first = first_terminal(&waiters);
        Some(first.is_none_or(|first| Boot(self.boot).since(first) >= NOTIFY_AFTER))
    }

    /// Whoever waits for a question sees it, or somebody else can answer it.
    pub(crate) fn check_asked(&self) {
        for question in self.core.questions(self.now()).iter().filter(|question| !question.verifying) {
            let (Some(waiters), Some(program)) =
                (self.waiters(question), self.desktop.programs.may_give(question.id))
            else {
                continue;
            };
            let terminal = first_terminal(&waiters);
            let desktop = self.desktop_can_ask(question.id, &waiters);
            self.check_promise(question);
            for open in &waiters {
                let sees = open.shown.as_ref().is_some_and(|shown| shown.id == question.id);
                let can_see = matches!(open.patience, Patience::Terminal(_));
                if can_see && !sees && !self.desktop.programs.first(question.id) {
                    self.fail("somebody at a terminal waits for a code and is not asked");
                }
                let wanted = self.desktop.wanted.get(&question.id).is_some_and(|place| self.may_show(place));
                let others = terminal.is_some() || program || desktop || wanted;
                if open.patience == Patience::Silent(None) && !others {
                    self.fail("somebody waits for a code that nobody is asked for");
                }
            }
            let later = terminal.filter(|_| self.wanted_on_desktop(question) == Some(false) && !program);
            let wake = self.core.next_wake(self.now());
            if let (Some(first), Some(best)) = (later, self.best_place(question.id, &waiters))
                && wake.is_none_or(|wake| wake > (first + NOTIFY_AFTER).max(self.unheard_until(&best)))
            {
                self.fail("nobody thinks of bringing the question to the desktop");
            }
        }
    }

    /// Who cannot be asked is told at once only where neither a program nor the desktop could have given the code.
    pub(crate) fn check_told_at_once(&self, open: &Open, reason: Reason) {
        let at_once = Boot(self.boot).since(open.asked) < self.settings.default_wait;
        if reason != Reason::CodeRequired || open.patience != Patience::Silent(None) || !at_once {
            return;
        }
        let asked = self.core.questions(self.now());
        let of_device = |question: &&Question| self.device_of(open) == Some(&question.device);
        let Some(question) = asked.iter().find(of_device) else { return };
        let waiters = self.waiters(question).unwrap_or_default();
        let waiters = [waiters, vec![open]].concat();
        if self.desktop_can_ask(question.id, &waiters) || self.desktop.programs.runs(question.id) {
            self.fail("somebody is told that a code is needed, and could have waited for it");
        }
    }

    /// Whoever is not asked because their screen is locked is told so, and nobody else; also nobody who was asked on another
    /// desktop.
    pub(crate) fn check_lock_told(&self, open: &Open, denial: &Denial) {
        let not_asked = denial.reason == Reason::CodeRequired && denial.sentence.contains("nobody");
        if !not_asked || denial.sentence.contains("which one to use") {
            return;
        }
        let asked = self.core.questions(self.now());
        let of_device = |question: &&Question| self.device_of(open) == Some(&question.device);
        let Some(question) = asked.iter().find(of_device) else { return };
        let other =
            open.patience == Patience::Never || !self.settings.desktop || !self.reached(question.id, open);
        let seat = self.seat(&open.display.desktop);
        let locked = seat.and_then(|seat| seat.locked).filter(|_| !other);
        let words = locked.map(|(_, by)| match by {
            LockedBy::LoginManager => "login manager",
            LockedBy::ScreenSaver => "screen saver",
            LockedBy::Request => "asked for",
        });
        let told = denial.sentence.contains("counts as locked");
        let in_vain = denial.sentence.contains("in time");
        let waiters = self.waiters(question).filter(|_| in_vain);
        let elsewhere = waiters.is_some_and(|waiters| self.desktop_can_ask(question.id, &waiters));
        // Those who waited elsewhere may have left in this moment.
        let own = None;
        let places = self.desktop.seats.keys().chain([&own]);
        let may_be_silent = in_vain && places.into_iter().any(|place| self.may_show(place));
        let silent = locked.is_some() && !told && !may_be_silent;
        let wrong = words.is_some_and(|words| told && !denial.sentence.contains(words));
        if silent || wrong || (told && (locked.is_none() || elsewhere)) {
            self.fail(&format!("the screen is locked ({locked:?}), and this is told: {}", denial.sentence));
        }
    }

    /// A terminal says that there is a notification exactly as long as there is one.
    fn check_promise(&self, question: &Question) {
        if self.desktop.programs.first(question.id) {
            return;
        }
        let is_seen = self.desktop.seen.contains(&question.id);
        let shown = self.open.values().filter_map(|open| open.shown.as_ref());
        if shown.filter(|shown| shown.id == question.id).any(|shown| shown.on_desktop != is_seen) {
            self.fail(&format!("a terminal does not say that it is {is_seen} that there is a notification"));
        }
    }

    /// The desktop knows whether everybody could be asked without it.
    pub(crate) fn check_in_the_way(&self, shown: &Question) {
        let Some(waiters) = self.waiters(shown).filter(|_| !self.desktop.wanted.contains_key(&shown.id))
        else {
            return;
        };
        let at_terminals = waiters.iter().all(|open| matches!(open.patience, Patience::Terminal(_)));
        if shown.at_terminals != (at_terminals && !waiters.is_empty()) {
            self.fail("the desktop does not know whether it is in the way of terminals");
        }
    }
}

fn first_terminal(waiters: &[&Open]) -> Option<Boot> {
    waiters.iter().filter(|open| matches!(open.patience, Patience::Terminal(_))).map(|open| open.asked).min()
}
