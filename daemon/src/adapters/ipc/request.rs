//! Judges the first line of a connection: what is asked, or which error it gets.

use awsd_proto::{Answer, Envelope, Error, ErrorCode, OLDEST_PROTOCOL, PROTOCOL, Request, frame};
use serde::Deserialize;

/// The part that every version has. It is judged first: a newer client's request need not be readable.
#[derive(Deserialize)]
struct Version {
    protocol: u32,
}

/// The part that says what the rest should look like.
#[derive(Deserialize)]
struct Kind {
    request: String,
}

/// Reads a request.
pub(super) fn parse(line: &[u8]) -> Result<Request, Error> {
    let Version { protocol } = frame::decode(line).map_err(|error| malformed(&error))?;
    check(protocol)?;
    let Kind { request } = frame::decode(line).map_err(|error| malformed(&error))?;
    if !Request::KINDS.contains(&request.as_str()) {
        return Err(Error {
            error: ErrorCode::UnknownRequest,
            sentence: "the daemon does not know this request".to_owned(),
            hint: Some("it may be older than the client; restart it with: awsd daemon restart".to_owned()),
        });
    }
    let envelope: Envelope = frame::decode(line).map_err(|error| malformed(&error))?;
    Ok(envelope.request)
}

/// Reads a line sent while waiting.
pub(super) fn parse_answer(line: &[u8]) -> Result<Answer, Error> {
    frame::decode(line).map_err(|error| malformed(&error))
}

/// The line was longer than allowed.
pub(super) fn too_long() -> Error {
    Error {
        error: ErrorCode::TooLarge,
        sentence: format!("a line may have at most {} bytes", frame::MAX_REQUEST),
        hint: None,
    }
}

fn check(protocol: u32) -> Result<(), Error> {
    let (sentence, hint) = if protocol > PROTOCOL {
        (
            format!(
                "the running daemon is older than this awsd: it speaks protocol {PROTOCOL}, not {protocol}"
            ),
            "restart it with: awsd daemon restart",
        )
    } else if protocol < OLDEST_PROTOCOL {
        (
            format!(
                "this awsd is older than the running daemon, which speaks {}, not {protocol}",
                spoken(OLDEST_PROTOCOL, PROTOCOL)
            ),
            "update the awsd that was run; find them all with: type -a awsd",
        )
    } else {
        return Ok(());
    };
    Err(Error { error: ErrorCode::VersionMismatch, sentence, hint: Some(hint.to_owned()) })
}

fn spoken(oldest: u32, newest: u32) -> String {
    if oldest == newest { format!("protocol {newest}") } else { format!("protocols {oldest} to {newest}") }
}

/// Where the line went wrong. The parser's own text may quote a value, so only its position is told.
fn malformed(error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field is missing or has a value of the wrong kind",
        _ => "it is not JSON",
    };
    Error {
        error: ErrorCode::BadRequest,
        sentence: format!("the line is not a request: {what} (column {})", error.column()),
        hint: Some("the protocol is described in PROTOCOL.md".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> Error {
        parse(line.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_version_is_judged_before_the_kind() {
        let newer = error(r#"{"protocol":99,"request":"of-the-future","code":[]}"#);
        assert_eq!(newer.error, ErrorCode::VersionMismatch);
        assert!(newer.sentence.contains("daemon is older"), "{newer:?}");
        let older = error(r#"{"protocol":0,"request":"status"}"#);
        assert_eq!(older.error, ErrorCode::VersionMismatch);
        assert!(older.sentence.contains("this awsd is older"), "{older:?}");
        let unknown = error(r#"{"protocol":1,"version":"x","request":"of-the-future"}"#);
        assert_eq!(unknown.error, ErrorCode::UnknownRequest);
    }

    #[test]
    fn what_is_not_a_request_is_refused_without_being_quoted() {
        for line in [
            "",
            "hunter2",
            "\u{0}",
            "[]",
            r#""hunter2""#,
            r#"{"protocol":"hunter2"}"#,
            r#"{"protocol":-1,"request":"status"}"#,
            r#"{"protocol":1,"version":"1"}"#,
            r#"{"protocol":1,"version":"1","request":{"hunter2":1}}"#,
            r#"{"protocol":1,"version":"1","request":"mfa","code":"hunter2","profile":["hunter2"]}"#,
            r#"{"protocol":1,"version":"1","request":"credentials","profile":"p","purpose":"hunter2"}"#,
        ] {
            let error = error(line);
            assert_eq!(error.error, ErrorCode::BadRequest, "{line}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert_eq!(parse(&[0xff, b'{']).unwrap_err().error, ErrorCode::BadRequest);
    }

    #[test]
    fn a_range_of_one_version_is_not_told_as_a_range() {
        assert_eq!(spoken(1, 1), "protocol 1");
        assert_eq!(spoken(1, 3), "protocols 1 to 3");
    }

    #[test]
    fn what_the_document_calls_optional_may_be_missing() {
        for line in [
            &br#"{"protocol":1,"version":"1","request":"credentials","profile":"p","purpose":"snapshot"}"#[..],
            br#"{"protocol":1,"version":"1","request":"credentials","profile":"p","purpose":"snapshot","prompting":{}}"#,
            br#"{"protocol":1,"version":"1","request":"login","profile":"p"}"#,
            br#"{"protocol":1,"version":"1","request":"logout","profiles":[]}"#,
            br#"{"protocol":1,"version":"1","request":"list"}"#,
            br#"{"protocol":1,"version":"1","request":"doctor"}"#,
            br#"{"protocol":1,"request":"status"}"#,
        ] {
            assert!(parse(line).is_ok(), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_logout_of_everything_says_so() {
        let line = br#"{"protocol":1,"version":"1","request":"logout","profile":["p"]}"#;
        assert_eq!(parse(line).unwrap_err().error, ErrorCode::BadRequest);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let line = br#"{"protocol":1,"version":"1","request":"status","of_the_future":{"a":1}}"#;
        assert!(matches!(parse(line), Ok(Request::Status)));
    }
}
