//! Where a question is seen: at the terminals of those who wait for it, and on the desktop; and what those are told who
//! can see neither.

use awsd_core::effect::{Denial, Question, Reason};
use awsd_core::event::{LockedBy, Patience, QuestionId};
use awsd_core::time::Boot;

use crate::desktop::NOTIFY_AFTER;
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

    /// Whether the desktop has said, since somebody began to wait, that it can show this question to nobody.
    fn unreachable_since(&self, id: QuestionId, asked: Boot) -> bool {
        self.desktop.unreachable.get(&id).is_some_and(|at| asked <= *at)
    }

    fn desktop_can_ask(&self, id: QuestionId, asked: Boot) -> bool {
        self.settings.desktop && self.desktop.locked.is_none() && !self.unreachable_since(id, asked)
    }

    /// Whether a question is to be on the desktop; none where it cannot be said from here.
    pub(crate) fn wanted_on_desktop(&self, question: &Question) -> Option<bool> {
        let locked = self.desktop.locked.is_some();
        if locked || !self.settings.desktop || self.desktop.programs.first(question.id) {
            return Some(false);
        }
        // What is shown stays; nothing new comes.
        if self.unheard() && !self.desktop.questions.contains_key(&question.id) {
            return Some(false);
        }
        self.desktop.programs.may_give(question.id)?;
        if question.waiting == 0 || self.desktop.wanted.contains(&question.id) {
            return None;
        }
        let waiters = self.waiters(question)?;
        let newest = waiters.iter().map(|open| open.asked).max()?;
        if self.unreachable_since(question.id, newest) {
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
            for open in &waiters {
                let sees = open.shown.as_ref().is_some_and(|shown| shown.id == question.id);
                let can_see = matches!(open.patience, Patience::Terminal(_));
                if can_see && !sees && !self.desktop.programs.first(question.id) {
                    self.fail("somebody at a terminal waits for a code and is not asked");
                }
                let others = terminal.is_some() || program || self.desktop_can_ask(question.id, open.asked);
                if open.patience == Patience::Silent(None) && !others {
                    self.fail("somebody waits for a code that nobody is asked for");
                }
            }
            let later = terminal.filter(|_| self.wanted_on_desktop(question) == Some(false) && !program);
            let wake = self.core.next_wake(self.now());
            if let Some(first) = later
                && waiters.iter().all(|open| self.desktop_can_ask(question.id, open.asked))
                && wake.is_none_or(|wake| wake > (first + NOTIFY_AFTER).max(self.desktop.unheard_until))
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
        if self.desktop_can_ask(question.id, open.asked) || self.desktop.programs.runs(question.id) {
            self.fail("somebody is told that a code is needed, and could have waited for it");
        }
    }

    /// Whoever is not asked because the screen is locked is told so, and nobody else.
    pub(crate) fn check_lock_told(&self, open: &Open, denial: &Denial) {
        let not_asked = denial.reason == Reason::CodeRequired && denial.sentence.contains("nobody");
        if !not_asked || denial.sentence.contains("which one to use") {
            return;
        }
        let asked = self.core.questions(self.now());
        let of_device = |question: &&Question| self.device_of(open) == Some(&question.device);
        let Some(question) = asked.iter().find(of_device) else { return };
        let other = open.patience == Patience::Never
            || !self.settings.desktop
            || self.unreachable_since(question.id, open.asked);
        let locked = self.desktop.locked.filter(|_| !other);
        let words = locked.map(|(_, by)| match by {
            LockedBy::LoginManager => "login manager",
            LockedBy::ScreenSaver => "screen saver",
            LockedBy::Request => "asked for",
        });
        let told = denial.sentence.contains("counts as locked");
        if told != locked.is_some() || words.is_some_and(|words| !denial.sentence.contains(words)) {
            self.fail(&format!("the screen is locked ({locked:?}), and this is told: {}", denial.sentence));
        }
    }

    /// A terminal is told that the desktop asks as well exactly where it will: some caller has named a desktop, and it has
    /// not said since that nobody sees it.
    pub(crate) fn check_promise(&self, question: &Question) {
        let asked = self.core.questions(self.now());
        let Some(asked) = asked.iter().find(|asked| asked.id == question.id) else { return };
        let (Some(waiters), false) = (self.waiters(asked), self.desktop.programs.first(asked.id)) else {
            return;
        };
        let Some(newest) = waiters.iter().map(|open| open.asked).max() else { return };
        let graphical = waiters.iter().any(|open| open.display.graphical);
        if question.on_desktop != (graphical && self.desktop_can_ask(asked.id, newest)) {
            self.fail(&format!("that the desktop asks is said to be {}", question.on_desktop));
        }
        if question.display.graphical != graphical {
            self.fail("the desktop of none of those who wait");
        }
    }

    /// Who was told that the desktop asks as well hears when it cannot.
    pub(crate) fn check_promise_taken_back(&self, id: QuestionId) {
        let shown = self.open.values().filter_map(|open| open.shown.as_ref());
        if shown.filter(|shown| shown.id == id && !shown.verifying).any(|shown| shown.on_desktop) {
            self.fail("a terminal still says that the desktop asks, and it cannot");
        }
    }
}

fn first_terminal(waiters: &[&Open]) -> Option<Boot> {
    waiters.iter().filter(|open| matches!(open.patience, Patience::Terminal(_))).map(|open| open.asked).min()
}
