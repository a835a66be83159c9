//! Offers to renew an MFA session before it ends: when they are made, to whom, and what is answered.

use std::time::Duration;

use awsd_core::effect::{Offer, Session};
use awsd_core::event::{Desktop, Event, LockedBy, OfferAnswer, Presence};
use awsd_core::time::Boot;

use crate::world::{Clocks, World};

/// The numbers of the design, once more.
const LAST_OFFER: Duration = Duration::from_mins(5);
/// A rest is in whole minutes.
const ROUNDING: Duration = Duration::from_secs(30);
const NOISE: Duration = Duration::from_secs(3);

/// When something was last served from a session of a device, and to which desktop.
pub(crate) struct LastUse {
    pub at: Boot,
    pub desktop: Option<Desktop>,
}

impl World {
    /// An offer is made to somebody who is there, about a session in use that ends soon, and not too often.
    pub(crate) fn check_offer(&self, offer: &Offer) {
        let now = Boot(self.boot);
        if !self.takes_offers(&offer.display.desktop) {
            self.fail("an offer is made to nobody");
        }
        if self.desktop.quiet.get(&offer.device).is_some_and(|until| now < *until) {
            self.fail("an offer is made although it was put off");
        }
        let held = self.leases.values().filter(|held| held.what.starts_with("session "));
        let held = held
            .filter(|held| held.what.contains(&format!("{:?}", offer.device)))
            .max_by_key(|held| held.given);
        let Some(held) = held else { self.fail("an offer about a session that there is not") };
        let left = held.expires.since(self.aws.now);
        if self.clocks == Clocks::Right && left > self.settings.offer_before.min(held.life / 3) + NOISE {
            self.fail(&format!("an offer is made with {left:?} left"));
        }
        self.check_putting_off(offer, held.life);
        let last =
            self.served.get(&offer.device).filter(|last| now.since(last.at) <= self.settings.offer_if_used);
        if last.is_none_or(|last| last.desktop != offer.display.desktop)
            || offer.profiles.is_empty()
            || offer.remaining > held.life / 3 + NOISE
        {
            self.fail("an offer about a session that nobody uses");
        }
        if self.core.questions(self.now()).iter().any(|question| question.device == offer.device) {
            self.fail("an offer is made while the code is asked for");
        }
    }

    /// Who puts an offer off is told for how long, and hears of it again while there is time.
    fn check_putting_off(&self, offer: &Offer, life: Duration) {
        let last = LAST_OFFER.min(life / 12);
        let early = offer.remaining.saturating_sub(last + ROUNDING);
        match offer.pause {
            Some(pause) if pause > self.settings.offer_pause || offer.remaining + ROUNDING < last + pause => {
                self.fail(&format!("an offer rests for {pause:?} with {:?} left", offer.remaining));
            }
            Some(pause) if pause.is_zero() || pause < self.settings.offer_pause.min(early) => {
                self.fail(&format!("an offer rests for no longer than {pause:?}"));
            }
            None if !early.is_zero() => self.fail("an offer cannot be put off although there is time"),
            _ => {}
        }
    }

    pub(crate) fn answer_offer(&mut self, offer: &Offer) {
        if self.random.percent(15) {
            return self.offer_in_vain(offer);
        }
        let later = offer.pause.map(|_| OfferAnswer::Later);
        let answers: Vec<_> = [OfferAnswer::Renew, OfferAnswer::NotToday].into_iter().chain(later).collect();
        let answer = *self.random.pick(&answers);
        let rest = match answer {
            OfferAnswer::Renew => Duration::ZERO,
            OfferAnswer::Later => offer.pause.unwrap_or_default(),
            OfferAnswer::NotToday => self.settings.offer_not_today,
        };
        self.log(&format!("offered {:?} {answer:?}", offer.id));
        self.desktop.renewing = (answer == OfferAnswer::Renew).then(|| offer.display.desktop.clone());
        self.desktop.quiet.insert(offer.device.clone(), Boot(self.boot) + rest);
        if answer == OfferAnswer::Renew {
            self.abandoned = true;
            self.put_off.clear();
        }
        self.give(Event::Offered(offer.id, answer));
        if answer == OfferAnswer::Renew && self.settings.desktop {
            self.check_wanted(offer);
        }
    }

    /// Who wants to give a code now is asked for it where they are, and may still change their mind.
    fn check_wanted(&mut self, offer: &Offer) {
        let asked = self.core.questions(self.now()).into_iter().find(|asked| asked.device == offer.device);
        let Some(asked) = asked.filter(|asked| self.desktop.questions.contains_key(&asked.id)) else {
            self.fail("somebody wants to give a code and is not asked")
        };
        if self.desktop.questions[&asked.id].display.desktop != offer.display.desktop {
            self.fail("somebody wants to give a code and is asked where they are not");
        }
        match self.random.below(6) {
            0 => self.dismiss_on_desktop(&asked),
            // They go away, and the screen is locked behind them.
            1 => {
                let place = offer.display.desktop.clone();
                self.tell_presence(place, Presence::Locked(LockedBy::ScreenSaver));
            }
            _ => {}
        }
    }

    /// The desktop can show an offer to nobody: it is made again after a pause, if there is time.
    fn offer_in_vain(&mut self, offer: &Offer) {
        self.log(&format!("unreachable {:?}", offer.id));
        let sessions = self.core.sessions(self.now()).into_iter();
        let end =
            sessions.filter(|session| session.name == offer.device).map(|session| session.remaining).max();
        let rest = offer.pause.or(end).unwrap_or_default();
        self.desktop.quiet.insert(offer.device.clone(), Boot(self.boot) + rest);
        self.give(Event::Unreachable(offer.id));
        if self.desktop.offers.contains_key(&offer.id) {
            self.fail("what can be offered to nobody stays on the desktop");
        }
    }

    /// Who does not want to be asked wants no offer either.
    pub(crate) fn rest_offers(&mut self, device: &str) {
        let until = Boot(self.boot) + self.settings.not_now;
        let held = self.core.sessions(self.now()).iter().any(|session| session.name == device);
        // A session that is being made may rest from its beginning.
        let desktop = &mut self.desktop;
        for rests in
            [Some(&mut desktop.perhaps_quiet), held.then_some(&mut desktop.quiet)].into_iter().flatten()
        {
            let rests = rests.entry(device.to_owned()).or_default();
            *rests = until.max(*rests);
        }
    }

    /// On a good day the renewal of a session in use is offered to whoever is there, as soon as it is due.
    pub(crate) fn check_offered(&self) {
        if !self.calm || self.settings.offer_before.is_zero() {
            return;
        }
        let now = Boot(self.boot);
        let asked = self.core.questions(self.now());
        for session in self.core.sessions(self.now()) {
            let Some(last) = self.used_lately(&session) else { continue };
            if !self.takes_offers(&self.served[&session.name].desktop) {
                continue;
            }
            let due = session.remaining + NOISE < self.settings.offer_before.min(session.life / 3);
            let rests = [&self.desktop.quiet, &self.desktop.perhaps_quiet];
            let quiet = rests.iter().any(|rests| rests.get(&session.name).is_some_and(|until| now < *until));
            let open = asked.iter().any(|question| question.device == session.name);
            let offered = self.desktop.offers.values().any(|offer| offer.device == session.name);
            let over = now.since(last) + NOISE >= self.settings.offer_if_used || session.remaining <= NOISE;
            if due && !over && !quiet && !open && !offered {
                self.fail(&format!("nobody is told that {} ends soon", session.name));
            }
        }
    }

    /// The moment is not missed at which an offer is due, or due again.
    pub(crate) fn check_offer_moments(&self) {
        if !self.calm || self.settings.offer_before.is_zero() {
            return;
        }
        let now = Boot(self.boot);
        let wake = self.core.next_wake(self.now());
        for session in self.core.sessions(self.now()) {
            let Some(last) = self.used_lately(&session) else { continue };
            let before = self.settings.offer_before.min(session.life / 3);
            let due = now + session.remaining.saturating_sub(before);
            let rested = self.desktop.quiet.get(&session.name).copied().unwrap_or_default();
            let next = due.max(rested);
            let over =
                next + NOISE > last + self.settings.offer_if_used || next + NOISE > now + session.remaining;
            if next > now && !over && wake.is_none_or(|wake| wake > next + NOISE) {
                self.fail(&format!("nobody thinks of offering to renew {}", session.name));
            }
        }
    }

    /// When something was last served from this MFA session.
    fn used_lately(&self, session: &Session) -> Option<Boot> {
        let held = self.leases.values().filter(|held| held.what.starts_with("session "));
        let held = held.filter(|held| held.device.as_ref() == Some(&session.name));
        let since = held.map(|held| held.given).max()?;
        self.served.get(&session.name).map(|last| last.at).filter(|at| *at > since)
    }
}
