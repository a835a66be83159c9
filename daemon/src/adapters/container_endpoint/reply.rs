//! What is sent back, in the words of container platforms.

use std::fmt;

use awsd_proto::{Error, ErrorCode};
use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Serialize;

use crate::exchange::Update;
use crate::translate;

/// A status and a body of JSON. Clones share the body.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// What SDKs read. All of them need all but the account.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

/// Go's SDK reads the small names and the JavaScript SDK the others; botocore shows all of it to the person.
#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(rename = "Code")]
    large_code: ErrorCode,
    #[serde(rename = "Message")]
    large_message: &'a str,
    code: ErrorCode,
    message: &'a str,
}

/// Without the body, which may hold secrets.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// What the app's answer comes to; none as long as it has not answered.
    pub(super) fn of(update: Update) -> Option<Self> {
        match update {
            Update::Served { served, via } => Some(Self::credentials(&translate::credentials(&served, via))),
            Update::Denied(denial) => Some(Self::error(&translate::error(denial))),
            Update::Failed(error) => Some(Self::error(&error)),
            // Neither is asked for.
            _ => None,
        }
    }

    /// Whether it holds credentials.
    pub(super) fn is_good(&self) -> bool {
        self.status == StatusCode::OK
    }

    fn credentials(credentials: &awsd_proto::Credentials) -> Self {
        let (Some(token), Some(expiration)) = (&credentials.session_token, &credentials.expiration) else {
            return Self::error(&endless());
        };
        let credentials = Credentials {
            access_key_id: &credentials.access_key_id,
            secret_access_key: credentials.secret_access_key.expose(),
            token: token.expose(),
            expiration,
            account_id: credentials.account_id.as_deref(),
        };
        Self::json(StatusCode::OK, &credentials)
    }

    /// Why there are none.
    pub(super) fn error(error: &Error) -> Self {
        let hint = error.hint.as_ref().map(|hint| format!("; {hint}"));
        let message = format!("awsd: {}{}", error.sentence, hint.unwrap_or_default());
        let status = match error.error {
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::Unavailable | ErrorCode::AwsUnavailable | ErrorCode::Throttled => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::BAD_REQUEST,
        };
        let (code, message) = (error.error, message.as_str());
        Self::json(status, &Refusal { large_code: code, large_message: message, code, message })
    }

    fn json(status: StatusCode, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self { status, body: body.into() },
            Err(_) => Self { status: StatusCode::INTERNAL_SERVER_ERROR, body: Bytes::new() },
        }
    }
}

/// Whoever has no good token learns nothing more.
pub(super) fn forbidden() -> Error {
    Error {
        error: ErrorCode::Forbidden,
        sentence: "nothing is served here without the token of a command that runs".to_owned(),
        hint: Some("start it with: awsd exec PROFILE --via server -- COMMAND".to_owned()),
    }
}

/// The credentials take longer than the SDK waits.
pub(super) fn not_yet() -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: "the credentials are not there yet: they are being renewed, or a code is needed for them"
            .to_owned(),
        hint: Some("see what is asked for with: awsd mfa".to_owned()),
    }
}

pub(super) fn ending() -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: "the daemon is ending".to_owned(),
        hint: Some("start the command again".to_owned()),
    }
}

/// SDKs take from here only what ends.
fn endless() -> Error {
    Error {
        error: ErrorCode::UnsupportedSource,
        sentence: "these credentials do not say when they end, so they cannot be served this way".to_owned(),
        hint: Some("start the command with: awsd exec PROFILE --via process -- COMMAND".to_owned()),
    }
}
