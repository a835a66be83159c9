//! Renewal in the background: sessions in use are taken anew before their end, as far as nobody has to be asked.

use crate::effect::Effect;
use crate::graph::Node;
use crate::policy;
use crate::reach::Target;
use crate::session::Core;
use crate::time::Now;

impl Core {
    /// Renews what is in use and due.
    pub(crate) fn renew(&mut self, now: Now, out: &mut Vec<Effect>) {
        self.last_call_for_roles(now);
        for (node, slot) in &mut self.slots {
            let Some(lease) = slot.lease.as_mut() else { continue };
            if lease.used && lease.renew_at.is_some_and(|at| at <= now.boot) {
                lease.renew_at = None;
                slot.renewing = node.device().is_none();
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
            None => self.start(now, &Target::Session(node.clone()), None, out),
            Some(parent) if parent.device().is_none() && self.slots.contains_key(parent) => {
                self.renew_one(now, &parent.clone(), out);
            }
            Some(_) => {
                // A person would have to give a code: nobody is asked for what is merely in use.
                if let Some(slot) = self.slots.get_mut(node) {
                    slot.renewing = false;
                }
            }
        }
    }

    /// Shortly before an MFA session ends, the roles in use are taken once more, so that work goes on while the person
    /// finds the phone.
    fn last_call_for_roles(&mut self, now: Now) {
        let skew = self.skew;
        let ending: Vec<Node> = self
            .slots
            .iter()
            .filter(|(node, slot)| {
                let near =
                    |lease: &crate::graph::Lease| lease.remaining(now, skew) <= policy::last_call(lease.life);
                node.is_mfa_session() && slot.lease.as_ref().is_some_and(near)
            })
            .map(|(node, _)| node.clone())
            .collect();
        for (node, slot) in &mut self.slots {
            let Some(lease) = slot.lease.as_mut() else { continue };
            let last = node.parent().is_some_and(|parent| ending.contains(parent));
            if last && (lease.used || lease.used_before) && !lease.last_call {
                lease.last_call = true;
                slot.renewing = true;
            }
        }
    }
}
