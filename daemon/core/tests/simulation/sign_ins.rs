//! Keys that a tool writes: who is told that they end, when, and what comes of the command that brings new ones.

use std::sync::Arc;
use std::time::Duration;

use awsd_core::effect::{Denial, Reason, SignInOffer, SignInProgress, SignInRun};
use awsd_core::event::{
    self, Command, Event, Found, OfferAnswer, Patience, Purpose, QuestionId, SignIn, SourceProfile,
};
use awsd_core::time::Boot;

use crate::world::{Clocks, Open, World};

/// The numbers of the design, once more.
const LAST_OFFER: Duration = Duration::from_mins(5);
/// A rest is in whole minutes.
const ROUNDING: Duration = Duration::from_secs(30);
const NOISE: Duration = Duration::from_secs(3);

/// The one tool that there is, and what is on the desktop about it.
#[derive(Default)]
pub(crate) struct SignIns {
    shown: Option<(SignInOffer, Option<Found>)>,
    /// About other keys than there are now: it goes in this moment.
    leaving: Option<QuestionId>,
    running: Option<QuestionId>,
    /// Which keys were there when the command was started.
    began_with: Option<Found>,
    /// What the core has last been told of the file.
    known: Option<Found>,
    last_use: Option<Boot>,
    /// The last desktop that somebody who used the keys was at.
    seen_at: Option<event::Desktop>,
    refused: bool,
    /// Until when the person wants to hear nothing.
    quiet: Boot,
    /// Until when who has just signed in is left alone, and until when that may be so.
    fresh: Boot,
    perhaps_fresh: Boot,
    looks: u32,
    /// Where the person has just asked for the command.
    wanted: Option<event::Display>,
}

impl SignIns {
    pub(crate) fn shown(&self) -> Option<&SignInOffer> {
        self.shown.as_ref().map(|(offer, _)| offer)
    }

    fn in_use(&self, now: Boot, within: Duration) -> bool {
        self.last_use.is_some_and(|last| now.since(last) < within)
    }
}

/// What the core can tell the keys by that a request starts from.
fn found(open: &Open) -> Option<Found> {
    match &open.chain.base {
        awsd_core::chain::Base::Keys(keys) => Found::new(keys),
        awsd_core::chain::Base::Source { .. } => None,
    }
}

impl World {
    /// What the tool has written.
    pub(crate) fn written(&self) -> Found {
        let expiration = self.saml_line.then_some(self.aws.saml_end);
        Found { access_key_id: format!("ASIASAML{}", self.saml), expiration }
    }

    /// The tool is run.
    pub(crate) fn write_new_keys(&mut self) {
        self.saml = 3 - self.saml;
        let life = *self.random.pick(&[200_u64, 900, 3600, 3600, 40_000]);
        self.aws.saml_end = self.aws.now + Duration::from_secs(life);
        self.saml_line = self.random.percent(75);
        self.log(&format!("signed in {:?}", self.written()));
    }

    /// What a request says of them, which has read the file.
    pub(crate) fn sign_in(&mut self) -> SignIn {
        self.told_of(self.written());
        let words = Arc::from(["saml2aws".to_owned(), "login".to_owned()]);
        SignIn {
            source: SourceProfile { name: "saml".to_owned(), config_file: None, credentials_file: None },
            command: self.saml_command.then(|| Command { words, variables: Arc::default() }),
        }
    }

    fn told_of(&mut self, found: Found) {
        let (now, end) = (Boot(self.boot), found.expiration);
        let sign_ins = &mut self.desktop.sign_ins;
        let in_use = sign_ins.in_use(now, self.settings.offer_if_used);
        let before = sign_ins.known.replace(found);
        if before.is_some() && before != sign_ins.known {
            sign_ins.refused = false;
            let left = end.map(|end| end.since(self.aws.now)).unwrap_or_default();
            let room = left.saturating_sub(LAST_OFFER);
            let fresh = now + room.min(self.settings.offer_pause);
            // What nobody used is not known to have been other keys before.
            sign_ins.perhaps_fresh = fresh;
            sign_ins.fresh = if in_use { fresh } else { Boot::default() };
        }
    }

    /// The core wants to know what the file has.
    pub(crate) fn look_wanted(&mut self, source: &SourceProfile) {
        if source.name != "saml" {
            self.fail("nobody writes keys into such a profile");
        }
        self.desktop.sign_ins.looks += 1;
        if self.desktop.sign_ins.looks > 1 {
            self.fail("the file is looked at over and over");
        }
    }

    /// What it is told.
    pub(crate) fn look(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.desktop.sign_ins.looks) == 0 {
            return None;
        }
        self.told_of(self.written());
        let source = SourceProfile { name: "saml".to_owned(), config_file: None, credentials_file: None };
        Some(Event::Looked(source, Some(self.written())))
    }

    /// Somebody was served.
    pub(crate) fn sign_in_used(&mut self, open: &Open) {
        if open.purpose != Purpose::Login
            && found(open).is_some()
            && found(open) == self.desktop.sign_ins.known
        {
            self.note_sign_in_use(open);
        }
    }

    fn note_sign_in_use(&mut self, open: &Open) {
        let lately = self.desktop.sign_ins.in_use(Boot(self.boot), self.settings.offer_if_used);
        let sign_ins = &mut self.desktop.sign_ins;
        // Where the person was an hour ago is of no interest.
        let seen = sign_ins.seen_at.take().filter(|_| lately);
        sign_ins.seen_at = open.display.desktop.clone().or(seen);
        sign_ins.last_use = Some(Boot(self.boot));
        sign_ins.refused &= lately;
    }

    /// Somebody was refused; who cannot show it to a person has the desktop tell.
    pub(crate) fn sign_in_refused(&mut self, open: &Open, denial: &Denial) {
        if denial.reason != Reason::SourceExpired {
            return;
        }
        let names_command = denial.hint.as_ref().is_some_and(|hint| hint.contains("run: saml2aws login;"));
        if names_command != self.saml_command {
            self.fail(&format!("it is not said how to sign in: {:?}", denial.hint));
        }
        if matches!(open.patience, Patience::Silent(_)) && found(open) == self.desktop.sign_ins.known {
            self.note_sign_in_use(open);
            self.desktop.sign_ins.refused = true;
        }
    }

    /// A logout.
    pub(crate) fn forget_sign_in(&mut self, key: Option<&str>) {
        let sign_ins = &mut self.desktop.sign_ins;
        let known = sign_ins.known.as_ref().map(|found| found.access_key_id.as_str());
        if key.is_none() || key == known {
            (sign_ins.last_use, sign_ins.refused) = (None, false);
            // Of what nobody uses any more it is not kept either that it is new.
            sign_ins.fresh = Boot::default();
        }
    }

    /// Something is told about a sign-in: to somebody who is there, about keys in use that end and are not renewed yet.
    pub(crate) fn sign_in_offered(&mut self, offer: SignInOffer) {
        let now = Boot(self.boot);
        if self.desktop.locked.is_some() || !self.settings.desktop {
            self.fail("a sign-in is offered where nobody may see it");
        }
        let sign_ins = &self.desktop.sign_ins;
        let runs = sign_ins.running.is_some();
        if (offer.progress == SignInProgress::Runs) != runs {
            self.fail(&format!("the command runs ({runs}), and {:?} is told", offer.progress));
        }
        if offer.command.is_some() != self.saml_command || offer.source != "saml" || offer.profiles.is_empty()
        {
            self.fail("another sign-in is offered");
        }
        match &sign_ins.shown {
            Some((shown, _)) if shown.id == offer.id => {
                let (remaining, pause) = (shown.remaining, shown.pause);
                if (SignInOffer { remaining, pause, ..offer.clone() }) == *shown
                    && offer.remaining.is_zero() == shown.remaining.is_zero()
                {
                    self.fail("the desktop is told what it shows already");
                }
            }
            Some((_, about)) if *about == sign_ins.known => self.fail("one sign-in is offered twice"),
            Some(_) | None => self.check_new_sign_in(now, &offer, runs),
        }
        let about_others = self.desktop.sign_ins.began_with != self.desktop.sign_ins.known;
        if matches!(offer.progress, SignInProgress::Failed(_)) && about_others {
            self.fail("a failure is told that new keys have mended");
        }
        self.check_sign_in_pause(&offer);
        let sign_ins = &mut self.desktop.sign_ins;
        let other = sign_ins.shown.take().map(|(shown, _)| shown.id).filter(|id| *id != offer.id);
        sign_ins.leaving = other.or(sign_ins.leaving);
        sign_ins.shown = Some((offer, sign_ins.known.clone()));
    }

    fn check_new_sign_in(&self, now: Boot, offer: &SignInOffer, runs: bool) {
        let sign_ins = &self.desktop.sign_ins;
        if self.unheard() || self.desktop.idle {
            self.fail("a sign-in is offered to nobody");
        }
        if now < sign_ins.quiet {
            self.fail("a sign-in is offered although it was put off");
        }
        if offer.display.desktop.is_none() || offer.display.desktop != sign_ins.seen_at {
            self.fail("a sign-in is offered where nobody was");
        }
        if runs {
            return;
        }
        if !sign_ins.in_use(now, self.settings.offer_if_used) {
            self.fail("a sign-in is offered to nobody who uses it");
        }
        let known = sign_ins.known.as_ref();
        if known != Some(&self.written()) {
            self.fail("somebody is told to sign in who just has");
        }
        let left = known.and_then(|known| known.expiration).map(|end| end.since(self.aws.now));
        let ends = left.is_some_and(|left| left <= self.settings.offer_before && !left.is_zero());
        let failed = matches!(offer.progress, SignInProgress::Failed(_));
        if self.clocks == Clocks::Right && !ends && !sign_ins.refused {
            self.fail(&format!("a sign-in is offered that does not end: {left:?} failed {failed}"));
        }
        if self.clocks == Clocks::Right && !sign_ins.refused && now + ROUNDING < sign_ins.fresh {
            self.fail("who has just signed in is told to do it again");
        }
    }

    /// Who puts it off is told for how long, and hears of it again while there is time, if there is.
    fn check_sign_in_pause(&self, offer: &SignInOffer) {
        let room = offer.remaining.saturating_sub(LAST_OFFER);
        let wanted = self.settings.offer_pause;
        let least = if room > ROUNDING { wanted.min(room.saturating_sub(ROUNDING)) } else { Duration::ZERO };
        let most = if room > ROUNDING { wanted.min(room + ROUNDING) } else { wanted };
        if offer.pause < least || offer.pause > most || offer.pause.is_zero() {
            self.fail(&format!("an offer rests for {:?} with {:?} left", offer.pause, offer.remaining));
        }
    }

    /// It is taken from the desktop, if this is it.
    pub(crate) fn sign_in_unasked(&mut self, id: QuestionId) -> bool {
        let sign_ins = &mut self.desktop.sign_ins;
        sign_ins.leaving.take_if(|leaving| *leaving == id).is_some()
            || sign_ins.shown.take_if(|(offer, _)| offer.id == id).is_some()
    }

    /// The command is to run: the person has just said so.
    pub(crate) fn sign_in_begins(&mut self, run: QuestionId, command: &SignInRun) {
        let wanted = self.desktop.sign_ins.wanted.take();
        if wanted.as_ref() != Some(&command.display) || !self.saml_command {
            self.fail("a command runs that nobody has asked for");
        }
        if self.desktop.sign_ins.running.replace(run).is_some() {
            self.fail("two commands run for one sign-in");
        }
        self.desktop.sign_ins.began_with = self.desktop.sign_ins.known.clone();
    }

    /// The command is stopped, if this is it.
    pub(crate) fn sign_in_stopped(&mut self, run: QuestionId) -> bool {
        self.desktop.sign_ins.running.take_if(|running| *running == run).is_some()
    }

    /// The person says something to an offer, or closes it, or it reaches nobody.
    pub(crate) fn answer_sign_in(&mut self, offer: &SignInOffer) {
        let runs = self.desktop.sign_ins.running.is_some();
        let now = Boot(self.boot);
        let rest = |world: &mut Self, pause| world.desktop.sign_ins.quiet = now + pause;
        let what = self.random.below(10);
        self.log(&format!("sign-in {:?} {what}", offer.id));
        match what {
            0 => {
                rest(self, offer.pause);
                self.give(Event::Unreachable(offer.id));
            }
            1 if runs => return self.give(Event::PutAside(offer.id)),
            1 => {
                rest(self, offer.pause);
                self.give(Event::PutAside(offer.id));
            }
            2 if !runs => {
                rest(self, self.settings.offer_not_today);
                self.give(Event::Offered(offer.id, OfferAnswer::NotToday));
            }
            3 | 4 => {
                rest(self, offer.pause);
                self.give(Event::Offered(offer.id, OfferAnswer::Later));
                if self.desktop.sign_ins.running.is_some() {
                    self.fail("a command is to be stopped, and goes on");
                }
            }
            _ => return self.run_sign_in(offer, runs),
        }
        if self.desktop.sign_ins.shown.is_some() {
            self.fail("what was put off stays on the desktop");
        }
    }

    fn run_sign_in(&mut self, offer: &SignInOffer, runs: bool) {
        self.desktop.sign_ins.wanted = (!runs && self.saml_command).then(|| offer.display.clone());
        self.give(Event::Offered(offer.id, OfferAnswer::Renew));
        let told = self.desktop.sign_ins.shown().map(|shown| shown.progress.clone());
        if self.saml_command && told != Some(SignInProgress::Runs) {
            self.fail("the person wants to sign in, and it is not said that the command runs");
        }
        self.desktop.sign_ins.wanted = None;
    }

    /// The command ends, well or not, and with new keys or without.
    pub(crate) fn sign_in_ends(&mut self) {
        let Some(run) = self.desktop.sign_ins.running else { return };
        let shown = self.desktop.sign_ins.shown().cloned();
        if self.random.percent(60) {
            self.write_new_keys();
        }
        let well = self.random.percent(70);
        self.log(&format!("command ends, well {well}"));
        self.desktop.sign_ins.running = None;
        let is_new = Some(self.written()) != self.desktop.sign_ins.began_with;
        let result = if well { Ok(()) } else { Err("the program saml2aws failed".to_owned()) };
        self.give(Event::SignedIn(run, result));
        let now = self.desktop.sign_ins.shown().map(|shown| shown.progress.clone());
        match now {
            Some(SignInProgress::Failed(why)) if is_new || (why.contains("saml2aws") == well) => {
                self.fail(&format!("the command has ended well ({well}, {is_new}), and {why} is told"));
            }
            Some(SignInProgress::Runs) => self.fail("the command has ended, and it is not said"),
            Some(SignInProgress::Offered) if !is_new => {
                self.fail("the command has failed, and it is not said")
            }
            None if shown.is_some()
                && !is_new
                && self.desktop.sign_ins.in_use(Boot(self.boot), self.settings.offer_if_used) =>
            {
                self.fail("the command has failed, and nobody says so");
            }
            _ => {}
        }
    }

    /// What is shown is so, and nobody is shown anything who may not see it.
    pub(crate) fn check_sign_ins(&self) {
        let (now, sign_ins) = (Boot(self.boot), &self.desktop.sign_ins);
        if sign_ins.leaving.is_some() {
            self.fail("one sign-in is offered twice");
        }
        if let Some((_, about)) = &sign_ins.shown {
            if self.desktop.locked.is_some() {
                self.fail("a sign-in is offered at a locked screen");
            }
            let runs = sign_ins.running.is_some();
            if !runs && *about != sign_ins.known {
                self.fail("there are new keys, and somebody is still told to sign in");
            }
            if !runs && sign_ins.last_use.is_none_or(|last| now.since(last) > self.settings.offer_if_used) {
                self.fail("a sign-in is offered that nobody uses any more");
            }
            let until = sign_ins.last_use.unwrap_or_default() + self.settings.offer_if_used;
            if !runs && self.core.next_wake(self.now()).is_none_or(|wake| wake > until + NOISE) {
                self.fail("nobody thinks of taking back what nobody uses any more");
            }
        }
        self.check_sign_in_moment(now);
    }

    /// The moment is not missed at which somebody is to be told.
    fn check_sign_in_moment(&self, now: Boot) {
        let sign_ins = &self.desktop.sign_ins;
        let Some(left) = self.sign_in_left().filter(|_| self.calm && !sign_ins.refused) else { return };
        let due = now + left.saturating_sub(self.settings.offer_before);
        let next = due.max(sign_ins.quiet);
        let until = sign_ins.last_use.map(|last| last + self.settings.offer_if_used).unwrap_or_default();
        // Who has just signed in may be left alone, if the keys before were in use.
        let over =
            now < sign_ins.perhaps_fresh + ROUNDING || next + NOISE > until || next + NOISE > now + left;
        let wake = self.core.next_wake(self.now());
        if next > now && !over && sign_ins.seen_at.is_some() && wake.is_none_or(|wake| wake > next + NOISE) {
            self.fail("nobody thinks of telling that a sign-in ends");
        }
    }

    fn sign_in_left(&self) -> Option<Duration> {
        if self.settings.offer_before.is_zero() {
            return None;
        }
        Some(self.desktop.sign_ins.known.as_ref()?.expiration?.since(self.aws.now))
    }

    /// On a good day whoever uses keys that end is told, as soon as that is due; and whoever could not be told otherwise that
    /// they are over.
    pub(crate) fn check_sign_in_offered(&self) {
        let (now, sign_ins) = (Boot(self.boot), &self.desktop.sign_ins);
        let nobody = self.desktop.locked.is_some() || self.unheard() || self.desktop.idle;
        if !self.calm || !self.settings.desktop || nobody || sign_ins.seen_at.is_none() {
            return;
        }
        let left = self.sign_in_left();
        let ends = left.is_some_and(|left| left + NOISE < self.settings.offer_before && left > NOISE);
        let used =
            sign_ins.last_use.is_some_and(|last| now.since(last) + NOISE < self.settings.offer_if_used);
        let ends = ends && now >= sign_ins.perhaps_fresh + ROUNDING;
        if used && (ends || sign_ins.refused) && now >= sign_ins.quiet && sign_ins.shown.is_none() {
            self.fail("nobody is told that a sign-in ends");
        }
    }
}
