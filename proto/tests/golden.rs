//! The examples in `golden/`: what this build writes and reads, byte for byte. An example is never edited, only added, so
//! that a change of the protocol cannot happen by accident. `PROTOCOL.md` shows the same lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use awsd_proto::{Answer, Envelope, ErrorCode, Event, Reply, Request, ServerLine, display, frame};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The examples of this version: name and line.
fn examples() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/v1");
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Reads a line, checks that it is written the same way, and returns it.
fn read<T: DeserializeOwned + Serialize>(name: &str, line: &str) -> T {
    let message: T = frame::decode(line.trim_end().as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let written = frame::encode(&message).unwrap();
    assert_eq!(str::from_utf8(&written).unwrap(), line, "{name}");
    message
}

/// The name of a server line's example; exhaustive, so that a new message needs one.
fn name_of(line: &ServerLine) -> &'static str {
    match line {
        ServerLine::Error(_) => "error",
        ServerLine::Reply(reply) => match reply.body {
            Reply::Credentials(_) => "reply-credentials",
            Reply::Status(_) => "reply-status",
            Reply::ChildFiles(_) => "reply-child-files",
            Reply::ShellFiles(_) => "reply-shell-files",
            Reply::Serving(_) => "reply-serving",
            Reply::Console(_) => "reply-console",
            Reply::Done { .. } => "reply-done",
        },
        ServerLine::Event(event) => match event {
            Event::Question(_) => "event-question",
            Event::Choice(_) => "event-choice",
            Event::Answered { .. } => "event-answered",
            Event::Progress { .. } => "event-progress",
            Event::Forwarding { .. } => "event-forwarding",
            Event::Profile(_) => "event-profile",
            Event::Session(_) => "event-session",
            Event::Setting(_) => "event-setting",
            Event::Finding(_) => "event-finding",
            Event::PromptCheck(_) => "event-prompt-check",
            // Never sent, so there is no example.
            Event::Unknown => "event-unknown",
        },
    }
}

fn kind_of(request: &Request) -> &'static str {
    match request {
        Request::Credentials(_) => "credentials",
        Request::Login(_) => "login",
        Request::Logout { .. } => "logout",
        Request::Mfa { .. } => "mfa",
        Request::Questions => "questions",
        Request::List { .. } => "list",
        Request::Status => "status",
        Request::Config => "config",
        Request::Doctor { .. } => "doctor",
        Request::PromptTest { .. } => "prompt-test",
        Request::ChildFiles { .. } => "child-files",
        Request::ShellFiles { .. } => "shell-files",
        Request::Serve { .. } => "serve",
        Request::Forward(_) => "forward",
        Request::Console(_) => "console",
        Request::Stop => "stop",
    }
}

#[test]
fn every_request_has_an_example() {
    let examples = examples();
    for kind in Request::KINDS {
        let name = format!("request-{kind}");
        let envelope: Envelope = read(&name, &examples[&name]);
        assert_eq!(kind_of(&envelope.request), kind);
    }
}

#[test]
fn every_example_of_a_request_is_written_as_it_is_read() {
    for (name, line) in examples().iter().filter(|(name, _)| name.starts_with("request-")) {
        let envelope: Envelope = read(name, line);
        assert!(name.starts_with(&format!("request-{}", kind_of(&envelope.request))), "{name}");
    }
}

#[test]
fn every_answer_has_an_example() {
    let examples = examples();
    let answers = examples.iter().filter(|(name, _)| name.starts_with("answer-"));
    let told: Vec<_> = answers
        .map(|(name, line)| match read(name, line) {
            Answer::Code { question, code } => (name.as_str(), question, code.expose().to_owned()),
            Answer::Device { question, device } => (name.as_str(), question, device),
        })
        .collect();
    let phone = "arn:aws:iam::111122223333:mfa/alice-phone";
    assert_eq!(told, [("answer-code", 7, "123456".to_owned()), ("answer-device", 6, phone.to_owned())]);
}

#[test]
fn every_line_of_the_daemon_has_an_example() {
    let (mut names, examples) = (BTreeSet::new(), examples());
    for (name, line) in &examples {
        if name.starts_with("request-") || name.starts_with("answer-") {
            continue;
        }
        let message: ServerLine = read(name, line);
        // A message may have several examples.
        assert!(name.starts_with(name_of(&message)), "{name}");
        names.insert(name_of(&message));
    }
    assert_eq!(names.len(), 18, "the arms of name_of");
}

#[test]
fn the_document_shows_every_example() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../PROTOCOL.md")).unwrap();
    for (name, line) in examples() {
        assert!(document.contains(line.trim_end()), "PROTOCOL.md does not show {name}.json");
    }
}

#[test]
fn the_document_names_every_error_that_is_known() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../PROTOCOL.md")).unwrap();
    let codes = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | ").map(|(code, _)| code));
    let known = codes.filter(|code| {
        serde_json::from_value::<ErrorCode>((*code).into()).is_ok_and(|code| code != ErrorCode::Other)
    });
    assert_eq!(known.count(), ErrorCode::NarrowSocket as usize + 1, "all but the last, Other");
}

#[test]
fn the_document_names_every_variable_that_is_sent() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../PROTOCOL.md")).unwrap();
    let (_, section) = document.split_once("### On the desktop").unwrap();
    for name in display::VARIABLES {
        assert!(section.contains(&format!("`{name}`")), "PROTOCOL.md does not name {name}");
    }
}

#[test]
fn a_line_of_a_later_version_can_be_read_as_far_as_it_is_known() {
    let error = br#"{"protocol":2,"version":"9","error":"of-the-future","sentence":"s","more":1}"#;
    let ServerLine::Error(error) = frame::decode(error).unwrap() else { panic!("not an error") };
    assert_eq!(error.body.error, ErrorCode::Other);
}
