//! What people are told when AWS refuses something: the reason that fits what AWS said.

use awsd_core::effect::{Action, Denial, Operation, Reason};
use awsd_core::event::{Failure, Granted, Patience, RequestId};
use awsd_core::memory::Memory;

use crate::aws::Identity;
use crate::world::{Flight, Open, World};

/// What AWS may say, by code and the beginning of the message, and what that may be called.
const MEANINGS: [(&str, &str, &[Reason]); 15] = [
    ("RegionDisabledException", "", &[Reason::AwsRefused]),
    ("ValidationError", "", &[Reason::AwsRefused]),
    ("PackedPolicyTooLarge", "", &[Reason::AwsRefused]),
    ("Throttling", "", &[Reason::Throttled, Reason::AwsUnavailable]),
    ("InvalidClientTokenId", "", &[Reason::KeyRevoked]),
    ("UnrecognizedClientException", "", &[Reason::KeyRevoked]),
    ("ExpiredToken", "", &[Reason::AwsRefused]),
    ("RequestExpired", "", &[Reason::ClockSkew]),
    ("SignatureDoesNotMatch", "Signature expired", &[Reason::ClockSkew]),
    ("SignatureDoesNotMatch", "Signature not yet", &[Reason::ClockSkew]),
    ("SignatureDoesNotMatch", "", &[Reason::WrongSecret]),
    ("InvalidSignatureException", "", &[Reason::WrongSecret]),
    ("AccessDenied", "MultiFactorAuthentication failed with", &[Reason::WrongCode]),
    ("AccessDenied", "MultiFactorAuthentication failed, unable", &[Reason::BadDevice]),
    ("AccessDenied", "", &[Reason::AccessDenied, Reason::BadDevice]),
];

fn meanings(failure: &Failure) -> &'static [Reason] {
    match failure {
        Failure::Refused { code, message, status } => {
            let meant = |(known, beginning, _): &&(&str, &str, _)| {
                code.starts_with(known) && message.starts_with(beginning)
            };
            match MEANINGS.iter().find(meant) {
                Some((_, _, reasons)) => reasons,
                None if *status >= 500 || code == "RequestTimeout" => &[Reason::AwsUnavailable],
                None => &[],
            }
        }
        Failure::NotSent(_) | Failure::NoAnswer(_) => &[Reason::AwsUnavailable],
        Failure::SignIn(_) => &[Reason::SourceExpired],
        Failure::Source(_) => &[Reason::SourceFailed],
    }
}

/// A call that failed.
#[derive(Debug, Clone)]
pub(crate) struct Failing {
    pub failure: Failure,
    what: String,
    signer: String,
    code: Option<String>,
    serial: Option<String>,
    resent: bool,
}

impl Failing {
    fn message(&self) -> &str {
        match &self.failure {
            Failure::Refused { message, .. } => message,
            _ => "",
        }
    }

    /// Whether a call carries the same code again.
    pub(crate) fn had_code_of(&self, operation: &Operation) -> bool {
        self.code.is_some() && self.code.as_deref() == World::code_of(operation)
    }

    /// It is not known what AWS did.
    fn may_have_been_seen(&self) -> bool {
        meanings(&self.failure).contains(&Reason::AwsUnavailable)
            && !matches!(self.failure, Failure::NotSent(_))
    }

    /// The device whose code was wrong, or may have been looked at without an answer.
    pub(crate) fn code_lost_of(&self) -> Option<&str> {
        let lost = self.may_have_been_seen() || meanings(&self.failure) == [Reason::WrongCode];
        self.serial.as_deref().filter(|_| lost)
    }

    fn is(&self, expected: &str) -> bool {
        matches!(&self.failure, Failure::Refused { code, .. } if code.starts_with(expected))
    }
}

impl World {
    /// What is known of a call that failed, when it is reported.
    pub(crate) fn failing(&mut self, what: &str, flight: &Flight, failure: &Failure) -> Failing {
        let operation = &flight.operation;
        let failing = Failing {
            failure: failure.clone(),
            what: what.to_owned(),
            signer: operation.signer.access_key_id.clone(),
            code: Self::code_of(operation).map(str::to_owned),
            resent: flight.resent,
            serial: Self::device_asked(operation).map(str::to_owned),
        };
        let for_time = meanings(failure) == [Reason::ClockSkew];
        if self.awaited(flight) {
            let times = self.skewed.entry(what.to_owned()).or_default();
            *times = if for_time { *times + 1 } else { 0 };
        }
        failing
    }

    /// Notes a role that is not given without MFA, and a device whose codes cannot be checked.
    pub(crate) fn note_refusal(&mut self, flight: &Flight, result: &Result<Granted, Failure>) {
        let denied = matches!(result, Err(Failure::Refused { code, .. }) if code == "AccessDenied");
        let key = &flight.operation.signer.access_key_id;
        if matches!(result, Err(Failure::Refused { message, .. }) if message.contains("unable to validate")) {
            self.doubted.insert(key.clone());
        }
        if let Action::AssumeRole { arn, mfa: None, .. } = &flight.operation.action
            && denied
            && self.aws.users.contains_key(key)
        {
            self.refused_plain.insert((key.clone(), arn.clone()), self.history.len());
        }
    }

    /// A role that was refused without MFA, and given with it, is taken with it from then on; nothing else is noted of
    /// roles. Nothing is signed with what AWS does not take any more.
    pub(crate) fn check_ways(&self, operation: &Operation) {
        let key = &operation.signer.access_key_id;
        if self.dead.contains(key) && self.resigned.is_none() {
            self.fail("a call is signed with a session that AWS does not take any more");
        }
    }

    /// What is to be remembered has happened.
    pub(crate) fn check_memory(&self, memory: &Memory) {
        for (user, facts) in &memory.users {
            let happened = |arn: &String| self.refused_plain.contains_key(&(user.clone(), arn.clone()));
            if !facts.roles_with_mfa.iter().all(happened) {
                self.fail("a role is said to need MFA that was never refused without");
            }
        }
    }

    /// What was found out for somebody who is served now is remembered.
    pub(crate) fn check_way_remembered(&self, open: &Open, identity: &Identity) {
        let (Some(first), Some(facts)) = (identity.roles.first(), self.memory.users.get(open.root())) else {
            return;
        };
        let way = (open.root().to_owned(), first.arn.clone());
        let refused = self.refused_plain.get(&way).is_some_and(|line| *line >= open.line);
        let by_mfa = identity.by_mfa || identity.mfa.is_some();
        // Otherwise somebody else may have been refused meanwhile.
        let is_last = self.asked_last.get(open.root()) == Some(&open.line);
        let alone = self.calm && is_last && !self.open.values().any(|other| other.root() == open.root());
        if alone
            && open.chain.device.is_none()
            && by_mfa
            && refused
            && facts.device.is_some()
            && !facts.roles_with_mfa.contains(&first.arn)
        {
            self.fail(&format!("{} is given with MFA only, and that is forgotten", first.arn));
        }
    }

    /// Somebody is told no just after a call has failed: because of that failure, or for a reason that has nothing to do
    /// with AWS.
    pub(crate) fn check_meaning(&self, id: RequestId, denial: &Denial) {
        if denial.reason == Reason::CodeRequired && !denial.sentence.contains("nobody") {
            self.fail(&format!("who should have given a code? {}", denial.sentence));
        }
        let Some(failing) = &self.failing else { return };
        let failure = &failing.failure;
        let about_people = matches!(
            denial.reason,
            Reason::CodeRequired
                | Reason::WrongCode
                | Reason::SpentCode
                | Reason::TooManyTries
                | Reason::NotNow
                | Reason::LoggedOut
                | Reason::SourceExpired
                | Reason::LifeTooShort
        );
        // What went wrong with a code is told to whoever comes before its question a moment later, too.
        let about_a_code = denial.sentence.contains("whether it took that code");
        if !about_people && !about_a_code && !meanings(failure).contains(&denial.reason) {
            self.fail(&format!("{failure:?} is called {:?}", denial.reason));
        }
        let hint = denial.hint.as_deref().unwrap_or_default();
        if failing.is("RegionDisabled") && denial.reason == Reason::AwsRefused && !hint.contains("region") {
            self.fail("nothing is said about the region");
        }
        // A code that had not left the machine has had its second chance already.
        let once = self.skewed.get(&failing.what).is_none_or(|times| *times < 2) && !failing.resent;
        if denial.reason == Reason::ClockSkew && once {
            self.fail("a call is not signed again although the clock's error is known now");
        }
        match self.open.get(&id) {
            None => self.check_answerer(failing, denial),
            Some(open) if failing.code.is_some() && failing.may_have_been_seen() => {
                if open.patience == Patience::Terminal(None)
                    && open.shown.is_some()
                    && denial.reason == Reason::AwsUnavailable
                {
                    self.fail("nobody knows what became of a code, and the next one is not asked for");
                }
            }
            Some(_) => {}
        }
    }

    /// Who gave a code with `awsd mfa` hears what came of it.
    fn check_answerer(&self, failing: &Failing, denial: &Denial) {
        if failing.message().starts_with("The requested DurationSeconds") && failing.code.is_some() {
            self.fail("a code has done what it could, and its giver is told that it failed");
        }
        let wrong = failing.message().contains("invalid MFA one time pass code");
        if wrong && denial.sentence.contains("did not accept") {
            let blamed = denial.sentence.contains("clock is");
            if blamed != (self.error.abs() > 60) {
                self.fail(&format!("the clock is off by {} s: {}", self.error, denial.sentence));
            }
        }
    }

    /// What has to follow a failure at once.
    pub(crate) fn check_after(&mut self, failing: &Failing) {
        let session = self.aws.sessions.contains_key(&failing.signer);
        if session
            && (failing.is("InvalidClientTokenId")
                || failing.is("Unrecognized")
                || failing.is("ExpiredToken"))
        {
            self.dead.insert(failing.signer.clone());
        }
        let unable = failing.message().contains("unable to validate");
        let facts = self.memory.users.get(&self.root_of(&failing.signer));
        if unable && facts.is_some_and(|facts| facts.device.is_some() && facts.device == failing.serial) {
            self.fail("a device whose codes AWS cannot check is still believed in");
        }
        let (Failure::NotSent(_), Some(code)) = (&failing.failure, &failing.code) else { return };
        let again = self.flights.values().any(|flight| Self::code_of(&flight.operation) == Some(code));
        if !failing.resent && !again {
            self.fail("a code has not left the machine, and it is not sent again");
        }
    }
    /// A code is called spent only if AWS may have looked at it.
    pub(crate) fn check_spent(&self, device: &str, code: &str) {
        let code = code.trim();
        let device = format!("{device}aws");
        let seen = self.seen_codes.get(&device).is_some_and(|codes| codes.contains_key(code));
        let under_way = self.flights.values().any(|flight| Self::code_of(&flight.operation) == Some(code));
        if !seen && !under_way {
            self.fail(&format!("{code} is called spent, and AWS has never seen it"));
        }
    }
}
