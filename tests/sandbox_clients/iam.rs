//! The IAM calls: a user's own devices and keys.

use std::time::Duration;

use awsd_tests::sandbox::guide::READER;
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Client, Keys, alice_device};

#[test]
fn devices() {
    let Some(mut client) = Client::start() else { return };
    for (user, serials) in [
        ("alice", vec![alice_device()]),
        ("bob", vec![]),
        (
            "carol",
            ["phone", "tablet"].map(|name| format!("arn:aws:iam::111122223333:mfa/carol-{name}")).to_vec(),
        ),
    ] {
        let keys = client.user(user);
        let answer = client.call(&keys, "iam", "ListMFADevices", json!({})).unwrap();
        let devices = answer["MFADevices"].as_array().unwrap();
        assert_eq!(
            devices.iter().map(|device| device["SerialNumber"].as_str().unwrap()).collect::<Vec<_>>(),
            serials
        );
    }
    client.sandbox.world().user_mut("alice").denied.insert("iam:ListMFADevices".into());
    let alice = client.user("alice");
    let failure = client.call(&alice, "iam", "ListMFADevices", json!({})).unwrap_err();
    assert_eq!(failure.code(), "AccessDenied");
    assert_eq!(client.call(&alice, "iam", "GetUser", json!({})).unwrap()["User"]["UserName"], "alice");
}

#[test]
fn keys_from_the_first_day_to_the_last() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    client.sandbox.world().key_delay = Duration::from_secs(10);
    let made = client.call(&alice, "iam", "CreateAccessKey", json!({})).unwrap()["AccessKey"].clone();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let new = Keys { key: text("AccessKeyId"), secret: text("SecretAccessKey"), token: None };
    let full = client.call(&alice, "iam", "CreateAccessKey", json!({})).unwrap_err();
    assert_eq!(full.code(), "LimitExceeded");

    let early = client.call(&new, "sts", "GetCallerIdentity", json!({})).unwrap_err();
    assert_eq!(early.code(), "InvalidClientTokenId", "it takes a while until a new key is known");
    client.sandbox.world().set_clock_offset(SignedDuration::from_secs(10));
    assert!(client.call(&new, "sts", "GetCallerIdentity", json!({})).is_ok());

    let id = json!({ "AccessKeyId": alice.key });
    let used = client.call(&new, "iam", "GetAccessKeyLastUsed", id.clone()).unwrap();
    assert_eq!(used["AccessKeyLastUsed"]["ServiceName"], "iam");
    let status = json!({ "AccessKeyId": alice.key, "Status": "Inactive" });
    client.call(&new, "iam", "UpdateAccessKey", status).unwrap();
    assert!(client.call(&alice, "sts", "GetCallerIdentity", json!({})).is_err());
    client.call(&new, "iam", "DeleteAccessKey", id.clone()).unwrap();
    assert_eq!(client.call(&new, "iam", "DeleteAccessKey", id).unwrap_err().code(), "NoSuchEntity");
    let left = client.call(&new, "iam", "ListAccessKeys", json!({})).unwrap();
    assert_eq!(left["AccessKeyMetadata"].as_array().unwrap().len(), 1);
}

#[test]
fn users_act_on_themselves_and_roles_do_not_act() {
    let Some(mut client) = Client::start() else { return };
    let bob = client.user("bob");
    let failure = client.call(&bob, "iam", "ListAccessKeys", json!({ "UserName": "alice" })).unwrap_err();
    assert_eq!(failure.code(), "AccessDenied");
    assert!(client.call(&bob, "iam", "ListAccessKeys", json!({ "UserName": "bob" })).is_ok());
    let role = client.role_session(&bob, READER);
    let failure = client.call(&role, "iam", "ListAccessKeys", json!({})).unwrap_err();
    assert_eq!(failure.code(), "ValidationError");
    let failure = client.call(&role, "iam", "ListAccessKeys", json!({ "UserName": "bob" })).unwrap_err();
    assert_eq!(failure.code(), "AccessDenied");
}
