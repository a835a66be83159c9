//! Renewal in the background: sessions in use are taken anew before their end, as far as nobody has to be asked.

use std::collections::BTreeSet;

use crate::effect::Effect;
use crate::graph::{Lease, Node};
use crate::policy;
use crate::reach::Target;
use crate::session::Core;
use crate::time::Now;

impl Core {
    /// Renews what is in use and due.
    pub(crate) fn renew(&mut self, now: Now, out: &mut Vec<Effect>) {
        let ending = self.ending_mfa_sessions(now);
        let through = self.used_through_others();
        let skew = self.skew;
        for (node, slot) in &mut self.slots {
            let Some(lease) = slot.lease.as_mut() else { continue };
            let last_call = node.parent().is_some_and(|parent| ending.contains(parent));
            let in_use = lease.used || lease.used_before || through.contains(node);
            let early =
                !last_call && lease.remaining(now, skew) > policy::background_margin(lease.margin_life, 1.0);
            if last_call && !lease.last_call && in_use {
                lease.last_call = true;
                slot.renewing = true;
            } else if lease.last_call && early && slot.renewing {
                // A last call that has failed is pointless once there is a new MFA session.
                slot.renewing = false;
            } else if lease.used && lease.renew_at.is_some_and(|at| at <= now.boot) {
                let regular = lease.granted
                    + lease.margin_life.saturating_sub(policy::background_margin(lease.margin_life, 0.0));
                lease.renew_at = early.then_some(regular);
                slot.renewing = !early && node.is_silent();
            }
        }
        let renewing: Vec<Node> =
            self.slots.iter().filter(|(_, slot)| slot.renewing).map(|(node, _)| node.clone()).collect();
        for node in renewing {
            self.renew_one(now, &node, out);
        }
    }

    /// Takes a session anew, or first the one that it is taken from.
    fn renew_one(&mut self, now: Now, node: &Node, out: &mut Vec<Effect>) {
        if self.slots.get(node).is_none_or(|slot| slot.flight.busy(now)) {
            return;
        }
        let lost = node
            .parent()
            .filter(|parent| !self.lease(parent).is_some_and(|lease| lease.usable(now, self.skew)));
        match lost {
            None if self.source_is_over(now, node) || !node.is_silent() => self.stop_renewing(node),
            None => self.start(now, &Target::Session(node.clone()), None, out),
            Some(parent) if self.gave_lately(now, parent) => self.stop_renewing(node),
            Some(parent) if parent.is_silent() && self.slots.contains_key(parent) => {
                self.renew_one(now, &parent.clone(), out);
            }
            // A person would have to do something: nobody is asked for what is merely in use.
            Some(_) => self.stop_renewing(node),
        }
    }

    fn stop_renewing(&mut self, node: &Node) {
        if let Some(slot) = self.slots.get_mut(node) {
            slot.renewing = false;
        }
    }

    /// Whether the call would be signed with a source's keys that are over.
    fn source_is_over(&self, now: Now, node: &Node) -> bool {
        let slot = self.slots.get(node).filter(|_| node.parent().is_none());
        slot.is_some_and(|slot| self.is_over(now, &slot.recipe))
    }

    /// The sessions that others in use were taken from: the first roles of chains.
    fn used_through_others(&self) -> BTreeSet<Node> {
        let in_use = |lease: &Lease| lease.used || lease.used_before;
        self.slots
            .iter()
            .filter(|(_, slot)| slot.lease.as_ref().is_some_and(in_use))
            .flat_map(|(node, _)| std::iter::successors(node.parent(), |parent| parent.parent()))
            .cloned()
            .collect()
    }

    /// The MFA sessions that end soon.
    fn ending_mfa_sessions(&self, now: Now) -> Vec<Node> {
        self.slots.keys().filter(|node| self.ends_soon(now, node)).cloned().collect()
    }

    /// Whether this is an MFA session that ends soon: roles in use are taken from it once more, so that work goes on
    /// while the person finds the phone.
    pub(crate) fn ends_soon(&self, now: Now, node: &Node) -> bool {
        let ending = |lease: &Lease| lease.remaining(now, self.skew) <= policy::last_call(lease.life);
        node.is_mfa_session() && self.lease(node).is_some_and(ending)
    }
}
