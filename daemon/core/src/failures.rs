//! Calls that failed: what is tried instead, and who is told.

use std::iter::successors;
use std::time::Duration;

use crate::chain::Base;
use crate::denial::{self, Context};
use crate::effect::{Denial, Effect};
use crate::event::{CallId, Failure, RequestId};
use crate::graph::{Device, Node, Parent};
use crate::policy;
use crate::reach::{Standing, Target};
use crate::route::Fact;
use crate::session::{Core, Pending};
use crate::sources::of_keys;
use crate::time::Now;
use crate::verdict::{Verdict, judge};

/// Whether this is a first role, taken with the user's MFA.
pub(crate) fn first_with_mfa(node: &Node) -> bool {
    match node {
        Node::Role(parent, _) => match &**parent {
            Parent::KeysAndCode(..) => true,
            Parent::Session(session) => session.is_mfa_session(),
            Parent::Keys(_) => false,
        },
        Node::Source(..) | Node::User(..) => false,
    }
}

/// A call that failed, and who waited for it.
struct Ended<'a> {
    target: &'a Target,
    verdict: Verdict,
    failure: &'a Failure,
    waiting: Vec<RequestId>,
}

/// What one request does after its call failed.
enum Next {
    /// It has been led another way.
    GoesOn,
    /// It is told.
    Told(Denial),
}

impl Core {
    /// The requests that wait for a target.
    pub(crate) fn waiting_for(&self, now: Now, target: &Target) -> Vec<RequestId> {
        let waits = |pending: &Pending| matches!(self.standing(now, pending), Standing::Waits { target: waited, .. } if waited == *target);
        self.requests.iter().filter(|(_, pending)| waits(pending)).map(|(id, _)| *id).collect()
    }

    /// A call ended without what it was to bring.
    pub(crate) fn failed(
        &mut self,
        now: Now,
        call: CallId,
        target: &Target,
        failure: &Failure,
        out: &mut Vec<Effect>,
    ) {
        let verdict = judge(failure);
        let device = self.desk.verified_by(call);
        if self.repeat_at_once(now, target, verdict, device.as_ref(), out) {
            return;
        }
        let ended = Ended { target, verdict, failure, waiting: self.waiting_for(now, target) };
        if let Some(flight) = self.flight_mut(target) {
            flight.call = None;
            flight.repeated = false;
        }
        match (device, target) {
            (Some(device), Target::Session(node)) => {
                self.desk.end(&device, verdict.code_may_be_spent());
                self.code_failed(now, &device, node, &ended, out);
            }
            _ if verdict.passing() => self.try_later(now, &ended, out),
            _ => {
                self.give_up(now, &ended, out);
            }
        }
    }

    /// Signs again once the clock's error is known, and sends a code again that has not left this machine; once each.
    fn repeat_at_once(
        &mut self,
        now: Now,
        target: &Target,
        verdict: Verdict,
        device: Option<&Device>,
        out: &mut Vec<Effect>,
    ) -> bool {
        let worth = match verdict {
            Verdict::Skew => true,
            Verdict::NotSent => device.is_some(),
            _ => false,
        };
        let Some(flight) = self.flight_mut(target).filter(|flight| worth && !flight.repeated) else {
            return false;
        };
        flight.repeated = true;
        let call = self.next_call(target.clone());
        let code = device.and_then(|device| self.desk.resend(now, device, call));
        self.send(now, call, target, code, out)
    }

    /// A call that carried a code failed.
    fn code_failed(
        &mut self,
        now: Now,
        device: &Device,
        node: &Node,
        ended: &Ended<'_>,
        out: &mut Vec<Effect>,
    ) {
        let again = match ended.verdict {
            Verdict::WrongCode => Some(denial::wrong_code(self.skew)),
            Verdict::Unclear | Verdict::Throttled => Some(denial::unclear_code(ended.failure)),
            _ => None,
        };
        let answerers = self.desk.take_answerers(device);
        if let Some(problem) = again {
            self.give_up_program(device);
            // Whoever waits stays before the question, which is asked again.
            if let Some(open) = self.desk.open_mut(device) {
                open.ask_again(now, problem.clone());
            }
            self.tell_patient(device, &problem.sentence, out);
            out.extend(answerers.into_iter().map(|id| Effect::Denied(id, problem.clone())));
            return;
        }
        self.desk.satisfied(device, node);
        let told = self.give_up(now, ended, out);
        let words = told.unwrap_or_else(|| self.words(ended, None));
        for id in answerers {
            out.push(match ended.verdict {
                // The code did what it could; the session is made another way.
                Verdict::TooLong => Effect::Done(id, Vec::new()),
                _ => Effect::Denied(id, words.clone()),
            });
        }
    }

    /// The call is made again after a pause, a few times; then whoever waits is told.
    fn try_later(&mut self, now: Now, ended: &Ended<'_>, out: &mut Vec<Effect>) {
        let spread = self.spread();
        let throttled = ended.verdict == Verdict::Throttled;
        let Some(flight) = self.flight_mut(ended.target) else { return };
        flight.failures += 1;
        if flight.failures < policy::ATTEMPTS {
            flight.not_before = now.boot + policy::pause(flight.failures, throttled, spread);
            if throttled {
                let text = "AWS asks to slow down; trying again in a moment";
                out.extend(ended.waiting.iter().map(|id| Effect::Progress(*id, text.to_owned())));
            }
            return;
        }
        flight.failures = 0;
        if throttled {
            // Also those who come next: AWS asked to slow down, not to be asked by somebody else.
            flight.not_before = now.boot + policy::pause(policy::ATTEMPTS, true, spread);
        }
        self.give_up(now, ended, out);
    }

    /// Nothing comes of this call: background renewal pauses, and everybody who waits goes another way or is told.
    /// Returns what the last one was told.
    fn give_up(&mut self, now: Now, ended: &Ended<'_>, out: &mut Vec<Effect>) -> Option<Denial> {
        let target = ended.target;
        if let Target::Session(node) = target {
            self.pause_renewal(now, node, ended.verdict);
            self.learn(node, ended.verdict);
        }
        self.distrust(target, ended.verdict);
        let mut last = None;
        for &id in &ended.waiting {
            match self.next(now, id, ended) {
                Next::GoesOn => {}
                Next::Told(denial) => {
                    last = Some(denial.clone());
                    self.refuse(now, id, denial, out);
                }
            }
        }
        self.facts.retain(|fact, lookup| fact != target || lookup.flight.busy(now));
        if ended.verdict == Verdict::CannotValidate {
            self.forget_device(target, out);
        }
        last
    }

    /// Background renewal is tried again only where the failure may pass; otherwise the next caller will see. So it is
    /// with what would have been taken from this session: it must not ask for it again at once.
    fn pause_renewal(&mut self, now: Now, node: &Node, verdict: Verdict) {
        let stands_on_it =
            |other: &Node| successors(Some(other), |node| node.parent()).any(|from| from == node);
        for (other, slot) in &mut self.slots {
            if other != node && !(slot.renewing && stands_on_it(other)) {
                continue;
            }
            slot.renewing = false;
            slot.renewal_failures += 1;
            if let Some(lease) = slot.lease.as_mut() {
                let retry = now.boot + policy::renewal_pause(slot.renewal_failures, lease.life);
                lease.renew_at = verdict.passing().then_some(retry);
            }
        }
    }

    /// What a failure says about things beyond this call.
    fn learn(&mut self, node: &Node, verdict: Verdict) {
        match (verdict, node) {
            (Verdict::TooLong, Node::Role(_, key)) if key.duration > policy::CHAINED_LIMIT => {
                let shortest = self.discoveries.short_roles.entry(key.arn.clone()).or_insert(key.duration);
                *shortest = key.duration.min(*shortest);
            }
            (Verdict::UnknownKey | Verdict::Expired, _) if node.parent().is_some() => {
                let sent = self.slots.get(node).map(|slot| slot.flight.sent);
                if let Some(parent) = node.parent().and_then(|parent| self.slots.get_mut(parent)) {
                    // One that was taken since the call was signed has nothing to do with it.
                    parent.lease =
                        parent.lease.take().filter(|lease| sent.is_some_and(|sent| lease.granted > sent));
                }
            }
            (Verdict::AccessDenied, Node::Role(parent, _)) => {
                // Whether the user has a device by now is looked up anew.
                if let Parent::Keys(user) = &**parent {
                    self.discoveries.without_device.remove(user);
                }
            }
            _ => {}
        }
    }

    /// A device that was looked up or chosen and turns out not to work is looked up again next time.
    fn forget_device(&mut self, target: &Target, out: &mut Vec<Effect>) {
        self.discoveries.several.remove(target.user());
        if let Some(facts) = self.memory.users.get_mut(&target.user().access_key_id)
            && facts.device.take().is_some()
        {
            out.push(Effect::Remember(self.memory.clone()));
        }
    }

    /// Where a request goes from a call that failed.
    fn next(&mut self, now: Now, id: RequestId, ended: &Ended<'_>) -> Next {
        let words = self.words(ended, self.requests.get(&id));
        // What is left of a session stands in for its renewal, not for another session that was refused.
        let fallback = self.requests.get(&id).is_some_and(|pending| match self.standing(now, pending) {
            Standing::Starts { target, fallback, .. } | Standing::Waits { target, fallback } => {
                fallback && target == *ended.target
            }
            _ => false,
        });
        let age = self.mfa_age(now, ended.target);
        let Some(pending) = self.requests.get_mut(&id) else { return Next::GoesOn };
        if fallback {
            pending.renewal_failed = true;
            return Next::GoesOn;
        }
        let goes_on = match (ended.verdict, ended.target) {
            (Verdict::TooLong, Target::Session(Node::Role(_, key))) => {
                pending.code_reason = Some(
                    "AWS refuses the role for that long, and took the code all the same; the next one is for sessions of 1 h",
                );
                key.duration > policy::CHAINED_LIMIT
            }
            (Verdict::UnknownKey | Verdict::Expired, Target::Session(node)) if node.parent().is_some() => {
                !std::mem::replace(&mut pending.lost.session, true)
            }
            (_, Target::Session(Node::Source(..))) => false,
            // The source is asked once more: it may have other keys by now.
            (Verdict::UnknownKey | Verdict::Expired | Verdict::WrongSecret, _) => {
                matches!(pending.chain.base, Base::Source { .. })
                    && !std::mem::replace(&mut pending.lost.key, true)
            }
            (Verdict::AccessDenied, Target::Session(node)) => pending.other_way(now, node, age),
            (Verdict::CannotValidate, Target::Session(node)) => {
                pending.refused.device = node.device().map(|device| device.serial);
                pending.refused.device.is_some()
            }
            _ => false,
        };
        if goes_on { Next::GoesOn } else { Next::Told(words) }
    }

    /// How old the MFA session is that a role was refused to.
    fn mfa_age(&self, now: Now, target: &Target) -> Option<Duration> {
        let Target::Session(node) = target else { return None };
        let parent = node.parent().filter(|parent| parent.is_mfa_session())?;
        Some(now.boot.since(self.lease(parent)?.granted))
    }

    /// The sentence for a failed call.
    fn words(&self, ended: &Ended<'_>, pending: Option<&Pending>) -> Denial {
        let Ended { target, verdict, failure, .. } = *ended;
        let slot = match target {
            Target::Session(node) => self.slots.get(node),
            Target::Fact(..) => None,
        };
        let profile = pending
            .map(|pending| pending.chain.profile.clone())
            .or_else(|| slot.and_then(|slot| slot.profiles.first().cloned()))
            .unwrap_or_else(|| "this profile".to_owned());
        let recipe = slot.map(|slot| &slot.recipe).or_else(|| Some(&self.facts.get(target)?.recipe));
        let keys = recipe.and_then(|recipe| recipe.keys.as_ref());
        let temporary_base = keys.is_some_and(|keys| keys.temporary());
        let from_source = pending.is_some_and(|pending| matches!(pending.chain.base, Base::Source { .. }));
        let what = match target {
            Target::Fact(Fact::Devices, _) if verdict == Verdict::AccessDenied => {
                return match pending.and_then(|pending| pending.refused.device.as_ref()) {
                    Some(serial) => denial::cannot_validate(serial),
                    None => denial::lookup_refused(&profile),
                };
            }
            Target::Fact(Fact::Devices, _) => "iam:ListMFADevices".to_owned(),
            Target::Fact(Fact::Account, _) => "sts:GetCallerIdentity".to_owned(),
            Target::Session(Node::Source(_, source)) => {
                let has_it = pending.and_then(|pending| match &pending.chain.base {
                    Base::Source { profile, .. } => Some(profile.as_str()),
                    Base::Keys(_) => None,
                });
                return denial::source::failed(
                    &profile,
                    has_it.unwrap_or(&profile),
                    source,
                    verdict,
                    failure,
                );
            }
            Target::Session(Node::User(_, Some(serial))) if verdict == Verdict::CannotValidate => {
                return denial::cannot_validate(serial);
            }
            Target::Session(Node::User(..)) => "sts:GetSessionToken".to_owned(),
            Target::Session(Node::Role(parent, key)) => match (&**parent, verdict) {
                (Parent::KeysAndCode(_, serial), Verdict::CannotValidate) => {
                    return denial::cannot_validate(serial);
                }
                _ => format!("sts:AssumeRole of {}", key.arn),
            },
        };
        let key = denial::masked(&target.user().access_key_id);
        denial::failed(&profile, &what, verdict, failure, &Context { key: &key, temporary_base, from_source })
    }
}

impl Pending {
    /// After a role was refused: with MFA if it was tried without, without if with, or with a new code if the MFA session
    /// is old. Each is tried once.
    fn other_way(&mut self, now: Now, node: &Node, mfa_age: Option<Duration>) -> bool {
        let Node::Role(parent, _) = node else { return false };
        let device_named = self.chain.device.is_some();
        let temporary = of_keys(&self.chain.base);
        let plain = matches!(&**parent, Parent::Keys(_));
        if plain && !device_named && !temporary && !self.refused.without_mfa {
            self.refused.without_mfa = true;
            if self.refused.with_mfa.is_none() {
                return true;
            }
            // Both were refused: only a newer MFA session can make a difference.
            return self.wants_new_code(now, self.refused.with_mfa);
        }
        let by_mfa = first_with_mfa(node);
        if by_mfa && !device_named && !self.refused.without_mfa && self.refused.with_mfa.is_none() {
            self.refused.with_mfa = Some(mfa_age.unwrap_or_default());
            return true;
        }
        self.wants_new_code(now, mfa_age)
    }

    /// One new code is asked for, if somebody is there to give it and it may help.
    fn wants_new_code(&mut self, now: Now, mfa_age: Option<Duration>) -> bool {
        let suspect = mfa_age.is_some_and(|age| age > policy::MFA_AGE_SUSPECT);
        if !suspect || self.fresh_after.is_some() || !self.has_terminal() {
            return false;
        }
        self.refused.with_mfa = None;
        self.fresh_after = Some(now.boot);
        self.code_reason =
            Some("AWS refused the role to a session older than an hour; a new code may be what it wants");
        true
    }
}
