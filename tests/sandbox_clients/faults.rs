//! What a test can make go wrong, as a client sees it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use awsd_tests::sandbox::{CANARY, Fault, Sandbox, World};
use serde_json::json;

use crate::client::Client;

/// Far longer than anything here takes: only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn each_fault_happens_once_to_its_own_action() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    for (fault, seen) in [
        (Fault::InternalFailure, "InternalFailure"),
        (Fault::ServiceUnavailable, "ServiceUnavailable"),
        (Fault::Throttling, "Throttling"),
        (Fault::RegionDisabled, "RegionDisabledException"),
        (Fault::Dropped, "ConnectionClosedError"),
        (Fault::AnswerLost, "ConnectionClosedError"),
        (Fault::AnswerHangs, "ReadTimeoutError"),
        (Fault::Html, "KeyError"),
        (Fault::Truncated, "ResponseParserError"),
    ] {
        client.sandbox.world().fail("GetSessionToken", fault);
        assert!(client.call(&alice, "sts", "GetCallerIdentity", json!({})).is_ok());
        assert_eq!(client.get_session_token(json!({})).unwrap_err().code(), seen);
        assert!(client.get_session_token(json!({})).is_ok());
    }
}

#[test]
fn a_lost_answer_has_spent_the_code_and_a_dropped_request_has_not() {
    let Some(mut client) = Client::start() else { return };
    let mfa = client.mfa();
    client.sandbox.world().fail("GetSessionToken", Fault::AnswerLost);
    assert!(client.get_session_token(mfa.clone()).is_err());
    assert_eq!(client.get_session_token(mfa).unwrap_err().code(), "AccessDenied");
    let mfa = client.mfa();
    client.sandbox.world().fail("GetSessionToken", Fault::Dropped);
    assert!(client.get_session_token(mfa.clone()).is_err());
    assert!(client.get_session_token(mfa).is_ok());
    let log: Vec<(String, Option<&str>)> =
        client.sandbox.calls().into_iter().map(|call| (call.outcome, call.fault)).collect();
    let expected =
        [("OK", Some("AnswerLost")), ("AccessDenied", None), ("Dropped", Some("Dropped")), ("OK", None)];
    assert_eq!(log, expected.map(|(outcome, fault)| (outcome.to_owned(), fault)));
}

#[test]
fn a_call_that_hangs_ends_with_the_sandbox() {
    let sandbox = Sandbox::start(World::guide());
    sandbox.world().fail("GetCallerIdentity", Fault::AnswerHangs);
    let mut connection = TcpStream::connect(sandbox.address()).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    write!(connection, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{form}", form.len()).unwrap();
    assert!(sandbox.wait_for_count("GetCallerIdentity", 1, PATIENCE));
    drop(sandbox);
    let mut answer = Vec::new();
    // Closed or reset: in either case the client is let go, and nothing was said.
    let _ = connection.read_to_end(&mut answer);
    assert!(answer.is_empty());
}

#[test]
fn a_held_call_waits_at_the_gate() {
    let Some(mut client) = Client::start() else { return };
    let gate = client.sandbox.world().hold("GetSessionToken");
    thread::scope(|scope| {
        let opener = scope.spawn(|| {
            assert!(gate.wait_arrived(1, PATIENCE));
            gate.open();
        });
        assert!(client.get_session_token(json!({})).is_ok());
        opener.join().unwrap();
    });
    assert!(client.sandbox.wait_for_count("GetSessionToken", 1, PATIENCE));
}

#[test]
fn the_log_has_what_matters_and_no_secret() {
    let Some(mut client) = Client::start() else { return };
    let session = client.mfa_session();
    let _ = client.role_session(&session, awsd_tests::sandbox::guide::MY_ROLE);
    let calls = client.sandbox.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[0].had_code && !calls[1].had_code);
    assert_eq!(calls[1].access_key_id.as_deref(), Some(session.key.as_str()));
    assert_eq!(calls[1].region.as_deref(), Some("us-west-2"));
    assert_eq!(calls[1].role_arn.as_deref(), Some(awsd_tests::sandbox::guide::MY_ROLE));
    let printed = format!("{calls:?}");
    assert!(!printed.contains(CANARY) && !printed.contains("TokenCode"));
    let canaries = client.sandbox.canaries();
    assert!(canaries.contains(&session.secret) && canaries.contains(&session.token.unwrap()));
    assert!(canaries.iter().all(|canary| canary.contains(CANARY)));
}

#[test]
fn tls_is_trusted_by_those_who_are_told_to() {
    let sandbox = Sandbox::start_tls(World::guide());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, sandbox.ca_pem().unwrap()).unwrap();
    let Some(mut client) = Client::with(sandbox, Some(file.display().to_string())) else { return };
    assert!(client.get_session_token(json!({})).is_ok());
    let Some(mut stranger) = Client::with(Sandbox::start_tls(World::guide()), None) else { return };
    assert_eq!(stranger.get_session_token(json!({})).unwrap_err().code(), "SSLError");
}
