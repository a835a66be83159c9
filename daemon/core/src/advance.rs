//! What follows from how things stand: replies, calls, and the next moment to look again.

use std::collections::BTreeSet;
use std::iter::successors;
use std::sync::Arc;

use crate::chain::Keys;
use crate::denial;
use crate::effect::{Denial, Effect, Notice, NoticeKind, Served};
use crate::event::{Purpose, RequestId};
use crate::failures::first_with_mfa;
use crate::graph::{Asker, Device, Flight, Lookup, Node, Recipe, Slot};
use crate::policy;
use crate::questions::{Place, Places};
use crate::reach::{NearEnd, Standing, Supply, Target};
use crate::route::account_of;
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

impl Core {
    /// Looks at every request again and does what follows.
    pub(crate) fn advance(&mut self, now: Now, out: &mut Vec<Effect>) {
        let mut places = Places::new();
        for id in self.requests.keys().copied().collect::<Vec<_>>() {
            if let Some(place) = self.settle(now, id, out) {
                places.insert(id, place);
            }
        }
        self.renew(now, out);
        self.offer_codes(now, &mut places, out);
        self.run_programs(now, &places, out);
        self.tell_silent(now, &mut places, out);
        self.queue_up(&places);
        self.show(now, &places, out);
        self.desk.tidy(now, &devices(&places));
        // Questions have been closed.
        self.stop_programs(&places, out);
        self.offer(now, out);
        self.offer_sign_ins(now, out);
        self.show_on_desktop(now, &places, out);
        self.places = places;
        self.forget_choices();
        self.sweep(now);
    }

    /// Answers a request, or does what it waits for. Returns its place if it waits for a code.
    fn settle(&mut self, now: Now, id: RequestId, out: &mut Vec<Effect>) -> Option<Place> {
        self.requests.get_mut(&id)?.choosing = None;
        match self.standing(now, self.requests.get(&id)?) {
            Standing::Supplied(supply) => self.supply(now, id, supply, out),
            Standing::Refused(denial) => self.refuse(now, id, denial, out),
            Standing::Starts { target, recipe, fallback } => {
                self.note(&target, &recipe, id);
                self.start(now, &target, None, out);
                self.waits_for_renewal(now, id, fallback);
            }
            Standing::Waits { target, fallback } => {
                self.waits_for_renewal(now, id, fallback);
                return match target {
                    Target::Session(node) => self.place(node).filter(|place| place.verifying),
                    Target::Fact(..) => None,
                };
            }
            Standing::NeedsChoice(user) => self.need_choice(now, id, &user, out),
            Standing::NeedsCode { device, node, recipe } => {
                if self.need_code(now, id, &device, &node, &recipe, out) {
                    return self.place(node);
                }
            }
        }
        None
    }

    /// A request that could also take what is left does not wait for ever.
    fn waits_for_renewal(&mut self, now: Now, id: RequestId, fallback: bool) {
        if let Some(pending) = self.requests.get_mut(&id).filter(|_| fallback) {
            pending.renewal_since.get_or_insert(now.boot);
        }
    }

    /// Keeps how a session is made, and for which profile.
    fn note(&mut self, target: &Target, recipe: &Recipe, id: RequestId) {
        match target {
            Target::Fact(..) => {
                let lookup = Lookup { flight: Flight::default(), recipe: recipe.clone() };
                self.facts.entry(target.clone()).or_insert(lookup).recipe = recipe.clone();
            }
            Target::Session(node) => {
                let slot = self.slots.entry(node.clone()).or_insert_with(|| Slot::new(recipe.clone()));
                slot.recipe = recipe.clone();
                if let Some(pending) = self.requests.get(&id) {
                    slot.profiles.insert(pending.chain.profile.clone());
                    slot.asker =
                        Asker { display: pending.caller.display.clone(), inside: pending.inside.clone() };
                }
            }
        }
    }

    /// A request comes before the question of a device. Says whether it may stay there.
    fn need_code(
        &mut self,
        now: Now,
        id: RequestId,
        device: &Device,
        node: &Node,
        recipe: &Recipe,
        out: &mut Vec<Effect>,
    ) -> bool {
        let Some(pending) = self.requests.get(&id) else { return false };
        if pending.has_terminal() || pending.purpose == Purpose::Login || pending.code.is_some() {
            self.desk.insist(device);
        } else if self.desk.quiet(now, device) {
            let denial = denial::not_now(&pending.chain.profile);
            self.deny(id, denial, out);
            return false;
        }
        self.desk.need(now, device, node, &pending.chain.profile, &pending.caller, pending.code_reason);
        self.note(&Target::Session(node.clone()), recipe, id);
        true
    }

    fn supply(&mut self, now: Now, id: RequestId, supply: Supply, out: &mut Vec<Effect>) {
        let Some(pending) = self.requests.remove(&id) else { return };
        let served = match supply {
            Supply::Keys(keys) => {
                self.note_use_of_source(now, &pending);
                Served {
                    expiration: keys.expiration,
                    account_id: keys.account_id.clone(),
                    region: pending.chain.region.clone(),
                    notices: self.source_notice(now, &pending, &keys),
                    keys,
                }
            }
            Supply::Session { node, notices, near_end } => {
                if pending.purpose != Purpose::Login {
                    self.note_use(now, &node, &pending.caller.display);
                }
                self.note_use_of_source(now, &pending);
                if pending.refused.without_mfa {
                    self.remember_mfa(&node, out);
                }
                match self.lend(now, &pending, &node, notices, near_end) {
                    Some(served) => served,
                    None => return,
                }
            }
        };
        out.push(match pending.purpose {
            Purpose::Login => {
                let unused = pending.code.map(|_| denial::code_not_needed(&pending.chain.profile));
                Effect::Done(id, served.notices.into_iter().chain(unused).collect())
            }
            _ => Effect::Served(id, Box::new(served)),
        });
    }

    /// A role that was refused without MFA and is had with it is taken with MFA from now on, also after a restart.
    fn remember_mfa(&mut self, node: &Node, out: &mut Vec<Effect>) {
        let first = successors(Some(node), |node| node.parent()).find(|node| first_with_mfa(node));
        let Some(Node::Role(_, key)) = first else { return };
        let Some(facts) = self.memory.users.get_mut(&node.user().access_key_id) else { return };
        if facts.device.is_some() && facts.roles_with_mfa.insert(key.arn.clone()) {
            out.push(Effect::Remember(self.memory.clone()));
        }
    }

    /// Whoever keeps a copy hears when the sign-in behind it ends soon.
    fn source_notice(&self, now: Now, pending: &Pending, keys: &Keys) -> Vec<Notice> {
        self.source_left(now, keys)
            .filter(|left| *left < policy::SNAPSHOT_MARGIN && pending.purpose == Purpose::Snapshot)
            .map(|left| denial::source_ends(&pending.chain.profile, left, pending.sign_in_command()))
            .into_iter()
            .collect()
    }

    /// Hands out a session that is held.
    fn lend(
        &mut self,
        now: Now,
        pending: &Pending,
        node: &Node,
        mut notices: Vec<Notice>,
        near_end: Option<NearEnd>,
    ) -> Option<Served> {
        let skew = self.skew;
        let base = self.slots.get(node)?.recipe.keys.clone();
        let source = base.as_ref().map(|keys| self.source_notice(now, pending, keys));
        let slot = self.slots.get_mut(node)?;
        slot.profiles.insert(pending.chain.profile.clone());
        let lease = slot.lease.as_mut()?;
        // Made for this request: not a use, and the moment to say what is unusual about it. Later only who keeps a copy
        // must hear again that it is shorter than what was asked for.
        if lease.granted < pending.since {
            let kept = pending.purpose == Purpose::Snapshot;
            notices.retain(|notice| kept && notice.kind == NoticeKind::DurationClamped);
            lease.used |= pending.purpose != Purpose::Login;
        }
        if let Some(why) = near_end.filter(|_| pending.purpose == Purpose::Snapshot) {
            notices.push(denial::near_end(&pending.chain.profile, lease.remaining(now, skew), why));
        }
        notices.extend(source.into_iter().flatten());
        let account_id = match node {
            Node::Role(_, key) => account_of(&key.arn).map(str::to_owned),
            Node::Source(_, source) => {
                lease.keys.account_id.clone().or(source.account_id().map(str::to_owned))
            }
            Node::User(_, serial) => serial.as_deref().and_then(account_of).map(str::to_owned),
        };
        Some(Served {
            keys: Arc::clone(&lease.keys),
            expiration: lease.expiration,
            account_id: account_id.or_else(|| slot.recipe.keys.as_ref()?.account_id.clone()),
            region: pending.chain.region.clone(),
            notices,
        })
    }

    pub(crate) fn deny(&mut self, id: RequestId, denial: Denial, out: &mut Vec<Effect>) {
        if self.requests.remove(&id).is_some() {
            out.push(Effect::Denied(id, denial));
        }
    }

    /// Forgets what is neither held nor under way nor asked for, and failures after which nobody has tried again.
    fn sweep(&mut self, now: Now) {
        let queued: BTreeSet<&Node> = self.desk.all().flat_map(|(_, open)| &open.queue).collect();
        self.slots
            .retain(|node, slot| slot.lease.is_some() || slot.flight.busy(now) || queued.contains(node));
        self.facts.retain(|_, lookup| lookup.flight.busy(now));
        for slot in self.slots.values_mut().filter(|slot| !slot.flight.busy(now)) {
            slot.flight = Flight::default();
        }
    }

    /// When [`Core::handle`] should be called with [`crate::event::Event::Woken`] if nothing happens before. Never a
    /// moment that has passed.
    pub fn next_wake(&self, now: Now) -> Option<Boot> {
        let mut moments: Vec<Boot> = Vec::new();
        for (id, pending) in &self.requests {
            moments.extend(pending.renewal_since.map(|since| since + policy::RENEWAL_PATIENCE));
            if self.places.contains_key(id) || pending.choosing.is_some() {
                moments.extend(pending.deadline(self.settings.default_wait));
            }
        }
        for (node, slot) in &self.slots {
            moments.push(slot.flight.not_before);
            let Some(lease) = slot.lease.as_ref().filter(|lease| lease.ends.is_some()) else { continue };
            let left = lease.remaining(now, self.skew);
            moments.push(now.boot + left);
            moments.extend(lease.renew_at.filter(|_| lease.used));
            if node.is_mfa_session() {
                moments.push(now.boot + left.saturating_sub(policy::last_call(lease.life)));
            }
        }
        moments.extend(self.facts.values().map(|lookup| lookup.flight.not_before));
        moments.extend(self.desk.next_wake());
        moments.extend(self.seat_moments());
        moments.extend(self.desktop_moments());
        moments.extend(self.program_moments());
        moments.extend(self.offer_moments(now));
        moments.extend(self.sign_in_moments(now));
        moments.into_iter().filter(|moment| *moment > now.boot).min()
    }
}

fn devices(places: &Places) -> BTreeSet<Device> {
    places.values().map(|place| place.device.clone()).collect()
}
