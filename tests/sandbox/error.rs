//! The errors AWS answers with: status, code and text as clients know them.

use std::borrow::Cow;

/// One error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// What programs look at.
    pub code: &'static str,
    /// What people, and sometimes programs, look at.
    pub message: Cow<'static, str>,
}

impl ApiError {
    /// An error with the given parts.
    pub fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The caller may not do this.
    pub fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    /// `caller` may not do `action` on `resource`. AWS gives this one answer for many reasons, on purpose.
    pub fn not_authorized(caller: &str, action: &str, resource: &str) -> Self {
        Self::access_denied(format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource}"
        ))
    }

    /// The key is unknown, or not good for this call.
    pub fn invalid_token() -> Self {
        Self::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    }

    /// The session is over.
    pub fn expired_token() -> Self {
        Self::new(403, "ExpiredToken", "The security token included in the request is expired")
    }

    /// The signature or its time is wrong: one code for both, only the text differs.
    pub fn signature(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, "SignatureDoesNotMatch", message)
    }

    /// The request cannot be checked at all.
    pub fn incomplete_signature(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "IncompleteSignature", message)
    }

    /// A parameter breaks a constraint.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// What was named does not exist.
    pub fn no_such_entity(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }
}

/// A wrong, late or used code. The blank at the end is AWS's.
pub(super) const INVALID_CODE: &str =
    "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

/// A device that is not the caller's, or too many verifications. The two blanks are AWS's.
pub(super) const UNABLE_TO_VALIDATE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";

/// Only one of the two parameters was sent.
pub(super) const BOTH_NEEDED: &str =
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
