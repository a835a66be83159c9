//! One-time codes: the three texts, single use, and the budget.

use awsd_tests::sandbox::Sandbox;
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Client, Failure, alice_device};

fn denied(message: &str) -> Failure {
    Failure::Error(403, "AccessDenied".into(), message.into())
}

fn invalid() -> Failure {
    denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
}

fn unable() -> Failure {
    denied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
    )
}

#[test]
fn a_code_is_for_one_call_of_either_kind() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    let mfa = client.mfa();
    assert!(client.get_session_token(mfa.clone()).is_ok());
    assert_eq!(client.get_session_token(mfa.clone()), Err(invalid()));
    assert_eq!(client.assume(&alice, awsd_tests::sandbox::guide::MY_ROLE, mfa), Err(invalid()));
    let mfa = client.mfa();
    assert!(client.assume(&alice, awsd_tests::sandbox::guide::MY_ROLE, mfa.clone()).is_ok());
    assert_eq!(client.get_session_token(mfa), Err(invalid()));
}

#[test]
fn wrong_codes_foreign_devices_and_half_an_answer() {
    let Some(mut client) = Client::start() else { return };
    let wrong = client.sandbox.wrong_code("alice");
    let right = client.sandbox.code("alice");
    let alice = alice_device();
    assert_eq!(
        client.get_session_token(json!({ "SerialNumber": alice, "TokenCode": wrong })),
        Err(invalid())
    );
    for serial in
        [alice.replace(":mfa/", ":user/"), alice.replace("alice", "carol-phone"), "GAHT12345678".into()]
    {
        assert_eq!(
            client.get_session_token(json!({ "SerialNumber": serial, "TokenCode": right })),
            Err(unable())
        );
    }
    let both = denied(
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    );
    assert_eq!(client.get_session_token(json!({ "SerialNumber": alice })), Err(both.clone()));
    assert_eq!(client.get_session_token(json!({ "TokenCode": right })), Err(both));
    for code in ["12345", "1234567", "abcdef"] {
        let refused =
            client.get_session_token(json!({ "SerialNumber": alice, "TokenCode": code })).unwrap_err();
        assert_eq!(refused.code(), "ValidationError");
        assert!(refused.message().contains("'tokenCode'"), "{}", refused.message());
    }
    // None of all this has spent the code.
    assert!(client.get_session_token(json!({ "SerialNumber": alice, "TokenCode": right })).is_ok());
}

/// Puts the server's clock at the start of the next window, so that no test depends on where in a window it starts.
fn align(sandbox: &Sandbox) {
    let mut world = sandbox.world();
    let second = world.now().as_second();
    world.set_clock_offset(SignedDuration::from_secs(180 - second.rem_euclid(180)));
}

#[test]
fn the_tenth_verification_of_a_device_is_refused_until_the_window_ends() {
    let Some(mut client) = Client::start() else { return };
    align(&client.sandbox);
    let wrong = json!({ "SerialNumber": alice_device(), "TokenCode": client.sandbox.wrong_code("alice") });
    for _ in 0..9 {
        assert_eq!(client.get_session_token(wrong.clone()), Err(invalid()));
    }
    let mfa = client.mfa();
    assert_eq!(client.get_session_token(mfa), Err(unable()));
    client.sandbox.world().set_clock_offset(SignedDuration::from_mins(6));
    let mfa = client.mfa();
    assert!(client.get_session_token(mfa).is_ok());
}
