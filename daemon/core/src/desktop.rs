//! The desktop: one more place where a question is asked, beside the terminals of those who wait.
//!
//! Here it is decided what it shows, when, and which desktop that is where callers have several. How it looks, and
//! whether there is one, others know.

use crate::effect::{Effect, Question};
use crate::event::{Display, QuestionId, RequestId};
use crate::graph::Device;
use crate::prompt::Open;
use crate::questions::Places;
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

/// Something that a desktop was told to show.
#[derive(Debug)]
pub(crate) enum Shown {
    /// A question, as it was when the desktop was last told of it, and whether a notification of it has come to the screen.
    Question(Box<Question>, bool),
    /// An offer, and where it is.
    Offer(Display),
}

impl Shown {
    /// Where it is.
    pub(crate) fn at(&self) -> &Display {
        match self {
            Self::Question(question, _) => &question.display,
            Self::Offer(display) => display,
        }
    }
}

impl Core {
    /// Brings the desktop up to date.
    pub(crate) fn show_on_desktop(&mut self, now: Now, places: &Places, out: &mut Vec<Effect>) {
        let asked: Vec<Question> = self
            .desk
            .all()
            .filter(|(device, open)| self.belongs_on_desktop(now, device, open, places))
            .map(|(device, open)| self.question_on_desktop(now, device, open, places))
            .collect();
        let (offers, sign_ins) = (&self.offers, &self.sign_ins);
        let stays = |id: QuestionId| {
            asked.iter().any(|question| question.id == id)
                || offers.values().any(|offer| offer.shown == Some(id))
                || sign_ins.values().any(|sign_in| sign_in.is_shown(id))
        };
        for (id, _) in self.on_desktop.extract_if(.., |id, _| !stays(*id)) {
            out.push(Effect::Unask(id));
        }
        for question in asked {
            let (is_news, is_seen) = match self.on_desktop.get(&question.id) {
                Some(Shown::Question(shown, is_seen)) => (
                    question.differs_from(shown),
                    *is_seen && shown.display.desktop == question.display.desktop,
                ),
                Some(Shown::Offer(_)) | None => (true, false),
            };
            // While a code is being checked the old question stays: it may be asked again in its place.
            if is_news && !question.verifying {
                self.on_desktop.insert(question.id, Shown::Question(Box::new(question.clone()), is_seen));
                out.push(Effect::Ask(question));
            }
        }
    }

    /// Whether the desktop shows a question, or goes on showing it.
    fn belongs_on_desktop(&self, now: Now, device: &Device, open: &Open, places: &Places) -> bool {
        let shown = self.shown_at(open.id);
        if open.verifying.is_some() {
            return shown.is_some_and(|at| self.may_show(at));
        }
        let waiting: Vec<&Pending> = self.waiting_at(device, places).collect();
        let Some(there) = self.display(open, &waiting) else { return false };
        // What is there may stay until it is known whether it would be seen.
        let is_there = shown.is_some_and(|at| at.desktop == there.desktop);
        let too_early = !is_there && self.seat_at(there).is_none_or(|seat| seat.is_unheard(now));
        !too_early && self.desktop_due(device, open, places).is_some_and(|due| due <= now.boot)
    }

    /// When the desktop shows a question: at once, where no terminal does.
    fn desktop_due(&self, device: &Device, open: &Open, places: &Places) -> Option<Boot> {
        if open.is_left_to_its_program() {
            return None;
        }
        let waiting: Vec<&Pending> = self.waiting_at(device, places).collect();
        self.display(open, &waiting)?;
        let terminals = waiting.iter().filter(|pending| pending.has_terminal()).map(|pending| pending.since);
        let first = terminals.min().filter(|_| self.wanted_at(open).is_none());
        Some(first.map_or(Boot::default(), |first| first + self.settings.notify_after))
    }

    /// The moments at which questions come to the desktop.
    pub(crate) fn desktop_moments(&self) -> impl Iterator<Item = Boot> {
        self.desk.all().filter_map(|(device, open)| self.desktop_due(device, open, &self.places))
    }

    /// A question as it is shown.
    pub(crate) fn question(&self, now: Now, device: &Device, open: &Open, places: &Places) -> Question {
        let waiting: Vec<&Pending> = self.waiting_at(device, places).collect();
        let question = open.question(device, now, waiting.len());
        let display = self.display(open, &waiting).cloned().unwrap_or_default();
        let on_desktop =
            self.is_seen(open.id, &display) && self.belongs_on_desktop(now, device, open, places);
        let at_terminals =
            !question.wanted && !waiting.is_empty() && waiting.iter().all(|pending| pending.has_terminal());
        let waited = waiting.first().map_or(question.age, |first| now.boot.since(first.since));
        let is_there = |id: &RequestId| {
            self.requests.get(id).is_some_and(|pending| pending.caller.display.desktop == display.desktop)
        };
        let there = places.iter().filter(|(id, place)| place.device == *device && is_there(id));
        let newest = there.map(|(id, _)| *id).max();
        Question { newest, waited, on_desktop, at_terminals, display, ..question }
    }

    /// A question as the desktop shows it, which also says what was wrong with what was typed there.
    fn question_on_desktop(&self, now: Now, device: &Device, open: &Open, places: &Places) -> Question {
        let question = self.question(now, device, open, places);
        let slip = open.slip_at(question.display.desktop.as_ref()).cloned();
        Question { reason: slip.or(question.reason), ..question }
    }

    /// Where a question is asked: on one desktop at a time, and on none if none can be reached, or all are locked.
    ///
    /// A desktop that somebody has named is preferred to the daemon's own, which may not be there; one where the person
    /// has not put the question away, to one where they have. The one that shows it keeps it for as long as somebody
    /// there waits: a dialog may be open. Of others it is that of who asked first.
    pub(crate) fn display<'a>(&'a self, open: &'a Open, waiting: &[&'a Pending]) -> Option<&'a Display> {
        let shown = self.shown_at(open.id);
        let is_shown = |display: &Display| shown.is_some_and(|shown| shown.desktop == display.desktop);
        let aside = |display: &Display| open.aside.contains(&display.desktop);
        let wanted = self.wanted_at(open).map(|display| ((false, aside(display), false), display));
        let reached = waiting.iter().filter(|pending| open.reaches(pending));
        let reached = reached.map(|pending| &pending.caller.display).filter(|display| self.may_show(display));
        let reached =
            reached.map(|display| ((display.desktop.is_none(), aside(display), !is_shown(display)), display));
        let (_, best) = wanted.into_iter().chain(reached).min_by_key(|(rank, _)| *rank)?;
        // Its first caller there may have left; what that one said of it holds for those who stay.
        Some(shown.filter(|_| is_shown(best)).unwrap_or(best))
    }

    /// The desktop that shows a question or an offer.
    pub(crate) fn shown_at(&self, id: QuestionId) -> Option<&Display> {
        self.on_desktop.get(&id).map(Shown::at)
    }

    /// Where the person asked to be asked, unless some desktop could not, or nothing may be shown there.
    fn wanted_at<'a>(&self, open: &'a Open) -> Option<&'a Display> {
        let wanted = open.wanted.as_ref().filter(|_| open.unreachable.is_empty());
        wanted.filter(|display| self.may_show(display))
    }

    /// Whether a notification of a question is on this desktop. Before that, none is promised: there may be nobody to show it.
    fn is_seen(&self, id: QuestionId, display: &Display) -> bool {
        matches!(self.on_desktop.get(&id), Some(Shown::Question(shown, true)) if shown.display.desktop == display.desktop)
    }

    /// Whether a notification of a question is on the screen.
    pub(crate) fn seen_on_desktop(&mut self, id: QuestionId, now_seen: bool) {
        if let Some(Shown::Question(_, is_seen)) = self.on_desktop.get_mut(&id) {
            *is_seen = now_seen;
        }
    }

    /// Those who wait for a device's code.
    pub(crate) fn waiting_at<'a>(
        &'a self,
        device: &'a Device,
        places: &'a Places,
    ) -> impl Iterator<Item = &'a Pending> {
        let there = places.iter().filter(move |(_, place)| place.device == *device);
        there.filter_map(|(id, _)| self.requests.get(id))
    }

    /// The desktop can show a question, or an offer, to nobody: another one is asked, or whoever waits only for it is told.
    pub(crate) fn unreachable(&mut self, now: Now, id: QuestionId) {
        self.put_off_offer(now, id);
        self.put_off_sign_in(now, id);
        let (Some(device), Some(at)) = (self.desk.find(id), self.shown_at(id).cloned()) else { return };
        if let Some(open) = self.desk.open_mut(&device) {
            open.unreachable.insert(at.desktop, now.boot);
        }
    }

    /// The person put the question away where it is shown, and said nothing.
    pub(crate) fn put_aside(&mut self, now: Now, id: QuestionId) {
        self.put_sign_in_aside(now, id);
        self.seen_on_desktop(id, false);
        let (Some(device), Some(at)) = (self.desk.find(id), self.shown_at(id).cloned()) else { return };
        if let Some(open) = self.desk.open_mut(&device) {
            open.aside.insert(at.desktop);
        }
    }
}

impl Open {
    /// Whether a caller's desktop may be reached: whoever came after it could not be may have mended it.
    pub(crate) fn reaches(&self, pending: &Pending) -> bool {
        let failed = self.unreachable.get(&pending.caller.display.desktop);
        failed.is_none_or(|at| *at < pending.since)
    }
}

impl Question {
    /// Whether another one has something else to say. That time has passed is nothing else, and what the desktop has said of
    /// itself it knows.
    fn differs_from(&self, shown: &Self) -> bool {
        let then =
            Self { age: shown.age, waited: shown.waited, on_desktop: shown.on_desktop, ..self.clone() };
        then != *shown
    }
}
