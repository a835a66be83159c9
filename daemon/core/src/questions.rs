//! Questions as callers see them: codes that come in, callers that are told, terminals that are kept up to date.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use crate::denial;
use crate::effect::{Denial, Effect, Question};
use crate::event::{Patience, QuestionId, RequestId, Surface};
use crate::graph::{Device, Node};
use crate::prompt::{Open, Waiter};
use crate::reach::Target;
use crate::session::{Core, Pending};
use crate::time::Now;

/// The question that a request stands before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub device: Device,
    /// What the code is for.
    pub node: Node,
    /// A code is being checked, so there is nothing to type now.
    pub verifying: bool,
}

/// Where every request that waits for a code stands.
pub(crate) type Places = BTreeMap<RequestId, Place>;

/// Whether a terminal, the desktop or a program may give a device's code.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    /// For all who have waited up to this moment.
    until_now: bool,
    /// For those of them whose time is not over.
    further: bool,
    /// The desktop is among those who may, up to this moment.
    on_desktop: bool,
}

impl Core {
    /// The place of a request that waits for a code, or for the verdict on one.
    pub(crate) fn place(&self, node: Node) -> Option<Place> {
        let device = node.device()?;
        let verifying = self.desk.open(&device)?.verifying.is_some();
        Some(Place { device, node, verifying })
    }

    /// Codes that came with requests are used where one is needed, each for its own request.
    pub(crate) fn offer_codes(&mut self, now: Now, places: &mut Places, out: &mut Vec<Effect>) {
        for (id, place) in places.iter() {
            // A code that was offered for another request a moment ago is being checked now.
            let free = self.desk.open(&place.device).is_some_and(|open| open.verifying.is_none());
            let Some(code) =
                self.requests.get_mut(id).filter(|_| free).and_then(|pending| pending.code.take())
            else {
                continue;
            };
            match self.desk.judge(now, self.skew, &place.device, &code) {
                Ok(code) => self.start(now, &Target::Session(place.node.clone()), Some(code), out),
                Err(unfit) => {
                    let problem = denial::bad_code(unfit.reason, &unfit.sentence);
                    out.push(Effect::Progress(*id, problem.sentence.clone()));
                    if let Some(open) = self.desk.open_mut(&place.device) {
                        open.ask_again(now, problem);
                    }
                }
            }
        }
        for place in places.values_mut() {
            place.verifying = self.desk.open(&place.device).is_some_and(|open| open.verifying.is_some());
        }
    }

    /// A code goes to AWS with the call at the front of the queue.
    pub(crate) fn send_code(&mut self, now: Now, device: &Device, code: SecretString, out: &mut Vec<Effect>) {
        let Some(node) = self.desk.open(device).and_then(|open| open.queue.front().cloned()) else { return };
        self.start(now, &Target::Session(node), Some(code), out);
    }

    /// The next code of a device is for whoever waits; only a question that nobody waits for keeps what it was asked for.
    pub(crate) fn queue_up(&mut self, places: &Places) {
        let mut waiting: BTreeMap<&Device, Vec<Waiter<'_>>> = BTreeMap::new();
        for (id, place) in places {
            let Some(pending) = self.requests.get(id) else { continue };
            let waiter =
                Waiter { node: &place.node, profile: &pending.chain.profile, caller: &pending.caller };
            waiting.entry(&place.device).or_default().push(waiter);
        }
        for (device, waiters) in waiting {
            self.desk.queue_up(device, &waiters);
        }
    }

    /// Callers that nobody can answer are told, at once or when their time is over.
    pub(crate) fn tell_silent(&mut self, now: Now, places: &mut Places, out: &mut Vec<Effect>) {
        let devices: BTreeSet<&Device> = places.values().map(|place| &place.device).collect();
        let asked: BTreeMap<Device, Asked> =
            devices.into_iter().map(|device| (device.clone(), self.asked_for(now, device, places))).collect();
        places.retain(|id, place| {
            let asked = asked.get(&place.device).copied().unwrap_or_default();
            let pending = self.requests.get(id).filter(|_| !place.verifying);
            let denial = pending.and_then(|pending| self.silenced(now, pending, &place.device, asked));
            let Some(denial) = denial else { return true };
            self.deny(*id, denial, out);
            false
        });
    }

    /// Whether somebody may give a device's code.
    fn asked_for(&self, now: Now, device: &Device, places: &Places) -> Asked {
        let here = |pending: &&Pending| pending.patience != Patience::Never;
        let waiting: Vec<&Pending> = self.waiting_at(device, places).filter(here).collect();
        // Whose time is over leaves now, and nobody is asked there.
        let staying: Vec<&Pending> =
            waiting.iter().copied().filter(|pending| !self.is_late(now, pending)).collect();
        Asked {
            until_now: self.somebody_is_asked(device, &waiting),
            further: self.somebody_is_asked(device, &staying),
            on_desktop: self.desktop_is_asked(device, &waiting),
        }
    }

    /// Whether a terminal, the desktop or a program may give a device's code to these.
    fn somebody_is_asked(&self, device: &Device, waiting: &[&Pending]) -> bool {
        waiting.iter().any(|pending| pending.has_terminal())
            || self.desk.open(device).is_some_and(Open::has_program)
            || self.desktop_is_asked(device, waiting)
    }

    fn desktop_is_asked(&self, device: &Device, waiting: &[&Pending]) -> bool {
        self.desk.open(device).is_some_and(|open| self.display(open, waiting).is_some())
    }

    /// Why a request that stands before a question does not wait there (any longer).
    fn silenced(&self, now: Now, pending: &Pending, device: &Device, asked: Asked) -> Option<Denial> {
        let profile = &pending.chain.profile;
        let asks = pending.patience != Patience::Never;
        let alone = match pending.patience {
            Patience::Never => true,
            Patience::Silent(None) => !asked.further,
            Patience::Silent(Some(_)) | Patience::Terminal(_) => false,
        };
        let late = self.is_late(now, pending);
        let lock = self.lock_in_the_way(now, device, pending).filter(|_| asks);
        let in_vain = asks && late && asked.until_now;
        if alone && !in_vain {
            let problem = self.desk.open(device).and_then(|open| open.problem_since(pending.since)).cloned();
            return Some(problem.unwrap_or_else(|| denial::code_required(profile, &device.serial, lock)));
        }
        // Another desktop has asked instead.
        let lock = lock.filter(|_| !asked.on_desktop);
        late.then(|| denial::waited_in_vain(profile, &device.serial, lock))
    }

    /// Whether a request has waited for a person as long as it can.
    fn is_late(&self, now: Now, pending: &Pending) -> bool {
        pending.deadline(self.settings.default_wait).is_some_and(|deadline| deadline <= now.boot)
    }

    /// Callers that wait without a terminal hear what was wrong with a code, and that it goes on.
    pub(crate) fn tell_patient(&self, device: &Device, problem: &str, out: &mut Vec<Effect>) {
        for (id, _) in self.places.iter().filter(|(_, place)| place.device == *device) {
            let patient = |pending: &Pending| matches!(pending.patience, Patience::Silent(Some(_)));
            if self.requests.get(id).is_some_and(patient) {
                out.push(Effect::Progress(*id, format!("{problem}; waiting for another code")));
            }
        }
    }

    /// Brings every terminal up to date.
    pub(crate) fn show(&mut self, now: Now, places: &Places, out: &mut Vec<Effect>) {
        let ids: Vec<RequestId> =
            self.requests.iter().filter(|(_, pending)| pending.has_terminal()).map(|(id, _)| *id).collect();
        for id in ids {
            self.show_one(now, id, places, out);
        }
    }

    fn show_one(&mut self, now: Now, id: RequestId, places: &Places, out: &mut Vec<Effect>) {
        let Some(pending) = self.requests.get(&id) else { return };
        let open = places
            .get(&id)
            .and_then(|place| Some((&place.device, self.desk.open(&place.device)?)))
            .filter(|(_, open)| !open.is_left_to_its_program());
        let version = open.map(|(_, open)| (open.id, open.version));
        // A list never changes while it is shown.
        let current = version.or(pending.choosing.map(|id| (id, 0)));
        let question = open.map(|(device, open)| self.question(now, device, open, places));
        let promised = question.as_ref().and_then(Question::promised);
        if pending.shown == current && pending.promised == promised {
            return;
        }
        if let Some((old, _)) = pending.shown
            && current.is_none_or(|(new, _)| new != old)
        {
            out.push(Effect::Withdraw(id, old));
        }
        if let Some(question) = question {
            out.push(Effect::Show(id, question));
        } else if let Some(choice) = self.discoveries.choice(pending) {
            out.push(Effect::Choose(id, choice));
        }
        if let Some(pending) = self.requests.get_mut(&id) {
            pending.shown = current;
            pending.promised = promised;
        }
    }

    /// A code was typed somewhere. Only there it is said what is wrong with its form.
    pub(crate) fn typed(
        &mut self,
        now: Now,
        at: Surface,
        question: QuestionId,
        code: &SecretString,
        out: &mut Vec<Effect>,
    ) {
        let Some(device) = self.desk.find(question) else { return };
        if self.desk.open(&device).is_none_or(|open| open.verifying.is_some()) {
            return;
        }
        let unfit = match self.desk.judge(now, self.skew, &device, code) {
            Ok(code) => return self.send_code(now, &device, code, out),
            Err(unfit) => unfit.sentence,
        };
        match at {
            Surface::Desktop => {
                let desktop = self.shown_at(question).and_then(|display| display.desktop.clone());
                if let Some(open) = self.desk.open_mut(&device) {
                    open.slipped(desktop, unfit);
                }
            }
            Surface::Terminal(id) => {
                let Some(open) = self.desk.open(&device) else { return };
                let question = self.question(now, &device, open, &self.places);
                let question = Question { reason: Some(unfit), ..question };
                if let Some(pending) = self.requests.get_mut(&id) {
                    pending.promised = question.promised();
                }
                out.push(Effect::Show(id, question));
            }
        }
    }

    /// `awsd mfa CODE`.
    pub(crate) fn answer(
        &mut self,
        now: Now,
        by: RequestId,
        profile: Option<&str>,
        code: &SecretString,
        out: &mut Vec<Effect>,
    ) {
        let judged = self.answered_device(profile).and_then(|device| {
            match self.desk.judge(now, self.skew, &device, code) {
                Ok(code) => Ok((device, code)),
                Err(unfit) => Err(denial::bad_code(unfit.reason, &unfit.sentence)),
            }
        });
        match judged {
            Err(denial) => out.push(Effect::Denied(by, denial)),
            Ok((device, code)) => {
                if let Some(open) = self.desk.open_mut(&device) {
                    open.answerers.push(by);
                }
                self.send_code(now, &device, code, out);
            }
        }
    }

    /// The device that `awsd mfa` means.
    fn answered_device(&self, profile: Option<&str>) -> Result<Device, Denial> {
        // Two shells may call different things by one name; the device's own name always tells them apart.
        let meant = |device: &Device, open: &Open| {
            profile.is_none_or(|named| open.profiles.contains(named) || device.serial == named)
        };
        let open: Vec<_> = self.desk.all().filter(|(device, open)| meant(device, open)).collect();
        match open.as_slice() {
            [] => Err(denial::no_question(profile)),
            [(_, open)] if open.verifying.is_some() => Err(denial::being_checked()),
            [(device, _)] => Ok((*device).clone()),
            several => {
                let serials = several.iter().map(|(device, _)| device.serial.clone());
                Err(denial::several_questions(&serials.collect::<Vec<_>>()))
            }
        }
    }

    /// "Not now": everybody who waits for this device is told, and it is left alone for a while.
    pub(crate) fn dismissed(&mut self, now: Now, question: QuestionId, out: &mut Vec<Effect>) {
        let Some(device) = self.desk.find(question) else { return };
        // A code that is being checked is past putting off.
        if self.desk.open(&device).is_none_or(|open| open.verifying.is_some()) {
            return;
        }
        let waiting = self.places.iter().filter(|(_, place)| place.device == device);
        for id in waiting.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(profile) = self.requests.get(&id).map(|pending| pending.chain.profile.clone()) {
                self.deny(id, denial::not_now(&profile), out);
            }
        }
        self.desk.close(&device);
        self.desk.put_off(now, &device, self.settings.not_now);
        self.rest_offers(now, &device);
    }
}
