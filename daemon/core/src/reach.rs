//! Where a request stands: what it can be given now, or the one thing it waits for.
//!
//! A pure look at the state. Nobody keeps lists of waiters: after every event each request is looked at again, so one
//! answer releases all that stood at the same place.

use std::sync::Arc;
use std::time::Duration;

use crate::chain::Keys;
use crate::denial;
use crate::effect::{Denial, Notice};
use crate::event::Purpose;
use crate::graph::{Device, Lease, Node, Parent, Recipe, User};
use crate::policy;
use crate::route::{Fact, Route, Step};
use crate::session::{Core, Pending};
use crate::time::Now;

/// Something that a call to AWS brings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Session(Node),
    Fact(Fact, User),
}

/// Where a request stands.
#[derive(Debug)]
pub(crate) enum Standing {
    /// It can be answered.
    Supplied(Supply),
    /// It cannot be answered.
    Refused(Denial),
    /// It waits for a call that is under way, or for the moment to try again.
    Waits { target: Target, fallback: bool },
    /// It waits for a call that should be made now.
    Starts { target: Target, recipe: Recipe, fallback: bool },
    /// It waits for a person to choose a device.
    NeedsChoice(User),
    /// It waits for a person to give a code.
    NeedsCode { device: Device, node: Node, recipe: Recipe },
}

/// What a request is given.
#[derive(Debug)]
pub(crate) enum Supply {
    /// The base's keys themselves.
    Keys(Arc<Keys>),
    /// A session. `near_end` says why it is not a fresher one.
    Session { node: Node, notices: Vec<Notice>, near_end: Option<NearEnd> },
}

/// Why a session is served although it should have been renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NearEnd {
    /// A person would have to give a code.
    NeedsCode,
    /// Renewal failed or takes long.
    Failed,
}

impl Core {
    /// Where a request stands now.
    pub(crate) fn standing(&self, now: Now, pending: &Pending) -> Standing {
        match self.route(now, &pending.chain, pending.purpose, &pending.refused) {
            Route::Source(step) => self.first_fetch(now, pending, step),
            Route::Keys(keys) => self.own_keys(now, pending, keys),
            Route::Unknown(fact, user, recipe) => self.fact(now, pending, Target::Fact(fact, user), recipe),
            Route::Choice(user) => Standing::NeedsChoice(user),
            Route::Sessions(steps, notices) => self.reach(now, pending, &steps, notices),
        }
    }

    /// The base's own keys are what is wanted: as long as they live.
    fn own_keys(&self, now: Now, pending: &Pending, keys: Arc<Keys>) -> Standing {
        match self.source_left(now, &keys) {
            Some(left) if left < policy::FLOOR => {
                Standing::Refused(denial::source_over(&pending.chain.profile, left))
            }
            Some(left) if left < pending.least() => {
                Standing::Refused(denial::too_short(&pending.chain.profile, left, pending.least()))
            }
            _ => Standing::Supplied(Supply::Keys(keys)),
        }
    }

    /// What is left of keys whose end the file tells.
    pub(crate) fn source_left(&self, now: Now, keys: &Keys) -> Option<Duration> {
        keys.expiration.map(|end| end.since(now.wall.shifted(self.skew)))
    }

    /// Whether nothing can be signed with the keys that everything begins with.
    pub(crate) fn is_over(&self, now: Now, recipe: &Recipe) -> bool {
        let left = recipe.keys.as_ref().and_then(|keys| self.source_left(now, keys));
        left.is_some_and(|left| left.is_zero())
    }

    fn fact(&self, now: Now, pending: &Pending, target: Target, recipe: Recipe) -> Standing {
        if self.is_over(now, &recipe) {
            return Standing::Refused(denial::source_over(&pending.chain.profile, Duration::ZERO));
        }
        let busy = self.facts.get(&target).is_some_and(|lookup| lookup.flight.busy(now));
        if busy {
            Standing::Waits { target, fallback: false }
        } else {
            Standing::Starts { target, recipe, fallback: false }
        }
    }

    fn reach(&self, now: Now, pending: &Pending, steps: &[Step], notices: Vec<Notice>) -> Standing {
        let last = steps.len() - 1;
        let target = &steps[last].node;
        let stale_login = pending.purpose == Purpose::Login && !self.fresh_enough(now, &steps[0].node);
        let lease = self.lease(target);
        let left = lease.map(|lease| (lease.remaining(now, self.skew), lease));
        let outdated = pending.fresh_after.is_some() && !self.usable(now, pending, &steps[0].node);
        let covers = |bar: fn(&Pending, &Lease) -> Duration| {
            left.is_some_and(|(left, lease)| {
                !left.is_zero() && left >= bar(pending, lease).max(pending.least())
            }) && !stale_login
                && !outdated
        };
        let supply =
            |near_end| Standing::Supplied(Supply::Session { node: target.clone(), notices, near_end });
        if covers(|pending, lease| {
            policy::margin(pending.purpose, lease.margin_life).max(policy::floor(lease.life))
        }) {
            return supply(None);
        }
        let longest = self.longest(pending, target);
        if longest < pending.least() {
            return Standing::Refused(denial::too_short(&pending.chain.profile, longest, pending.least()));
        }
        let fallback = covers(|_, lease| policy::floor(lease.life));
        if fallback && pending.gave_up_renewal(now) {
            return supply(Some(NearEnd::Failed));
        }
        let mut next = last;
        while next > 0 && !self.usable(now, pending, &steps[next - 1].node) {
            next -= 1;
        }
        if stale_login {
            next = 0;
        }
        let Step { node, recipe } = steps[next].clone();
        if self.gave_all(pending, &node) {
            return if fallback {
                supply(Some(NearEnd::Failed))
            } else {
                self.not_enough(now, pending, &node)
            };
        }
        if next == 0 && self.is_over(now, &recipe) {
            let over = denial::source_over(&pending.chain.profile, Duration::ZERO);
            return if fallback { supply(Some(NearEnd::Failed)) } else { Standing::Refused(over) };
        }
        if matches!(node, Node::Source(..)) && pending.asks_for_itself() {
            let denial = denial::source::inside_itself(&pending.chain.profile);
            return if fallback { supply(Some(NearEnd::Failed)) } else { Standing::Refused(denial) };
        }
        if self.slots.get(&node).is_some_and(|slot| slot.flight.busy(now)) {
            return Standing::Waits { target: Target::Session(node), fallback };
        }
        match node.device() {
            None => Standing::Starts { target: Target::Session(node), recipe, fallback },
            Some(_) if fallback => supply(Some(NearEnd::NeedsCode)),
            Some(device) => Standing::NeedsCode { device, node, recipe },
        }
    }

    /// A source gave something that is of no use to this request.
    fn not_enough(&self, now: Now, pending: &Pending, node: &Node) -> Standing {
        let left = self.lease(node).map_or(Duration::ZERO, |lease| lease.remaining(now, self.skew));
        let profile = &pending.chain.profile;
        Standing::Refused(if left < pending.least() && pending.chain.roles.is_empty() {
            denial::too_short(profile, left, pending.least())
        } else {
            denial::source::gave_little(profile, left)
        })
    }

    /// The longest life that a session can have for this request: that of one that was made since, or what is asked for.
    fn longest(&self, pending: &Pending, node: &Node) -> Duration {
        let made_since = self.lease(node).filter(|lease| lease.granted >= pending.since);
        made_since.map_or_else(|| self.asked(node), |lease| lease.life)
    }

    /// Whether a session on the way can be used for the next step.
    fn usable(&self, now: Now, pending: &Pending, node: &Node) -> bool {
        self.lease(node).is_some_and(|lease| {
            let young =
                !node.is_mfa_session() || pending.fresh_after.is_none_or(|after| lease.granted >= after);
            young && lease.usable(now, self.skew)
        })
    }

    /// Whether `awsd login` finds the session that needs a code good enough; sessions without one are never stale.
    fn fresh_enough(&self, now: Now, node: &Node) -> bool {
        node.device().is_none()
            || self.lease(node).is_some_and(|lease| {
                let left = lease.remaining(now, self.skew);
                !left.is_zero() && left >= policy::fresh(lease.life)
            })
    }

    /// What is held for a node.
    pub(crate) fn lease(&self, node: &Node) -> Option<&Lease> {
        self.slots.get(node)?.lease.as_ref()
    }

    /// The keys that sign the call for a node.
    pub(crate) fn signer(&self, node: &Node, recipe: &Recipe) -> Option<Arc<Keys>> {
        match node {
            Node::Source(..) => None,
            Node::User(..) => recipe.keys.clone(),
            Node::Role(parent, _) => match &**parent {
                Parent::Keys(_) | Parent::KeysAndCode(..) => recipe.keys.clone(),
                Parent::Session(node) => self.lease(node).map(|lease| Arc::clone(&lease.keys)),
            },
        }
    }
}
