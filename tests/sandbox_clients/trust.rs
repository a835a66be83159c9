//! Who may assume what, and what the session carries on.

use awsd_tests::sandbox::{
    SessionKind, Trust,
    guide::{
        ACCOUNT, AFTER_SAML, DEVELOPER, EXTERNAL_ID, FRESH, HUB, MY_ROLE, PARTNER, READER, SAML_LOGIN, SPOKE,
        TAGGED,
    },
};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Client, Keys};

fn refused(client: &mut Client, keys: &Keys, role: &str) -> bool {
    match client.assume(keys, role, json!({})) {
        Ok(_) => false,
        Err(failure) => {
            assert_eq!(failure.code(), "AccessDenied");
            let ending = format!("is not authorized to perform: sts:AssumeRole on resource: {role}");
            failure.message().ends_with(&ending)
        }
    }
}

#[test]
fn mfa_where_it_is_asked_for() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    assert!(refused(&mut client, &alice, MY_ROLE));
    assert!(refused(&mut client, &alice, "arn:aws:iam::444455556666:role/no_such_role"));
    assert!(!refused(&mut client, &alice, READER));
    let bob = client.user("bob");
    client.sandbox.world().user_mut("bob").denied.insert("sts:AssumeRole".into());
    assert!(refused(&mut client, &bob, READER));
    let session = client.mfa_session();
    let answer = client.assume(&session, MY_ROLE, json!({ "RoleSessionName": "me" })).unwrap();
    assert_eq!(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::444455556666:assumed-role/my_role/me");
    let role = client.role_session(&session, DEVELOPER);
    assert!(refused(&mut client, &role, MY_ROLE), "role sessions carry no MFA context");
}

#[test]
fn mfa_that_is_too_old() {
    let Some(mut client) = Client::start() else { return };
    let session = client.mfa_session();
    assert!(!refused(&mut client, &session, FRESH));
    if let SessionKind::User { mfa_at: Some(at), .. } =
        &mut client.sandbox.world().sessions.get_mut(&session.key).unwrap().kind
    {
        *at -= SignedDuration::from_hours(1);
    }
    assert!(refused(&mut client, &session, FRESH));
    assert!(!refused(&mut client, &session, MY_ROLE));
}

#[test]
fn external_ids_chains_root_and_federated_logins() {
    let Some(mut client) = Client::start() else { return };
    let session = client.mfa_session();
    assert!(refused(&mut client, &session, PARTNER));
    assert!(client.assume(&session, PARTNER, json!({ "ExternalId": "something-else" })).is_err());
    assert!(client.assume(&session, PARTNER, json!({ "ExternalId": EXTERNAL_ID })).is_ok());
    assert!(refused(&mut client, &session, SPOKE));
    let hub = client.role_session(&session, HUB);
    assert!(!refused(&mut client, &hub, SPOKE));
    let root = client.user(ACCOUNT);
    let no = client.assume(&root, READER, json!({})).unwrap_err();
    assert_eq!(no.message(), "Roles may not be assumed by root accounts.");
    let saml =
        client.sandbox.world().federate(SAML_LOGIN, "alice@example.com", std::time::Duration::from_hours(4));
    let saml =
        Keys { key: saml.access_key_id, secret: saml.secret_access_key, token: Some(saml.session_token) };
    assert!(!refused(&mut client, &saml, AFTER_SAML));
}

#[test]
fn parameters_are_checked_before_anybody_is_let_in() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    for (parameters, field) in [
        (json!({ "RoleSessionName": "x" }), "roleSessionName"),
        (json!({ "RoleSessionName": "with blanks" }), "roleSessionName"),
        (json!({ "RoleSessionName": "Jürgen" }), "roleSessionName"),
        (json!({ "ExternalId": "x" }), "externalId"),
        (json!({ "SourceIdentity": "no/slash" }), "sourceIdentity"),
        (json!({ "SerialNumber": "short", "TokenCode": "123456" }), "serialNumber"),
        (json!({ "Policy": "x".repeat(2049) }), "policy"),
    ] {
        let failure = client.assume(&alice, READER, parameters).unwrap_err();
        assert_eq!(failure.code(), "ValidationError");
        assert!(failure.message().contains(&format!("at '{field}'")), "{}", failure.message());
    }
    let failure = client.call(&alice, "sts", "AssumeRole", json!({ "RoleArn": READER })).unwrap_err();
    assert!(
        failure.message().contains("'roleSessionName' failed to satisfy constraint: Member must not be null")
    );
    let failure = client.assume(&alice, READER, json!({ "Policy": "{" })).unwrap_err();
    assert_eq!(failure.code(), "MalformedPolicyDocument");
    let answer =
        client.assume(&alice, READER, json!({ "Policy": r#"{"Version":"2012-10-17","Statement":[]}"# }));
    assert_eq!(answer.unwrap()["PackedPolicySize"], 1);
}

#[test]
fn tags_and_source_identity_stay_for_the_whole_chain() {
    let Some(mut client) = Client::start() else { return };
    let session = client.mfa_session();
    let tags = json!({
        "SourceIdentity": "alice",
        "Tags": [{ "Key": "team", "Value": "blue" }, { "Key": "cost", "Value": "1" }],
        "TransitiveTagKeys": ["team"],
    });
    let failure = client.assume(&session, MY_ROLE, tags.clone()).unwrap_err();
    assert!(failure.message().contains("sts:SetSourceIdentity"), "{}", failure.message());
    let answer = client.assume(&session, TAGGED, tags).unwrap();
    assert_eq!(answer["SourceIdentity"], "alice");
    let tagged = crate::client::session(&answer);

    let next = "arn:aws:iam::444455556666:role/next";
    client.sandbox.world().add_role(next, Trust::of([TAGGED]).with_session_context());
    assert_eq!(client.assume(&tagged, next, json!({})).unwrap()["SourceIdentity"], "alice");
    assert!(client.assume(&tagged, next, json!({ "SourceIdentity": "bob" })).is_err());
    let failure =
        client.assume(&tagged, next, json!({ "Tags": [{ "Key": "Team", "Value": "red" }] })).unwrap_err();
    assert!(failure.message().contains("conflicts with a transitive tag"), "{}", failure.message());
    assert!(client.assume(&tagged, next, json!({ "Tags": [{ "Key": "cost", "Value": "2" }] })).is_ok());
}
