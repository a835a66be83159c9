//! What sources give: how long it is believed, what stands on it, and when it is asked for again.
//!
//! Temporary keys are a session like others. Long-lived ones, as password managers print them, stand where the keys of the
//! files stand: everything goes on from them as if a file had them.

use std::sync::Arc;
use std::time::Duration;

use crate::chain::{Base, Chain, Keys};
use crate::denial;
use crate::effect::{Effect, Fetch};
use crate::event::{CallId, Purpose};
use crate::graph::{Flight, Lease, Node, User};
use crate::policy;
use crate::reach::{Standing, Target};
use crate::route::{Refused, Route, Router, Step};
use crate::session::{Core, Pending};
use crate::time::Now;
use crate::verdict::Verdict;

impl Core {
    /// The way for a chain, as things stand.
    pub(crate) fn route(&self, now: Now, chain: &Chain, purpose: Purpose, refused: &Refused) -> Route {
        let live = |node: &Node| self.lease(node).is_some_and(|lease| lease.usable(now, self.skew));
        let held = |node: &Node| self.lease(node).map(|lease| Arc::clone(&lease.keys));
        let router =
            Router { memory: &self.memory, discoveries: &self.discoveries, live: &live, held: &held };
        router.route(chain, purpose, refused)
    }

    /// It is not known yet what kind of keys the source gives.
    pub(crate) fn first_fetch(&self, now: Now, pending: &Pending, step: Step) -> Standing {
        let target = Target::Session(step.node);
        if pending.asks_for_itself() {
            return Standing::Refused(denial::source::inside_itself(&pending.chain.profile));
        }
        let busy = matches!(&target, Target::Session(node) if self.slots.get(node).is_some_and(|slot| slot.flight.busy(now)));
        if busy {
            Standing::Waits { target, fallback: false }
        } else {
            Standing::Starts { target, recipe: step.recipe, fallback: false }
        }
    }

    /// The effect that asks a source.
    pub(crate) fn fetch(&self, call: CallId, node: &Node) -> Option<Effect> {
        let Node::Source(user, source) = node else { return None };
        let slot = self.slots.get(node)?;
        let fetch = Fetch {
            source: Arc::clone(source),
            service: Arc::clone(&slot.recipe.service),
            skew: self.skew,
            display: slot.asker.display.clone(),
            inside: slot.asker.inside.iter().chain([&user.access_key_id]).cloned().collect(),
        };
        Some(Effect::Fetch(call, Box::new(fetch)))
    }

    /// A source gave keys.
    pub(crate) fn fetched(&mut self, now: Now, node: &Node, keys: Keys) {
        let (spread, skew) = (self.spread(), self.skew);
        let Some(slot) = self.slots.get_mut(node) else { return };
        let left = match keys.expiration {
            Some(end) => end.since(now.wall.shifted(skew)),
            None if keys.temporary() => policy::UNSAID_LIFE,
            None => Duration::MAX,
        };
        let old = slot.lease.take();
        let same = old.as_ref().filter(|old| {
            old.keys.access_key_id == keys.access_key_id
                && keys.expiration.is_some_and(|end| old.expiration == Some(end))
        });
        let life = same.map_or(left, |old| old.life);
        let margin = policy::background_margin(left, spread);
        let endless = left == Duration::MAX;
        let lease = Lease {
            granted: now.boot,
            ends: (!endless).then(|| now.boot + left),
            life,
            margin_life: left,
            expiration: keys.expiration,
            used: false,
            used_before: old.as_ref().is_some_and(|lease| lease.used),
            renew_at: (!endless).then(|| now.boot + left.saturating_sub(margin)),
            last_call: false,
            keys: Arc::new(keys),
        };
        if lease.keys.temporary() {
            self.discoveries.temporary.insert(node.user().clone(), lease.keys.account_id.clone());
        } else {
            self.discoveries.temporary.remove(node.user());
        }
        slot.lease = Some(lease);
        slot.flight = Flight::default();
        slot.renewing = false;
        slot.renewal_failures = 0;
    }

    /// Whether it was asked for this very request already, and gave nothing better.
    pub(crate) fn gave_all(&self, pending: &Pending, node: &Node) -> bool {
        matches!(node, Node::Source(..))
            && self.lease(node).is_some_and(|lease| lease.granted >= pending.since)
    }

    /// Whether it was asked a moment ago: what it gave is all that it has for now.
    pub(crate) fn gave_lately(&self, now: Now, node: &Node) -> bool {
        let lately = |lease: &Lease| now.boot.since(lease.granted) < policy::RENEWAL_RETRY;
        matches!(node, Node::Source(..)) && self.lease(node).is_some_and(lately)
    }

    /// Whether everything for a chain is signed, in the end, with this key.
    pub(crate) fn begins_with(&self, chain: &Chain, user: &User) -> bool {
        let is = |keys: &Keys| keys.access_key_id == user.access_key_id;
        chain.service.scope() == user.scope
            && match &chain.base {
                Base::Keys(keys) => is(keys),
                Base::Source { source, .. } => {
                    let node = Node::source(source, &chain.service);
                    self.lease(&node).is_some_and(|lease| is(&lease.keys))
                }
            }
    }

    /// These keys and sources, and the keys that the sources gave.
    pub(crate) fn with_keys_of(&self, mut origins: Vec<String>) -> Vec<String> {
        let given = self.slots.iter().filter_map(|(node, slot)| match node {
            Node::Source(user, _) if origins.contains(&user.access_key_id) => {
                Some(slot.lease.as_ref()?.keys.access_key_id.clone())
            }
            _ => None,
        });
        let given: Vec<String> = given.collect();
        origins.extend(given);
        origins
    }

    /// AWS does not take a key (any more): a source that gave it is asked again, next time.
    pub(crate) fn distrust(&mut self, target: &Target, verdict: Verdict) {
        if !matches!(verdict, Verdict::UnknownKey | Verdict::Expired | Verdict::WrongSecret) {
            return;
        }
        // What another session signed has nothing to do with it.
        let recipe = match target {
            Target::Fact(..) => self.facts.get(target).map(|lookup| &lookup.recipe),
            Target::Session(node) if node.parent().is_none() => self.slots.get(node).map(|slot| &slot.recipe),
            Target::Session(_) => None,
        };
        let Some(signer) = recipe.and_then(|recipe| recipe.keys.clone()) else { return };
        for (_, slot) in self.slots.iter_mut().filter(|(node, _)| matches!(node, Node::Source(..))) {
            let gave = |lease: &Lease| lease.keys.access_key_id == signer.access_key_id;
            slot.lease = slot.lease.take().filter(|lease| !gave(lease));
        }
    }
}

impl Pending {
    /// Whether the request comes from the very program that it would have to wait for.
    pub(crate) fn asks_for_itself(&self) -> bool {
        match &self.chain.base {
            Base::Source { source, .. } if !self.inside.is_empty() => self.inside.contains(&source.mark()),
            _ => false,
        }
    }
}

/// Whether these are keys of somebody who has to sign in again once they are over.
pub(crate) fn of_keys(base: &Base) -> bool {
    matches!(base, Base::Keys(keys) if keys.temporary())
}
