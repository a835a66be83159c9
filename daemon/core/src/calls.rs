//! Calls to AWS: how they start, and what their end means for whoever waits.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::chain::Keys;
use crate::denial;
use crate::effect::{Action, Effect, Mfa, Operation};
use crate::event::{CallId, Failure, Granted, Outcome, RequestId};
use crate::graph::{Device, Flight, Lease, Node, Recipe, User};
use crate::policy;
use crate::reach::Target;
use crate::route::{Fact, usable_devices};
use crate::session::Core;
use crate::time::Now;

impl Core {
    /// Makes a call. Its slot or lookup exists already; a code goes out with it if one is given.
    pub(crate) fn start(
        &mut self,
        now: Now,
        target: &Target,
        code: Option<SecretString>,
        out: &mut Vec<Effect>,
    ) {
        let call = self.next_call(target.clone());
        if let (Target::Session(node), Some(code)) = (target, &code)
            && let Some(device) = node.device()
        {
            self.desk.begin(now, self.skew, (&device, node), call, code.clone());
        }
        self.send(now, call, target, code, out);
    }

    /// Sends what is needed for a target as call number `call`. Says whether it could: what it is taken from may be over.
    pub(crate) fn send(
        &mut self,
        now: Now,
        call: CallId,
        target: &Target,
        code: Option<SecretString>,
        out: &mut Vec<Effect>,
    ) -> bool {
        let effect = match target {
            Target::Session(node @ Node::Source(..)) => self.fetch(call, node),
            _ => self.operation(target, code).map(|(action, signer, recipe)| {
                let operation =
                    Operation { action, signer, service: Arc::clone(&recipe.service), skew: self.skew };
                Effect::Call(call, Box::new(operation))
            }),
        };
        let sent = effect.is_some();
        if sent {
            out.extend(effect);
        } else {
            self.calls.remove(&call);
        }
        if let Some(flight) = self.flight_mut(target) {
            flight.call = sent.then_some(call);
            flight.sent = now.boot;
        }
        sent
    }

    fn operation(&self, target: &Target, code: Option<SecretString>) -> Option<(Action, Arc<Keys>, Recipe)> {
        let node = match target {
            Target::Fact(fact, _) => {
                let recipe = self.facts.get(target)?.recipe.clone();
                let action = match fact {
                    Fact::Devices => Action::ListMfaDevices,
                    Fact::Account => Action::GetCallerIdentity,
                };
                return Some((action, recipe.keys.clone()?, recipe));
            }
            Target::Session(node) => node,
        };
        let recipe = self.slots.get(node)?.recipe.clone();
        let mfa = node.device().zip(code).map(|(device, code)| Mfa { serial: device.serial, code });
        let action = match node {
            Node::Source(..) => return None,
            Node::User(..) => Action::GetSessionToken { duration: self.settings.mfa_duration, mfa },
            Node::Role(_, key) => Action::AssumeRole {
                role: recipe.role.clone()?,
                arn: key.arn.clone(),
                duration: key.duration,
                mfa,
            },
        };
        Some((action, self.signer(node, &recipe)?, recipe))
    }

    pub(crate) fn flight_mut(&mut self, target: &Target) -> Option<&mut Flight> {
        match target {
            Target::Session(node) => self.slots.get_mut(node).map(|slot| &mut slot.flight),
            Target::Fact(..) => self.facts.get_mut(target).map(|lookup| &mut lookup.flight),
        }
    }

    /// A call ended. One that nobody knows any more (a logout came between) changes nothing.
    pub(crate) fn finished(&mut self, now: Now, call: CallId, outcome: Outcome, out: &mut Vec<Effect>) {
        let Some(target) = self.calls.remove(&call) else { return };
        if let Some(skew) = outcome.skew {
            self.skew = if skew.abs() <= policy::SKEW_NOISE { 0 } else { skew };
            // By the better clock something may be over.
            self.expire(now);
        }
        let server = now.wall.shifted(self.skew);
        match (outcome.result, target) {
            (Ok(Granted::Session(keys)), Target::Session(node @ Node::Source(..)))
                if keys.expiration.is_none_or(|end| end > server) =>
            {
                self.fetched(now, &node, keys);
            }
            (Ok(Granted::Session(_)), target @ Target::Session(Node::Source(..))) => {
                let failure = Failure::Source("gave keys that are over".to_owned());
                self.failed(now, call, &target, &failure, out);
            }
            (Ok(Granted::Session(keys)), Target::Session(node)) if keys.expiration > Some(server) => {
                self.granted(now, call, &node, keys, out);
            }
            (Ok(Granted::Session(_)), target) => {
                let failure = Failure::NoAnswer("the session was over before it arrived".to_owned());
                self.failed(now, call, &target, &failure, out);
            }
            (Ok(Granted::Devices(serials)), Target::Fact(Fact::Devices, user)) => {
                self.found_devices(now, &Target::Fact(Fact::Devices, user), serials, out);
            }
            (Ok(Granted::Account(account)), target @ Target::Fact(Fact::Account, _)) => {
                self.facts.remove(&target);
                if let Some(of_source) = self.discoveries.temporary.get_mut(target.user()) {
                    *of_source = Some(account);
                    return;
                }
                self.memory.users.entry(target.user().access_key_id.clone()).or_default().account =
                    Some(account);
                out.push(Effect::Remember(self.memory.clone()));
            }
            (Err(failure), target) => self.failed(now, call, &target, &failure, out),
            (Ok(_), target) => {
                // An adapter that answers another question than was asked.
                let failure = Failure::NoAnswer("the answer does not fit the call".to_owned());
                self.failed(now, call, &target, &failure, out);
            }
        }
    }

    /// How long a session is to live.
    pub(crate) fn asked(&self, node: &Node) -> Duration {
        match node {
            // As much as it gives.
            Node::Source(..) => Duration::MAX,
            Node::User(..) => self.settings.mfa_duration,
            Node::Role(_, key) => key.duration,
        }
    }

    /// A session was made.
    fn granted(&mut self, now: Now, call: CallId, node: &Node, keys: Keys, out: &mut Vec<Effect>) {
        let spread = self.spread();
        let expiration = keys.expiration.unwrap_or_default();
        let left = expiration.since(now.wall.shifted(self.skew));
        let life = policy::life(self.asked(node), left);
        // Taken so late, it is what the last call was to bring.
        let last_call = node.parent().is_some_and(|parent| self.ends_soon(now, parent));
        let Some(slot) = self.slots.get_mut(node) else { return };
        let used_before = slot.lease.as_ref().is_some_and(|lease| lease.used);
        let margin = policy::background_margin(life, spread);
        slot.lease = Some(Lease {
            keys: Arc::new(keys),
            granted: now.boot,
            ends: Some(now.boot + left.min(life)),
            life,
            margin_life: life,
            expiration: Some(expiration),
            used: false,
            used_before,
            renew_at: Some(now.boot + life.saturating_sub(margin)),
            last_call,
        });
        slot.flight = Flight::default();
        slot.renewing = false;
        slot.renewal_failures = 0;
        if let Node::User(user, None) = node {
            // From now on its life says how long that is believed.
            self.discoveries.without_device.remove(user);
        }
        if let Some(device) = node.device() {
            self.code_accepted(node.user(), &device.serial, out);
        }
        if let Some(device) = self.desk.verified_by(call) {
            let answerers = self.desk.take_answerers(&device);
            out.extend(answerers.into_iter().map(|id| Effect::Done(id, Vec::new())));
            self.desk.end(&device, true);
        }
        if let Some(device) = node.device() {
            self.desk.satisfied(&device, node);
        }
    }

    /// AWS could not check a code, and now it is known which devices the user has: that is what was wrong, or too many
    /// codes were tried, by whomever. A device that no line names was another one lately: the request goes on.
    fn explain_refused_device(
        &mut self,
        now: Now,
        id: RequestId,
        user: &User,
        usable: &[String],
        out: &mut Vec<Effect>,
    ) {
        let Some(pending) = self.requests.get_mut(&id) else { return };
        let Some(serial) = pending.refused.device.take() else { return };
        if !usable.contains(&serial) {
            if pending.chain.device.is_some() {
                let denial = denial::not_the_users(&pending.chain.profile, &serial, usable);
                self.deny(id, denial, out);
            }
            return;
        }
        pending.code_reason = Some("AWS checks no codes of this device for now: too many were tried");
        let asks_again = pending.has_terminal();
        let device = Device { serial, scope: user.scope.clone() };
        let wait = self.desk.exhausted(now, self.skew, &device);
        if !asks_again {
            self.deny(id, denial::exhausted(&device.serial, wait), out);
        }
    }

    /// The user's devices are known now.
    fn found_devices(&mut self, now: Now, target: &Target, serials: Vec<String>, out: &mut Vec<Effect>) {
        let waiting = self.waiting_for(now, target);
        self.facts.remove(target);
        let user = target.user().clone();
        let (usable, others) = usable_devices(serials);
        for id in &waiting {
            self.explain_refused_device(now, *id, &user, &usable, out);
        }
        if let [serial] = usable.as_slice() {
            self.memory.users.entry(user.access_key_id).or_default().device = Some(serial.clone());
            out.push(Effect::Remember(self.memory.clone()));
            return;
        }
        if !usable.is_empty() {
            self.found_several(user, usable);
            return;
        }
        if !others {
            self.discoveries.without_device.insert(user);
        }
        for id in waiting {
            let Some(pending) = self.requests.get(&id) else { continue };
            let profile = &pending.chain.profile;
            let denial = if others {
                denial::only_security_keys(profile)
            } else if pending.chain.roles.is_empty() {
                continue;
            } else {
                denial::no_device_for_role(profile)
            };
            self.deny(id, denial, out);
        }
    }
}
