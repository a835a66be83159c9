//! What people are told when AWS refuses something: the reason that fits what AWS said.

use awsd_core::effect::{Denial, Reason};
use awsd_core::event::Failure;

use crate::world::World;

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
    }
}

impl World {
    /// Somebody is told no just after a call has failed: because of that failure, or for a reason that has nothing to do
    /// with AWS.
    pub(crate) fn check_meaning(&self, denial: &Denial) {
        let Some(failure) = &self.failure else { return };
        let about_people = matches!(
            denial.reason,
            Reason::CodeRequired
                | Reason::WrongCode
                | Reason::SpentCode
                | Reason::TooManyTries
                | Reason::NotNow
                | Reason::LoggedOut
                | Reason::SourceExpired
        );
        // What went wrong with a code is told to whoever comes before its question a moment later, too.
        let about_a_code = denial.sentence.contains("whether it took that code");
        if !about_people && !about_a_code && !meanings(failure).contains(&denial.reason) {
            self.fail(&format!("{failure:?} is called {:?}", denial.reason));
        }
        let region = matches!(failure, Failure::Refused { code, .. } if code == "RegionDisabledException");
        if region && denial.reason == Reason::AwsRefused && !denial.sentence.contains("region") {
            self.fail("nothing is said about the region");
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
