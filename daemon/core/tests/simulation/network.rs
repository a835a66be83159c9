//! Calls on their way.

use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::effect::{Action, Operation};
use awsd_core::event::{CallId, Event, Failure, Granted, Outcome};
use awsd_core::time::Boot;
use secrecy::ExposeSecret as _;

use crate::aws;
use crate::pauses;
use crate::reasons::Failing;
use crate::world::{Clocks, Flight, Held, World};

impl World {
    /// What a call is for, whichever session of the right kind signs it: two of the same at one time are one too many.
    pub(crate) fn purpose_of(&self, operation: &Operation) -> String {
        let key = &operation.signer.access_key_id;
        let signer = match self.aws.sessions.get(key) {
            None => key.clone(),
            Some(session) => format!(
                "{}{}{:?}{}",
                session.root,
                if session.mfa.is_some() || session.by_mfa { "+mfa" } else { "" },
                session.roles,
                session.device.as_ref().map(|device| format!(" by {device}")).unwrap_or_default(),
            ),
        };
        let elsewhere = operation.service.sts_endpoint.as_deref().unwrap_or_default();
        match &operation.action {
            Action::GetSessionToken { mfa, .. } => {
                format!("session {signer} {:?}{elsewhere}", mfa.as_ref().map(|mfa| &mfa.serial))
            }
            Action::AssumeRole { role, arn, duration, mfa } => format!(
                "role {signer} {elsewhere}{arn} {duration:?} {} {:?} {:?}",
                role.session_name,
                role.external_id,
                mfa.as_ref().map(|mfa| &mfa.serial)
            ),
            Action::ListMfaDevices => format!("devices {signer} {elsewhere}"),
            Action::GetCallerIdentity => format!("account {signer} {elsewhere}"),
        }
    }

    /// A call is made: it must be needed, and it must be the only one of its kind.
    pub(crate) fn call(&mut self, call: CallId, operation: Operation) {
        let what = self.purpose_of(&operation);
        self.log(&format!("call {call:?} {what}"));
        let root = self.root_of(&operation.signer.access_key_id);
        let logouts = self.logouts.get(&root).copied().unwrap_or(0);
        // What was under way at a logout does not count any more: its answer is thrown away.
        let same = |flight: &Flight| flight.logouts == logouts && self.purpose_of(&flight.operation) == what;
        if self.flights.values().any(same) {
            self.fail(&format!("a second call for the same thing: {what}"));
        }
        self.check_pause(&what, Self::code_of(&operation));
        self.check_looked_up(&operation);
        self.check_source(&operation);
        self.check_ways(&operation);
        self.check_lookup(&operation);
        self.check_signer(&operation);
        self.check_needed(&what, &operation);
        self.check_duration(&operation);
        if let Action::GetSessionToken { mfa: Some(mfa), .. } | Action::AssumeRole { mfa: Some(mfa), .. } =
            &operation.action
        {
            self.history.push(format!("          with code {}", mfa.code.expose_secret()));
            let device = format!("{}{}", mfa.serial, aws::scope(&operation));
            self.check_code(&device, mfa.code.expose_secret());
        }
        let sent = self.now();
        let resent = self.failing.as_ref().is_some_and(|failing| failing.had_code_of(&operation));
        self.flights.insert(call, Flight { operation, acted: None, sent, logouts, resent });
    }

    pub(crate) fn root_of(&self, key: &str) -> String {
        self.aws.sessions.get(key).map_or_else(|| key.to_owned(), |session| session.root.clone())
    }

    /// The code that a call carries.
    pub(crate) fn code_of(operation: &Operation) -> Option<&str> {
        match &operation.action {
            Action::GetSessionToken { mfa: Some(mfa), .. } | Action::AssumeRole { mfa: Some(mfa), .. } => {
                Some(mfa.code.expose_secret())
            }
            _ => None,
        }
    }

    /// The device whose code a call carries.
    pub(crate) fn device_asked(operation: &Operation) -> Option<&str> {
        match &operation.action {
            Action::GetSessionToken { mfa, .. } | Action::AssumeRole { mfa, .. } => {
                mfa.as_ref().map(|mfa| mfa.serial.as_str())
            }
            Action::ListMfaDevices | Action::GetCallerIdentity => None,
        }
    }

    fn check_code(&mut self, serial: &str, code: &str) {
        let at = self.seen_codes.get(serial).and_then(|codes| codes.get(code));
        // A little later the device may show the same digits by chance.
        let seen = at.is_some_and(|at| self.now().boot.since(*at) < Duration::from_secs(170));
        if seen {
            self.fail(&format!(
                "a code is sent again that AWS may have looked at: {code} {:?}",
                self.seen_codes
            ));
        }
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            self.fail("something is sent that is no code");
        }
    }

    /// AWS acts on a call that is under way, or its answer comes, or none does.
    pub(crate) fn network(&mut self) {
        let Some(&call) = self.flights.keys().nth(self.random.index(8)) else {
            return;
        };
        let acted = self.flights[&call].acted.is_some();
        let fate = if self.calm { 99 } else { self.random.below(100) };
        match (acted, fate) {
            (false, 0..4) => self.lose(call, Failure::NotSent("connection refused".to_owned())),
            (false, 4) => {
                let (status, code) = *self.random.pick(&[
                    (500, "InternalFailure"),
                    (503, "ServiceUnavailable"),
                    (502, ""),
                    (400, "RequestTimeout"),
                ]);
                // Some say nothing more than their code.
                let message = if code == "RequestTimeout" { "" } else { "timed out" };
                self.lose(
                    call,
                    Failure::Refused { status, code: code.to_owned(), message: message.to_owned() },
                );
            }
            (false, 5..7) => self.lose(call, Failure::NoAnswer("timed out".to_owned())),
            (false, 7..10) => {
                self.lose(call, pauses::throttling());
            }
            (false, _) => self.act(call),
            (true, 0..4) => self.lose(call, Failure::NoAnswer("connection reset".to_owned())),
            (true, _) => self.arrive(call),
        }
    }

    fn act(&mut self, call: CallId) {
        let Some(flight) = self.flights.get_mut(&call) else { return };
        let late = self.delayed && self.random.percent(60);
        let signed = if late { aws::earlier(flight.sent.wall, 1200) } else { flight.sent.wall };
        let acted = self.aws.act(call, &flight.operation, signed, flight.logouts);
        flight.acted = Some(acted);
        // Where the clock is wrong, the window is known only as well as the clock.
        let tried_out = |device: &aws::Device| device.tries.values().any(|tries| *tries > 9);
        if self.clocks == Clocks::Right && self.aws.devices.values().any(tried_out) {
            self.fail("more codes are tried than AWS looks at");
        }
    }

    fn arrive(&mut self, call: CallId) {
        let Some(mut flight) = self.flights.remove(&call) else { return };
        let Some(result) = flight.acted.take() else { return };
        if let Ok(Granted::Session(keys)) = &result {
            self.hold(&flight, keys);
            self.code_was_taken(&flight, keys);
        }
        self.code_seen(&flight, result.as_ref().err());
        let what = self.purpose_of(&flight.operation);
        let skew = Some(-self.error);
        let outcome = match &result {
            Ok(_) => "ok".to_owned(),
            Err(failure) => format!("{failure:?}"),
        };
        self.log(&format!("answer {call:?} {outcome}"));
        // A call refused for its time is signed once more, whoever still waits for it.
        let again = result.as_ref().err().is_some_and(aws::code_unseen);
        self.resigned = again.then(|| self.purpose_of(&flight.operation));
        let root = self.root_of(&flight.operation.signer.access_key_id);
        let awaited = self.awaited(&flight);
        if let Ok(Granted::Devices(_)) = &result {
            // An answer from before a logout may come late.
            let looked_up = self.looked_up.entry(root).or_insert(flight.logouts);
            *looked_up = flight.logouts.max(*looked_up);
        }
        if awaited {
            match &result {
                // A session that is over when it comes is as good as no answer.
                Ok(Granted::Session(keys)) if keys.expiration <= Some(self.aws.now) => {
                    let nothing = Failure::NoAnswer("the session was over".to_owned());
                    self.note_failure(&what, &flight.operation, &nothing);
                }
                Ok(_) => self.note_answer(&what),
                Err(failure) => self.note_failure(&what, &flight.operation, failure),
            }
        }
        self.note_refusal(&flight, &result);
        let failing = result.as_ref().err().map(|failure| self.failing(&what, &flight, failure));
        if let Some(device) = failing.as_ref().filter(|_| awaited).and_then(Failing::code_lost_of) {
            self.program_given_up(device);
        }
        self.failing.clone_from(&failing);
        let taken = self.taken(&flight, &result);
        self.give(Event::Finished { call, outcome: Outcome { result, skew } });
        self.failing = None;
        self.resigned = None;
        if let Some(failing) = failing.filter(|_| awaited) {
            self.check_after(&failing);
        }
        if let Some(taken) = taken {
            self.check_taken(&taken);
        }
        if awaited {
            self.check_skew();
            self.check_retry(&what);
        }
    }

    /// A session has arrived.
    fn hold(&mut self, flight: &Flight, keys: &Keys) {
        let what = self.purpose_of(&flight.operation);
        let used_before =
            self.leases.values().rev().find(|held| held.what == what).is_some_and(|held| held.used);
        let Some(expires) = keys.expiration else { self.fail("a session without an end") };
        let given = Boot(self.boot);
        let life = expires.since(self.aws.now);
        let device = self.aws.sessions[&keys.access_key_id].device.clone();
        let (number, logouts) = (self.history.len(), flight.logouts);
        let held =
            Held { what, device, given, line: number, expires, life, used: false, used_before, logouts };
        self.leases.insert(keys.access_key_id.clone(), held);
    }

    fn lose(&mut self, call: CallId, failure: Failure) {
        let Some(flight) = self.flights.remove(&call) else { return };
        self.code_seen(&flight, Some(&failure));
        let words = format!("{failure:?}");
        if words.is_empty() {
            self.fail("a failure that says nothing");
        }
        self.log(&format!("lost {call:?} {words}"));
        let awaited = self.awaited(&flight);
        let what = self.purpose_of(&flight.operation);
        if awaited {
            self.note_failure(&what, &flight.operation, &failure);
        }
        let failing = self.failing(&what, &flight, &failure);
        if let Some(device) = failing.code_lost_of().filter(|_| awaited) {
            self.program_given_up(device);
        }
        self.failing = Some(failing.clone());
        self.give(Event::Finished { call, outcome: Outcome { result: Err(failure), skew: None } });
        self.failing = None;
        if awaited {
            self.check_after(&failing);
            self.check_retry(&what);
        }
    }

    /// Whether no logout has come between a call and its answer.
    pub(crate) fn awaited(&self, flight: &Flight) -> bool {
        let root = self.root_of(&flight.operation.signer.access_key_id);
        flight.logouts == self.logouts.get(&root).copied().unwrap_or(0)
    }

    /// Notes which code AWS may have looked at. What became of a call from before a logout is not heard any more.
    fn code_seen(&mut self, flight: &Flight, failure: Option<&Failure>) {
        let operation = &flight.operation;
        let unseen = self.awaited(flight) && failure.is_some_and(aws::code_unseen);
        let (Action::GetSessionToken { mfa: Some(mfa), .. } | Action::AssumeRole { mfa: Some(mfa), .. }) =
            &operation.action
        else {
            return;
        };
        if !unseen {
            let seen = self.seen_codes.entry(format!("{}{}", mfa.serial, aws::scope(operation))).or_default();
            seen.insert(mfa.code.expose_secret().to_owned(), flight.sent.boot);
            self.forget_codes();
        }
    }

    pub(crate) fn idle(&self) -> bool {
        self.flights.is_empty()
    }

    pub(crate) fn finish_calls(&mut self) {
        while let Some(&call) = self.flights.keys().next() {
            if let Some(outage) = self.outage {
                self.lose(call, outage.failure());
                continue;
            }
            if self.flights[&call].acted.is_none() {
                self.act(call);
            }
            self.arrive(call);
        }
    }
}
