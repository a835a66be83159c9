//! From the core's types to what is said over the socket.

use awsd_core::effect::{self, Denial, Reason, Served};
use awsd_core::time::Wall;
use awsd_proto::{
    Caller, Choice, Credentials, Error, ErrorCode, Event, Notice, NoticeKind, Question, Reply, Secret,
    ServerLine, Versioned,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::exchange::Update;

/// An update as lines, and whether the last one is final.
pub(super) fn lines(update: Update) -> (Vec<ServerLine>, bool) {
    let event = |event| (vec![ServerLine::Event(event)], false);
    match update {
        Update::Question(asked) => event(Event::Question(question(asked))),
        Update::Choice(list) => event(Event::Choice(choice(list))),
        Update::Answered(id) => event(Event::Answered { question: id.0 }),
        Update::Progress(text) => event(Event::Progress { text }),
        Update::Rows(rows) => (rows.into_iter().map(ServerLine::Event).collect(), false),
        Update::Questions(open) => (
            open.into_iter().map(|asked| ServerLine::Event(Event::Question(question(asked)))).collect(),
            false,
        ),
        Update::Served(served) => (vec![reply(Reply::Credentials(Box::new(credentials(&served))))], true),
        Update::Done(notices) => (vec![reply(Reply::Done { notices: self::notices(&notices) })], true),
        Update::ChildFiles(files) => (vec![reply(Reply::ChildFiles(files))], true),
        Update::Status(status) => (vec![reply(Reply::Status(status))], true),
        Update::Denied(denial) => (vec![failure(error(denial))], true),
        Update::Failed(error) => (vec![failure(error)], true),
    }
}

/// An error as a line.
pub(super) fn failure(error: Error) -> ServerLine {
    ServerLine::Error(Versioned::new(error))
}

fn reply(reply: Reply) -> ServerLine {
    ServerLine::Reply(Versioned::new(reply))
}

/// A question as it is shown.
fn question(asked: effect::Question) -> Question {
    Question {
        id: asked.id.0,
        device: asked.device,
        user: asked.user,
        profile: asked.profile,
        caller: Caller { pid: asked.caller.pid, command: asked.caller.command },
        waiting: u32::try_from(asked.waiting).unwrap_or(u32::MAX),
        age: asked.age.as_secs(),
        reason: asked.reason,
        verifying: asked.verifying,
        on_desktop: asked.on_desktop,
    }
}

/// A list of devices as it is shown.
fn choice(list: effect::Choice) -> Choice {
    Choice { id: list.id.0, profile: list.profile, devices: list.devices, reason: list.reason }
}

fn credentials(served: &Served) -> Credentials {
    let secret = |value: &SecretString| Secret::new(value.expose_secret());
    Credentials {
        access_key_id: served.keys.access_key_id.clone(),
        secret_access_key: secret(&served.keys.secret_access_key),
        session_token: served.keys.session_token.as_ref().map(secret),
        expiration: served.expiration.and_then(timestamp),
        account_id: served.account_id.clone(),
        region: served.region.clone(),
        notices: notices(&served.notices),
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, rounded down: no caller may use the credentials longer than they live.
fn timestamp(moment: Wall) -> Option<String> {
    let seconds = i64::try_from(moment.0.as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

fn notices(notices: &[effect::Notice]) -> Vec<Notice> {
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

fn error(denial: Denial) -> Error {
    Error { error: code(denial.reason), sentence: denial.sentence, hint: denial.hint }
}

fn code(reason: Reason) -> ErrorCode {
    match reason {
        Reason::UnsupportedSource => ErrorCode::UnsupportedSource,
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
