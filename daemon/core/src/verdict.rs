//! What a failure of AWS means for what happens next. A pure function of the answer.
//!
//! STS has few error codes and says the rest in the message. Its messages are not documented: they are written here as
//! they have been seen.

use crate::event::Failure;

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// AWS looked at the code and did not accept it.
    WrongCode,
    /// AWS could not check the code: a wrong serial, or too many tries.
    CannotValidate,
    /// Not authorised: trust, permission, external id, MFA missing or too old.
    AccessDenied,
    /// The key or session that signed is not known.
    UnknownKey,
    /// The session that signed is over.
    Expired,
    /// The secret is wrong.
    WrongSecret,
    /// The request's time was too far from AWS's.
    Skew,
    /// The role does not allow so long a session, or chaining does not.
    TooLong,
    /// STS is not active in this region for the account that owns the role.
    RegionDisabled,
    /// A person has to sign in.
    SignIn,
    /// A source gives no keys.
    Source,
    /// AWS asks to slow down.
    Throttled,
    /// AWS has not seen the request.
    NotSent,
    /// It is not known whether AWS acted on the request.
    Unclear,
    /// Anything else: the request itself is not acceptable.
    Rejected,
}

impl Verdict {
    /// Whether AWS may have looked at a code that was in the request. If so the code is never sent again.
    pub fn code_may_be_spent(self) -> bool {
        !matches!(self, Self::NotSent | Self::WrongSecret | Self::Skew)
    }

    /// Whether the same call may succeed if it is made again soon.
    pub fn passing(self) -> bool {
        matches!(self, Self::Throttled | Self::NotSent | Self::Unclear)
    }
}

/// The error codes by which AWS services ask to slow down: those that the SDKs retry as throttling.
const THROTTLING: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// Judges a failure.
pub fn judge(failure: &Failure) -> Verdict {
    let (status, code, message) = match failure {
        Failure::NotSent(_) => return Verdict::NotSent,
        Failure::NoAnswer(_) => return Verdict::Unclear,
        Failure::SignIn(_) => return Verdict::SignIn,
        Failure::Source(_) => return Verdict::Source,
        Failure::Refused { status, code, message } => (*status, code.as_str(), message.as_str()),
    };
    match code {
        "AccessDenied" | "AccessDeniedException" | "ForbiddenException" => denied(message),
        "InvalidClientTokenId" | "UnrecognizedClientException" => Verdict::UnknownKey,
        "ExpiredToken" | "ExpiredTokenException" => Verdict::Expired,
        // The same code stands for a wrong secret and for a wrong clock; only the message tells them apart.
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            if message.starts_with("Signature expired") || message.starts_with("Signature not yet current") {
                Verdict::Skew
            } else {
                Verdict::WrongSecret
            }
        }
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Verdict::Skew,
        "RegionDisabledException" => Verdict::RegionDisabled,
        "ValidationError" if message.contains("DurationSeconds exceeds") => Verdict::TooLong,
        "RequestTimeout" | "RequestTimeoutException" | "InternalFailure" | "ServiceUnavailable" => {
            Verdict::Unclear
        }
        _ if THROTTLING.contains(&code) => Verdict::Throttled,
        "IDPCommunicationError" => Verdict::Unclear,
        _ if status >= 500 => Verdict::Unclear,
        _ => Verdict::Rejected,
    }
}

fn denied(message: &str) -> Verdict {
    if message.starts_with("MultiFactorAuthentication failed with invalid MFA one time pass code") {
        Verdict::WrongCode
    } else if message.starts_with("MultiFactorAuthentication failed, unable to validate MFA code") {
        Verdict::CannotValidate
    } else {
        Verdict::AccessDenied
    }
}
