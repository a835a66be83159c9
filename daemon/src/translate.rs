//! From the core's answers to the protocol's words, for all who serve.

use awsd_core::effect::{self, Denial, Reason, Served};
use awsd_core::time::Wall;
use awsd_proto::{Credentials, Error, ErrorCode, Notice, NoticeKind, Secret, Via};
use secrecy::{ExposeSecret as _, SecretString};

/// What is served, to a caller, with what the settings say of commands.
pub(crate) fn credentials(served: &Served, via: Via) -> Credentials {
    let secret = |value: &SecretString| Secret::new(value.expose_secret());
    Credentials {
        access_key_id: served.keys.access_key_id.clone(),
        secret_access_key: secret(&served.keys.secret_access_key),
        session_token: served.keys.session_token.as_ref().map(secret),
        expiration: served.expiration.and_then(timestamp),
        account_id: served.account_id.clone(),
        region: served.region.clone(),
        notices: notices(&served.notices),
        via,
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, rounded down: no caller may use the credentials longer than they live.
fn timestamp(moment: Wall) -> Option<String> {
    let seconds = i64::try_from(moment.0.as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

/// What the person should know.
pub(crate) fn notices(notices: &[effect::Notice]) -> Vec<Notice> {
    notices.iter().map(|notice| Notice { kind: kind(notice.kind), text: notice.text.clone() }).collect()
}

fn kind(kind: effect::NoticeKind) -> NoticeKind {
    match kind {
        effect::NoticeKind::DurationClamped => NoticeKind::DurationClamped,
        effect::NoticeKind::NoDevice => NoticeKind::NoDevice,
        effect::NoticeKind::NearEnd => NoticeKind::NearEnd,
        effect::NoticeKind::CodeNotNeeded => NoticeKind::CodeNotNeeded,
    }
}

/// Why nothing is.
pub(crate) fn error(denial: Denial) -> Error {
    Error { error: code(denial.reason), sentence: denial.sentence, hint: denial.hint }
}

fn code(reason: Reason) -> ErrorCode {
    match reason {
        Reason::SourceFailed => ErrorCode::SourceFailed,
        Reason::CodeRequired => ErrorCode::CodeRequired,
        Reason::WrongCode => ErrorCode::WrongCode,
        Reason::SpentCode => ErrorCode::SpentCode,
        Reason::TooManyTries => ErrorCode::TooManyTries,
        Reason::NotNow => ErrorCode::NotNow,
        Reason::NoQuestion => ErrorCode::NoQuestion,
        Reason::SeveralQuestions => ErrorCode::SeveralQuestions,
        Reason::BadDevice => ErrorCode::BadDevice,
        Reason::AccessDenied => ErrorCode::AccessDenied,
        Reason::KeyRevoked => ErrorCode::KeyRevoked,
        Reason::WrongSecret => ErrorCode::WrongSecret,
        Reason::ClockSkew => ErrorCode::ClockSkew,
        Reason::SourceExpired => ErrorCode::SourceExpired,
        Reason::LifeTooShort => ErrorCode::LifeTooShort,
        Reason::Throttled => ErrorCode::Throttled,
        Reason::AwsUnavailable => ErrorCode::AwsUnavailable,
        Reason::AwsRefused => ErrorCode::AwsRefused,
        Reason::LoggedOut => ErrorCode::LoggedOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_request_that_a_logout_overtook_is_not_a_daemon_that_cannot_be_reached() {
        assert_eq!(code(Reason::LoggedOut), ErrorCode::LoggedOut);
    }

    #[test]
    fn a_moment_is_written_as_every_sdk_parses_it() {
        let moment = Wall(Duration::new(1_795_435_199, 999_999_999));
        assert_eq!(timestamp(moment).as_deref(), Some("2026-11-23T11:59:59Z"));
        assert_eq!(timestamp(Wall::from_secs(u64::MAX)), None);
    }
}
