//! Temporary keys that a tool of the person's writes into a file: awsd cannot renew them, so whoever uses them is told
//! before they end, and the command that brings new ones is offered where there is one.
//!
//! Only what tells one key from another is known here, never a secret. It must never run anything that nobody has asked
//! for, and nothing twice at a time.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::chain::Base;
use crate::denial;
use crate::desktop::Shown;
use crate::effect::{Denial, Effect, Reason, SignInOffer, SignInProgress, SignInRun};
use crate::event::{
    Caller, Command, Found, OfferAnswer, Patience, Purpose, QuestionId, Request, RequestId, SourceProfile,
};
use crate::offers::LastUse;
use crate::policy::{FLOOR, rest};
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

/// What is known of a source profile whose keys are in use.
#[derive(Debug, Default)]
pub(crate) struct SignedIn {
    found: Option<Found>,
    command: Option<Command>,
    /// Which of those that start from it have lately been asked for.
    profiles: BTreeSet<String>,
    /// When something was last served from it, or refused to somebody who could not be told what to do.
    last_use: Option<LastUse>,
    /// Whom the end of these keys has stopped.
    refused: Option<(String, Caller)>,
    look: Look,
    run: Run,
    runs: u32,
    /// The keys have changed since the command was started.
    renewed: bool,
    /// On the desktop, as it was last told.
    shown: Option<SignInOffer>,
    /// Who has just signed in is not told before that it ends.
    fresh_until: Boot,
    /// It is not offered before.
    not_before: Boot,
}

/// How old what is known of the file is: before somebody is told to sign in it is looked whether they have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Look {
    #[default]
    Old,
    Asked,
    Fresh,
}

/// The command that signs in.
#[derive(Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    No,
    Runs(QuestionId),
    /// It has ended, as it says well or not, and it is looked whether there are new keys.
    Ended(Result<(), String>),
    Failed(String),
}

impl SignedIn {
    pub(crate) fn is_shown(&self, id: QuestionId) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.id == id)
    }

    fn in_use(&self, now: Now, within: Duration) -> bool {
        self.last_use.as_ref().is_some_and(|last| now.boot.since(last.at) < within)
    }

    /// Who says nothing of a desktop may still work for somebody who has been seen at one.
    fn note_use(&mut self, now: Now, within: Duration, profile: &str, caller: &Caller) {
        let lately = self.last_use.take().filter(|last| now.boot.since(last.at) < within);
        if lately.is_none() {
            (self.refused, self.profiles) = (None, BTreeSet::new());
        }
        self.profiles.insert(profile.to_owned());
        let seen = lately.map(|last| last.display).unwrap_or_default();
        let display = if caller.display.desktop.is_some() { caller.display.clone() } else { seen };
        self.last_use = Some(LastUse { at: now.boot, display });
    }

    /// Whether somebody is known who could sign in.
    fn is_seen(&self) -> bool {
        self.last_use.as_ref().is_some_and(|last| last.display.desktop.is_some())
    }

    fn runs(&self) -> bool {
        matches!(self.run, Run::Runs(_) | Run::Ended(_))
    }

    fn rests(&self, now: Now) -> bool {
        self.not_before > now.boot
    }

    /// Whether these keys are those that are known of it.
    fn has(&self, keys: Option<&Found>) -> bool {
        self.found.as_ref() == keys
    }

    fn progress(&self) -> SignInProgress {
        match &self.run {
            Run::No => SignInProgress::Offered,
            Run::Runs(_) | Run::Ended(_) => SignInProgress::Runs,
            Run::Failed(why) => SignInProgress::Failed(why.clone()),
        }
    }
}

impl Pending {
    /// What signs in where its keys come from.
    pub(crate) fn sign_in_command(&self) -> Option<&Command> {
        self.sign_in.as_ref()?.command.as_ref()
    }
}

/// The temporary keys that a chain starts from.
fn base(base: &Base) -> Option<Found> {
    match base {
        Base::Keys(keys) => Found::new(keys),
        Base::Source { .. } => None,
    }
}

impl Core {
    /// A request has just read what a source profile has.
    pub(crate) fn note_source(&mut self, now: Now, request: &Request) {
        let Some(sign_in) = &request.sign_in else { return };
        self.sign_ins.entry(sign_in.source.clone()).or_default().command.clone_from(&sign_in.command);
        self.note_found(now, &sign_in.source, base(&request.chain.base));
    }

    /// What a source profile has now.
    pub(crate) fn looked(&mut self, now: Now, source: &SourceProfile, found: Option<Found>) {
        self.note_found(now, source, found);
        let Some(held) = self.sign_ins.get_mut(source) else { return };
        let Run::Ended(result) = &held.run else { return };
        // Without keys in the file there is nothing to compare: what the command says has to be believed.
        let is_done = held.renewed || (held.found.is_none() && result.is_ok());
        held.run = match result.clone() {
            _ if is_done => Run::No,
            Ok(()) => Run::Failed(denial::no_new_keys(&source.name)),
            Err(why) => Run::Failed(why),
        };
        held.refused = held.refused.take().filter(|_| !is_done);
    }

    fn note_found(&mut self, now: Now, source: &SourceProfile, found: Option<Found>) {
        let (skew, pause) = (self.skew, self.settings.offer_pause);
        let Some(held) = self.sign_ins.get_mut(source) else { return };
        held.look = Look::Fresh;
        if held.has(found.as_ref()) {
            return;
        }
        if held.found.is_some() {
            held.renewed = true;
            held.refused = None;
            if !held.runs() {
                // What was told is about other keys.
                (held.run, held.shown) = (Run::No, None);
            }
            // However short it lasts.
            let end = found.as_ref().and_then(|found| found.expiration);
            let left = end.map_or(Duration::ZERO, |end| end.since(now.wall.shifted(skew)));
            held.fresh_until = now.boot + rest(pause, left, Duration::MAX).unwrap_or_default();
        }
        held.found = found;
    }

    /// Something was served from a source's keys.
    pub(crate) fn note_use_of_source(&mut self, now: Now, pending: &Pending) {
        let Some(sign_in) = pending.sign_in.as_ref().filter(|_| pending.purpose != Purpose::Login) else {
            return;
        };
        let within = self.settings.offer_if_used;
        let Some(held) = self.sign_ins.get_mut(&sign_in.source) else { return };
        // Who has waited may still have the keys before these.
        if held.has(base(&pending.chain.base).as_ref()) {
            held.note_use(now, within, &pending.chain.profile, &pending.caller);
        }
    }

    /// Refuses a request. If its source is over, that is also said where somebody can do something about it.
    pub(crate) fn refuse(&mut self, now: Now, id: RequestId, mut denial: Denial, out: &mut Vec<Effect>) {
        if let Some(pending) = self.requests.get(&id).filter(|_| denial.reason == Reason::SourceExpired) {
            denial.hint = pending.sign_in_command().map(denial::sign_in_with).or(denial.hint);
            let (sign_in, within) = (pending.sign_in.as_ref(), self.settings.offer_if_used);
            let held = sign_in.and_then(|sign_in| self.sign_ins.get_mut(&sign_in.source));
            // A terminal says it, and who may not be asked anywhere asks for nothing.
            let is_silent = matches!(pending.patience, Patience::Silent(_));
            if let Some(held) = held.filter(|held| is_silent && held.has(base(&pending.chain.base).as_ref()))
            {
                held.note_use(now, within, &pending.chain.profile, &pending.caller);
                held.refused = Some((pending.chain.profile.clone(), pending.caller.clone()));
            }
        }
        self.deny(id, denial, out);
    }

    /// Offers to sign in where that is due, brings up to date what is shown, and takes back what is without an object.
    pub(crate) fn offer_sign_ins(&mut self, now: Now, out: &mut Vec<Effect>) {
        for source in self.sign_ins.keys().cloned().collect::<Vec<_>>() {
            self.offer_sign_in(now, &source, out);
        }
        let waits = |source: &SourceProfile, pending: &Pending| {
            pending.sign_in.as_ref().is_some_and(|sign_in| sign_in.source == *source)
        };
        let requests = &self.requests;
        self.sign_ins.retain(|source, held| {
            if held.look == Look::Fresh {
                held.look = Look::Old;
            }
            let is_of_use = held.runs() || held.rests(now) || held.in_use(now, self.settings.offer_if_used);
            is_of_use || requests.values().any(|pending| waits(source, pending))
        });
    }

    fn offer_sign_in(&mut self, now: Now, source: &SourceProfile, out: &mut Vec<Effect>) {
        let Some(held) = self.sign_ins.get(source) else { return };
        let due = self.is_sign_in_due(now, held) && !held.rests(now);
        let shown = held.shown.as_ref().filter(|shown| due && self.may_show(&shown.display));
        if let Some(id) = shown.map(|shown| shown.id) {
            return self.show_sign_in(now, id, source, out);
        }
        let new = due && held.last_use.as_ref().is_some_and(|last| self.takes_offers(now, &last.display));
        let Some(held) = self.sign_ins.get_mut(source) else { return };
        held.shown = None;
        match held.look {
            Look::Old if new => {
                held.look = Look::Asked;
                out.push(Effect::Look(source.clone()));
            }
            Look::Fresh if new => {
                let id = self.desk.number();
                self.show_sign_in(now, id, source, out);
            }
            Look::Old | Look::Asked | Look::Fresh => {}
        }
    }

    /// Whether somebody who uses these keys should hear of their end.
    fn is_sign_in_due(&self, now: Now, held: &SignedIn) -> bool {
        let before = self.settings.offer_before;
        let left = self.left_of(now, held);
        // What is over is told to those who are stopped by it, and where it was told before it was over.
        let ends = left.is_some_and(|left| left <= before && (!left.is_zero() || held.shown.is_some()));
        let ends = ends && !before.is_zero() && held.fresh_until <= now.boot;
        held.is_seen()
            && (held.runs()
                || (held.in_use(now, self.settings.offer_if_used) && (held.refused.is_some() || ends)))
    }

    fn left_of(&self, now: Now, held: &SignedIn) -> Option<Duration> {
        let end = held.found.as_ref()?.expiration?;
        Some(end.since(now.wall.shifted(self.skew)))
    }

    /// Shows an offer, or what has changed about it.
    fn show_sign_in(&mut self, now: Now, id: QuestionId, source: &SourceProfile, out: &mut Vec<Effect>) {
        let Some(held) = self.sign_ins.get(source) else { return };
        let left = self.left_of(now, held);
        // Whoever is refused with so much left was refused by AWS, which knows better.
        let is_over = |left: &Duration| held.refused.is_some() && *left >= FLOOR;
        let remaining = left.filter(|left| !is_over(left)).unwrap_or_default();
        let wanted = self.settings.offer_pause;
        let display = held.last_use.as_ref().map(|last| last.display.clone()).unwrap_or_default();
        let offer = SignInOffer {
            id,
            source: source.name.clone(),
            profiles: held.profiles.iter().cloned().collect(),
            remaining,
            refused: held.refused.clone(),
            command: held.command.as_ref().map(|command| command.words.clone()),
            progress: held.progress(),
            runs: held.runs,
            pause: rest(wanted, remaining, Duration::MAX).unwrap_or(wanted),
            // It stays where it is.
            display: held.shown.as_ref().map_or(display, |shown| shown.display.clone()),
        };
        if held.shown.as_ref().is_some_and(|shown| !offer.differs_from(shown)) {
            return;
        }
        self.on_desktop.insert(id, Shown::Offer(offer.display.clone()));
        if let Some(held) = self.sign_ins.get_mut(source) {
            held.shown = Some(offer.clone());
        }
        out.push(Effect::OfferSignIn(offer));
    }

    /// The person answered an offer.
    pub(crate) fn sign_in_answered(
        &mut self,
        now: Now,
        id: QuestionId,
        answer: OfferAnswer,
        out: &mut Vec<Effect>,
    ) {
        let Some(held) = self.sign_ins.values_mut().find(|held| held.is_shown(id)) else { return };
        let Some(shown) = &held.shown else { return };
        let pause = match answer {
            OfferAnswer::Renew if held.runs() => return,
            OfferAnswer::Renew => {
                let Some(command) = held.command.clone() else { return };
                let (run, display) = (self.desk.number(), shown.display.clone());
                (held.run, held.renewed) = (Run::Runs(run), false);
                held.runs += 1;
                out.push(Effect::SignIn(run, Box::new(SignInRun { command, display })));
                return;
            }
            OfferAnswer::Later => shown.pause,
            OfferAnswer::NotToday => self.settings.offer_not_today,
        };
        held.stop(out);
        held.rest(now.boot + pause);
    }

    /// An offer reached nobody. What runs goes on.
    pub(crate) fn put_off_sign_in(&mut self, now: Now, id: QuestionId) {
        if let Some(held) = self.sign_ins.values_mut().find(|held| held.is_shown(id)) {
            let pause = held.shown.as_ref().map(|shown| shown.pause).unwrap_or_default();
            held.rest(now.boot + pause);
        }
    }

    /// The person closed an offer and said nothing: it was seen. While the command runs only its end is news.
    pub(crate) fn put_sign_in_aside(&mut self, now: Now, id: QuestionId) {
        if self.sign_ins.values().any(|held| held.is_shown(id) && !held.runs()) {
            self.put_off_sign_in(now, id);
        }
    }

    /// The command has ended.
    pub(crate) fn signed_in(&mut self, run: QuestionId, result: Result<(), String>, out: &mut Vec<Effect>) {
        let run = Run::Runs(run);
        let Some((source, held)) = self.sign_ins.iter_mut().find(|(_, held)| held.run == run) else { return };
        (held.run, held.look) = (Run::Ended(result), Look::Asked);
        out.push(Effect::Look(source.clone()));
    }

    /// A logout: what was under way ends. Who wants no more offers today still wants none.
    pub(crate) fn forget_sign_ins(&mut self, goes: impl Fn(&str) -> bool, out: &mut Vec<Effect>) {
        let key = |held: &SignedIn| held.found.as_ref().map(|found| found.access_key_id.clone());
        // Of what has no key that is known nothing is kept either.
        for held in self.sign_ins.values_mut().filter(|held| key(held).is_none_or(|key| goes(&key))) {
            held.stop(out);
            (held.last_use, held.refused, held.shown) = (None, None, None);
        }
    }

    /// The moments at which something may be offered, or is over.
    pub(crate) fn sign_in_moments(&self, now: Now) -> impl Iterator<Item = Boot> {
        self.sign_ins.values().flat_map(move |held| {
            let until = held.last_use.as_ref().map(|last| last.at + self.settings.offer_if_used);
            let end =
                self.left_of(now, held).map(|left| [left.saturating_sub(self.settings.offer_before), left]);
            let ends = end.into_iter().flatten().map(move |left| now.boot + left);
            let shown = until.filter(|_| held.shown.is_some());
            ends.chain([held.fresh_until, held.not_before])
                .filter(move |moment| until.is_some_and(|until| *moment <= until))
                .chain(shown)
        })
    }
}

impl SignedIn {
    fn stop(&mut self, out: &mut Vec<Effect>) {
        if let Run::Runs(run) = std::mem::take(&mut self.run) {
            out.push(Effect::Stop(run));
        }
    }

    fn rest(&mut self, until: Boot) {
        self.not_before = until;
        self.shown = None;
    }
}

impl SignInOffer {
    /// Whether another one has something else to say. That time has passed is nothing else, unless the keys are over.
    fn differs_from(&self, shown: &Self) -> bool {
        let is_over = |offer: &Self| offer.remaining.is_zero();
        let then = Self { remaining: shown.remaining, pause: shown.pause, ..self.clone() };
        then != *shown || is_over(self) != is_over(shown)
    }
}
