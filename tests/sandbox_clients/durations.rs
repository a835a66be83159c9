//! How long sessions may be, and how long they are.

use std::time::Duration;

use awsd_tests::sandbox::guide::{ACCOUNT, HUB, LONG_DAY, MY_ROLE, SPOKE};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::client::{Client, Keys};

const MAX_SESSION: &str = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
const CHAINING: &str =
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";

fn life(client: &Client, answer: &Value) -> SignedDuration {
    let text = answer["Credentials"]["Expiration"].as_str().unwrap().replace(' ', "T");
    let expiration: Timestamp = text.parse().unwrap();
    expiration.duration_since(client.sandbox.world().now())
}

fn about(life: SignedDuration, seconds: i64) -> bool {
    (seconds - 60..=seconds).contains(&life.as_secs())
}

#[test]
fn of_users() {
    let Some(mut client) = Client::start() else { return };
    for (asked, code) in [
        (json!("0"), "ValidationError"),
        (json!("899"), "ValidationError"),
        (json!("129601"), "ValidationError"),
        (json!(" 900 "), "MalformedInput"),
        (json!("900.0"), "MalformedInput"),
        (json!("9e2"), "MalformedInput"),
        (json!("2147483648"), "MalformedInput"),
    ] {
        let refused = client.get_session_token(json!({ "DurationSeconds": asked })).unwrap_err();
        assert_eq!(refused.code(), code, "{asked}");
    }
    for (asked, granted) in [("900", 900), ("+900", 900), ("0900", 900), ("129600", 129_600)] {
        let answer = client.get_session_token(json!({ "DurationSeconds": asked })).unwrap();
        assert!(about(life(&client, &answer), granted), "{asked}");
    }
    let answer = client.get_session_token(json!({})).unwrap();
    assert!(about(life(&client, &answer), 43_200));
    let root = client.user(ACCOUNT);
    let answer = client.call(&root, "sts", "GetSessionToken", json!({ "DurationSeconds": 43_200 })).unwrap();
    assert!(about(life(&client, &answer), 3600), "root gets an hour, whatever it asks for");
}

#[test]
fn of_roles() {
    let Some(mut client) = Client::start() else { return };
    let alice = client.user("alice");
    let long = |client: &Client, seconds: i64| {
        let mut parameters = client.mfa();
        parameters["DurationSeconds"] = json!(seconds);
        parameters
    };
    let parameters = long(&client, 43_200);
    let answer = client.assume(&alice, LONG_DAY, parameters).unwrap();
    assert!(about(life(&client, &answer), 43_200));
    let parameters = long(&client, 3601);
    let refused = client.assume(&alice, MY_ROLE, parameters.clone()).unwrap_err();
    assert_eq!((refused.code(), refused.message()), ("ValidationError", MAX_SESSION));
    let again = client.assume(&alice, LONG_DAY, parameters).unwrap_err();
    assert!(again.message().contains("invalid MFA"), "the code was spent all the same");
    let refused = client.assume(&alice, LONG_DAY, json!({ "DurationSeconds": 43_201 })).unwrap_err();
    assert!(refused.message().contains("'durationSeconds'"));
}

#[test]
fn of_chains() {
    let Some(mut client) = Client::start() else { return };
    let session = client.mfa_session();
    let refused = client.assume(&session, LONG_DAY, json!({ "DurationSeconds": 3601 })).unwrap_err();
    assert_eq!((refused.code(), refused.message()), ("ValidationError", CHAINING));
    let hub = client.role_session(&session, HUB);
    client.sandbox.world().role_mut(SPOKE).max_session = Duration::from_hours(12);
    let refused = client.assume(&hub, SPOKE, json!({ "DurationSeconds": 7200 })).unwrap_err();
    assert_eq!(refused.message(), CHAINING);
    assert!(client.assume(&hub, SPOKE, json!({ "DurationSeconds": 3600 })).is_ok());
}

#[test]
fn short_lives_of_a_test_are_granted_whatever_was_asked() {
    let Some(mut client) = Client::start() else { return };
    client.sandbox.world().user_session_life = Some(Duration::from_secs(30));
    client.sandbox.world().role_session_life = Some(Duration::ZERO);
    let answer = client.get_session_token(json!({ "DurationSeconds": 899 }));
    assert!(answer.is_err(), "what was asked is still checked");
    let parameters = client.mfa();
    let answer = client.get_session_token(parameters).unwrap();
    assert!((1..=30).contains(&life(&client, &answer).as_secs()));
    let role: Keys = client.role_session(&crate::client::session(&answer), MY_ROLE);
    let over = client.call(&role, "sts", "GetCallerIdentity", json!({})).unwrap_err();
    assert_eq!(over.code(), "ExpiredToken");
    let over = client.call(&role, "ec2", "DescribeInstances", json!({})).unwrap_err();
    assert_eq!(over.code(), "RequestExpired");
}
