//! What credentials are good for, and how they fail.

use awsd_tests::sandbox::guide::{MY_ROLE, READER};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Client, Keys};

fn whoami(client: &mut Client, keys: &Keys) -> Result<String, String> {
    client
        .call(keys, "sts", "GetCallerIdentity", json!({}))
        .map(|answer| answer["Arn"].as_str().unwrap().to_owned())
        .map_err(|failure| failure.code().to_owned())
}

#[test]
fn identities() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    assert_eq!(whoami(&mut client, &alice).unwrap(), "arn:aws:iam::111122223333:user/alice");
    let session = client.mfa_session();
    assert_eq!(whoami(&mut client, &session).unwrap(), "arn:aws:iam::111122223333:user/alice");
    let role = client.role_session(&session, MY_ROLE);
    assert_eq!(whoami(&mut client, &role).unwrap(), "arn:aws:sts::444455556666:assumed-role/my_role/test");
    let answer = client.call(&role, "ec2", "DescribeInstances", json!({})).unwrap();
    assert_eq!(answer["Reservations"], json!([]));
}

#[test]
fn sessions_may_do_less_than_keys() {
    let Some(mut client) = Client::start() else { return };
    let plain = crate::client::session(&client.get_session_token(json!({})).unwrap());
    let session = client.mfa_session();
    let role = client.role_session(&session, READER);
    for keys in [&plain, &session, &role] {
        let failure = client.call(keys, "sts", "GetSessionToken", json!({})).unwrap_err();
        assert_eq!(failure.message(), "Cannot call GetSessionToken with session credentials");
        let failure = client.call(keys, "sts", "GetFederationToken", json!({ "Name": "alice" })).unwrap_err();
        assert_eq!(failure.code(), "AccessDenied");
    }
    let failure = client.call(&plain, "iam", "ListMFADevices", json!({})).unwrap_err();
    assert_eq!(failure.code(), "InvalidClientTokenId", "IAM needs MFA, and says it in this odd way");
    assert!(client.call(&session, "iam", "ListMFADevices", json!({})).is_ok());
    assert!(client.call(&plain, "ec2", "DescribeInstances", json!({})).is_ok());
}

#[test]
fn bad_keys() {
    let Some(mut client) = Client::start() else { return };
    let (alice, session) = (client.user("alice"), client.mfa_session());
    let bad = |keys: &Keys, change: fn(&mut Keys)| {
        let mut keys = keys.clone();
        change(&mut keys);
        keys
    };
    for (keys, code) in [
        (bad(&alice, |keys| keys.key.push('X')), "InvalidClientTokenId"),
        (bad(&alice, |keys| keys.secret.push('X')), "SignatureDoesNotMatch"),
        (bad(&alice, |keys| keys.token = Some("some".into())), "InvalidClientTokenId"),
        (bad(&session, |keys| keys.token = None), "InvalidClientTokenId"),
        (
            bad(&session, |keys| keys.token = keys.token.clone().map(|token| token + "x")),
            "InvalidClientTokenId",
        ),
        (bad(&session, |keys| keys.secret.push('X')), "SignatureDoesNotMatch"),
    ] {
        assert_eq!(whoami(&mut client, &keys), Err(code.to_owned()));
        let failure = client.call(&keys, "ec2", "DescribeInstances", json!({})).unwrap_err();
        assert_eq!(failure.code(), "AuthFailure");
    }
}

#[test]
fn keys_roles_and_sessions_can_be_taken_away() {
    let Some(mut client) = Client::start() else { return };
    let (alice, session) = (client.user("alice"), client.mfa_session());
    let role = client.role_session(&session, READER);
    client.sandbox.world().revoke_sessions(READER);
    let failure = client.call(&role, "ec2", "DescribeInstances", json!({})).unwrap_err();
    assert_eq!(failure.code(), "UnauthorizedOperation");
    assert!(whoami(&mut client, &role).is_ok(), "nobody can be forbidden to ask who they are");
    let newer = client.role_session(&session, READER);
    assert!(client.call(&newer, "ec2", "DescribeInstances", json!({})).is_ok());

    let trust = client.sandbox.world().role(READER).unwrap().trust.clone();
    client.sandbox.world().add_role(READER, trust);
    assert_eq!(
        whoami(&mut client, &newer),
        Err("InvalidClientTokenId".into()),
        "another role of the same name"
    );
    client.sandbox.world().revoke_keys("alice");
    assert_eq!(whoami(&mut client, &alice), Err("InvalidClientTokenId".into()));
}

#[test]
fn clocks_that_differ() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    for (minutes, text) in [(20, "Signature expired: "), (-20, "Signature not yet current: ")] {
        client.sandbox.world().set_clock_offset(SignedDuration::from_mins(minutes));
        let failure = client.call(&alice, "sts", "GetCallerIdentity", json!({})).unwrap_err();
        assert_eq!(failure.code(), "SignatureDoesNotMatch");
        assert!(failure.message().starts_with(text), "{}", failure.message());
    }
    for minutes in [10, -10] {
        client.sandbox.world().set_clock_offset(SignedDuration::from_mins(minutes));
        assert!(whoami(&mut client, &alice).is_ok());
    }
}
