//! Offers to renew an MFA session before it ends: to somebody who is there, about a session that is in use, and not more
//! often than the person wants to hear it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::desktop::Shown;
use crate::effect::{Effect, Offer};
use crate::event::{Caller, Display, OfferAnswer, QuestionId};
use crate::graph::{Device, Node};
use crate::policy::rest;
use crate::prompt::user_of;
use crate::session::{Core, Settings};
use crate::time::{Boot, Now};

/// What was offered about an MFA session.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    /// It is on the desktop.
    pub shown: Option<QuestionId>,
    /// How long it rests if it is put off now.
    pause: Option<Duration>,
    /// It is not offered before.
    not_before: Boot,
}

/// When something was last served from an MFA session, and where its person was.
#[derive(Debug)]
pub(crate) struct LastUse {
    pub at: Boot,
    pub display: Display,
}

/// How long before its end the renewal of a session with this life is offered.
fn margin(settings: &Settings, life: Duration) -> Duration {
    settings.offer_before.min(life / 3)
}

impl Core {
    /// Offers what should be renewed, and takes back what is without an object.
    pub(crate) fn offer(&mut self, now: Now, out: &mut Vec<Effect>) {
        let ending: Vec<Node> =
            self.slots.keys().filter(|node| self.may_be_offered(now, node)).cloned().collect();
        let at = |id: &QuestionId| self.on_desktop.get(id).map(Shown::at);
        let stays = |id: &QuestionId| at(id).is_some_and(|at| self.may_show(at));
        let stay: BTreeSet<QuestionId> =
            self.offers.values().filter_map(|offered| offered.shown).filter(stays).collect();
        for (node, offered) in &mut self.offers {
            offered.shown = offered.shown.filter(|id| ending.contains(node) && stay.contains(id));
        }
        self.offers.retain(|_, offered| offered.shown.is_some() || offered.not_before > now.boot);
        for node in ending {
            let rests =
                self.offers.get(&node).is_some_and(|old| old.shown.is_some() || old.not_before > now.boot);
            if rests || !self.is_somebody_there(now, &node) {
                continue;
            }
            let id = self.desk.number();
            if let Some(offer) = self.offer_to_renew(now, id, &node) {
                let offered = Offered { shown: Some(id), pause: offer.pause, not_before: Boot::default() };
                self.offers.insert(node, offered);
                self.on_desktop.insert(id, Shown::Offer(offer.display.clone()));
                out.push(Effect::Offer(offer));
            }
        }
    }

    /// Whether somebody is at the desktop from which the session was last used.
    fn is_somebody_there(&self, now: Now, node: &Node) -> bool {
        let last = self.slots.get(node).and_then(|slot| slot.last_use.as_ref());
        last.is_some_and(|last| self.takes_offers(now, &last.display))
    }

    /// Whether this is an MFA session that ends soon, and nobody is asked for a code of its device.
    fn may_be_offered(&self, now: Now, node: &Node) -> bool {
        let Some(device) = node.device().filter(|_| node.is_mfa_session()) else { return false };
        let quiet = self.desk.open(&device).is_some();
        let ends = self.lease(node).is_some_and(|lease| {
            lease.remaining(now, self.skew) <= margin(&self.settings, lease.life)
                && !self.settings.offer_before.is_zero()
        });
        ends && !quiet
    }

    /// What is offered, if something was served from the session not long ago.
    fn offer_to_renew(&self, now: Now, id: QuestionId, node: &Node) -> Option<Offer> {
        let slot = self.slots.get(node)?;
        let within = self.settings.offer_if_used;
        let last = slot.last_use.as_ref().filter(|last| now.boot.since(last.at) <= within)?;
        let device = node.device()?.serial;
        let lease = slot.lease.as_ref()?;
        let remaining = lease.remaining(now, self.skew);
        Some(Offer {
            id,
            user: user_of(&device).to_owned(),
            device,
            profiles: slot.profiles.iter().cloned().collect(),
            remaining,
            pause: rest(self.settings.offer_pause, remaining, lease.life),
            display: last.display.clone(),
        })
    }

    /// The person answered an offer.
    pub(crate) fn offered(&mut self, now: Now, id: QuestionId, answer: OfferAnswer) {
        let Some(node) = self.offer_of(id) else { return };
        let pause = match answer {
            OfferAnswer::Renew => return self.renew_by_person(now, id, &node),
            // What cannot be put off reached nobody, and there is no time left for another try.
            OfferAnswer::Later => {
                let pause = self.offers.get(&node).and_then(|offered| offered.pause);
                let end = || self.lease(&node).map(|lease| lease.remaining(now, self.skew));
                pause.or_else(end).unwrap_or_default()
            }
            OfferAnswer::NotToday => self.settings.offer_not_today,
        };
        let not_before = now.boot + pause;
        self.offers.insert(node, Offered { not_before, ..Offered::default() });
    }

    /// Who does not want to be asked for a code wants no offer of it either.
    pub(crate) fn rest_offers(&mut self, now: Now, device: &Device) {
        let of_device = |node: &&Node| node.is_mfa_session() && node.device().as_ref() == Some(device);
        for node in self.slots.keys().filter(of_device) {
            let offered = self.offers.entry(node.clone()).or_default();
            offered.not_before = offered.not_before.max(now.boot + self.settings.not_now);
        }
    }

    /// An offer reached nobody.
    pub(crate) fn put_off_offer(&mut self, now: Now, id: QuestionId) {
        self.offered(now, id, OfferAnswer::Later);
    }

    fn offer_of(&self, id: QuestionId) -> Option<Node> {
        self.offers.iter().find(|(_, offered)| offered.shown == Some(id)).map(|(node, _)| node.clone())
    }

    /// The person wants to give the code now, and where the offer was, although no caller waits for it.
    fn renew_by_person(&mut self, now: Now, offer: QuestionId, node: &Node) {
        self.offers.remove(node);
        let display = self.shown_at(offer).cloned().unwrap_or_default();
        let (Some(slot), Some(device)) = (self.slots.get(node), node.device()) else { return };
        let caller = Caller { display, ..Caller::default() };
        let profile = slot.profiles.first().map_or(user_of(&device.serial), String::as_str);
        self.desk.insist(&device);
        self.desk.need(now, &device, node, profile, &caller, None);
        if let Some(open) = self.desk.open_mut(&device) {
            open.wanted = Some(caller.display);
        }
    }

    /// Something was served from a session: also those that it stands on are in use.
    pub(crate) fn note_use(&mut self, now: Now, node: &Node, display: &Display) {
        for node in std::iter::successors(Some(node), |node| node.parent()) {
            if let Some(slot) = self.slots.get_mut(node).filter(|_| node.is_mfa_session()) {
                slot.last_use = Some(LastUse { at: now.boot, display: display.clone() });
            }
        }
    }

    /// The moments at which something may be offered.
    pub(crate) fn offer_moments(&self, now: Now) -> impl Iterator<Item = Boot> {
        self.slots.iter().filter(|(node, _)| node.is_mfa_session()).flat_map(move |(node, slot)| {
            let ends = slot.lease.as_ref().map(|lease| {
                let left = lease.remaining(now, self.skew);
                now.boot + left.saturating_sub(margin(&self.settings, lease.life))
            });
            let rested = self.offers.get(node).map(|offered| offered.not_before);
            let used_until = slot.last_use.as_ref().map(|last| last.at + self.settings.offer_if_used);
            ends.into_iter()
                .chain(rested)
                .filter(move |moment| used_until.is_some_and(|until| *moment <= until))
        })
    }
}
