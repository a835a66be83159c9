//! The desktop: one more place where a question is asked, beside the terminals of those who wait.
//!
//! Here it is decided what it shows and when. How it looks, and whether there is one, others know.

use crate::effect::{Effect, Question};
use crate::event::{Display, QuestionId};
use crate::graph::Device;
use crate::prompt::Open;
use crate::questions::Places;
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

impl Core {
    /// Brings the desktop up to date.
    pub(crate) fn show_on_desktop(&mut self, now: Now, places: &Places, out: &mut Vec<Effect>) {
        let asked: Vec<(QuestionId, u32, Question)> = self
            .desk
            .all()
            .filter(|(device, open)| self.belongs_on_desktop(now, device, open, places))
            .map(|(device, open)| (open.id, open.version, self.question(now, device, open, places)))
            .collect();
        let offers = &self.offers;
        let stays = |id: QuestionId| {
            asked.iter().any(|(asked, ..)| *asked == id)
                || offers.values().any(|offer| offer.shown == Some(id))
        };
        for (id, _) in self.on_desktop.extract_if(.., |id, _| !stays(*id)) {
            out.push(Effect::Unask(id));
        }
        for (id, version, question) in asked {
            // While a code is being checked the old question stays: it may be asked again in its place.
            if self.on_desktop.get(&id) != Some(&version) && !question.verifying {
                self.on_desktop.insert(id, version);
                out.push(Effect::Ask(question));
            }
        }
    }

    /// Whether the desktop shows a question, or goes on showing it.
    fn belongs_on_desktop(&self, now: Now, device: &Device, open: &Open, places: &Places) -> bool {
        let due = self.desktop_due(device, open, places).is_some_and(|due| due <= now.boot);
        due || (open.verifying.is_some() && self.on_desktop.contains_key(&open.id))
    }

    /// When the desktop shows a question: at once, where no terminal does.
    fn desktop_due(&self, device: &Device, open: &Open, places: &Places) -> Option<Boot> {
        if !self.settings.desktop || self.seat.locked || open.is_left_to_its_program() {
            return None;
        }
        if open.wanted && open.unreachable.is_none() {
            return Some(Boot::default());
        }
        let waiting = || self.waiting_at(device, places);
        // Whoever comes later may have another desktop.
        let newest = waiting().map(|pending| pending.since).max()?;
        if open.unreachable.is_some_and(|at| newest <= at) {
            return None;
        }
        let terminals = waiting().filter(|pending| pending.has_terminal()).map(|pending| pending.since);
        Some(terminals.min().map_or(Boot::default(), |first| first + self.settings.notify_after))
    }

    /// The moments at which questions come to the desktop.
    pub(crate) fn desktop_moments(&self) -> impl Iterator<Item = Boot> {
        self.desk.all().filter_map(|(device, open)| self.desktop_due(device, open, &self.places))
    }

    /// Whether the desktop can be expected to ask for a code that this request waits for.
    pub(crate) fn desktop_answers(&self, device: &Device, pending: &Pending) -> bool {
        let unreachable = |open: &Open| open.unreachable.is_some_and(|at| pending.since <= at);
        let open = self.desk.open(device);
        self.settings.desktop && !self.seat.locked && !open.is_some_and(unreachable)
    }

    /// A question as it is shown.
    pub(crate) fn question(&self, now: Now, device: &Device, open: &Open, places: &Places) -> Question {
        let question = open.question(device, now, self.waiting_at(device, places).count());
        let display = self.display(device, places).unwrap_or(question.display);
        // A desktop that no caller has named may not be there: it is not promised.
        let on_desktop = display.graphical && self.desktop_due(device, open, places).is_some();
        let waiting = places.iter().filter(|(_, place)| place.device == *device);
        let newest = waiting.map(|(id, _)| *id).max();
        Question { newest, on_desktop, display, ..question }
    }

    /// Where the first caller that has a desktop is.
    fn display(&self, device: &Device, places: &Places) -> Option<Display> {
        let displays = self.waiting_at(device, places).map(|pending| &pending.caller.display);
        displays.into_iter().find(|display| display.graphical).cloned()
    }

    /// Those who wait for a device's code.
    pub(crate) fn waiting_at<'a>(
        &'a self,
        device: &'a Device,
        places: &'a Places,
    ) -> impl Iterator<Item = &'a Pending> {
        let there = places.iter().filter(move |(_, place)| place.device == *device);
        there.filter_map(|(id, _)| self.asks.get(id))
    }

    /// The desktop can show a question, or an offer, to nobody: whoever waits only for it is told.
    pub(crate) fn unreachable(&mut self, now: Now, id: QuestionId) {
        self.on_desktop.remove(&id);
        self.put_off_offer(now, id);
        let Some(device) = self.desk.find(id) else { return };
        let was_promised = self.asks.values().any(|pending| pending.promised == Some(id));
        if let Some(open) = self.desk.open_mut(&device) {
            open.unreachable = Some(now.boot);
            open.version += u32::from(was_promised);
        }
    }
}
