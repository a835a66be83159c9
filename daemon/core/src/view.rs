//! What is held, as it may be shown: never a secret.

use std::time::Duration;

use crate::chain::Chain;
use crate::denial::masked;
use crate::effect::{Question, Session, SessionKind};
use crate::event::Purpose;
use crate::graph::Node;
use crate::route::{Refused, Route};
use crate::session::Core;
use crate::time::Now;

impl Core {
    /// Every session that is held.
    pub fn sessions(&self, now: Now) -> Vec<Session> {
        self.slots
            .iter()
            .filter_map(|(node, slot)| {
                // A source's long-lived keys are no session.
                let lease = slot.lease.as_ref().filter(|lease| lease.ends.is_some())?;
                let (kind, name) = match node {
                    Node::Source(_, source) => (SessionKind::Source, source.name()),
                    Node::User(_, Some(serial)) => (SessionKind::Mfa, serial.clone()),
                    Node::User(user, None) => (SessionKind::User, masked(&user.access_key_id)),
                    Node::Role(_, key) => (SessionKind::Role, key.arn.clone()),
                };
                Some(Session {
                    kind,
                    name,
                    profiles: slot.profiles.iter().cloned().collect(),
                    remaining: lease.remaining(now, self.skew),
                    life: lease.life,
                    refreshing: slot.flight.call.is_some(),
                })
            })
            .collect()
    }

    /// Every question that is open.
    pub fn questions(&self, now: Now) -> Vec<Question> {
        self.desk.all().map(|(device, open)| self.question(now, device, open, &self.places)).collect()
    }

    /// The life left of the session that a profile would be served from, if it is held.
    pub fn remaining(&self, now: Now, chain: &Chain) -> Option<Duration> {
        match self.route(now, chain, Purpose::Repeated, &Refused::default()) {
            Route::Sessions(steps, _) => {
                let left = self.lease(&steps.last()?.node)?.remaining(now, self.skew);
                (!left.is_zero()).then_some(left)
            }
            Route::Keys(_) | Route::Source(_) | Route::Unknown(..) | Route::Choice(_) => None,
        }
    }
}
