//! What a profile says about its role's sessions, source identity and tags, and that STS hears it.

use std::collections::BTreeMap;

use awsd_tests::{
    harness::TestEnv,
    sandbox::{
        Call, SessionKind, Trust,
        guide::{MY_ROLE, TAGGED},
    },
};

use crate::{
    people::log_in,
    served::{ask, caller, granted},
};

/// A role that only [`TAGGED`] leads to, and that takes what is handed down.
const BEYOND: &str = "arn:aws:iam::444455556666:role/beyond";

const IDENTITY: &str = "alice@example.com";

/// A role for blue teams and for her alone, whoever leads there; and one for the red.
const BLUE: &str = "arn:aws:iam::444455556666:role/blue";
const RED: &str = "arn:aws:iam::444455556666:role/red";

/// Alice logged in, with a role that is told about her, the same role without, and one behind it.
fn logged_in() -> TestEnv {
    let env = TestEnv::guide();
    env.sandbox.world().add_role(BEYOND, Trust::of([TAGGED]).with_session_context());
    for (role, team) in [(BLUE, "blue"), (RED, "red")] {
        let trust = Trust::of([TAGGED, "arn:aws:iam::111122223333:root"])
            .with_session_context()
            .with_source_identity(IDENTITY)
            .with_request_tag("Team", team);
        env.sandbox.world().add_role(role, trust);
    }
    // As many tags as there may be, and more than there is room for.
    let much = (0..50).map(|n| format!("k{n}={}", "v".repeat(100))).collect::<Vec<_>>().join(",");
    env.config(&format!(
        "[profile my_account]
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile tagged]
role_arn = {TAGGED}
source_profile = my_account
source_identity = {IDENTITY}
session_tags = team = blue, Cost Center=a+b/c @1, empty=
transitive_session_tags = team,empty

[profile bare]
role_arn = {TAGGED}
source_profile = my_account

[profile beyond]
role_arn = {BEYOND}
source_profile = tagged

[profile blue]
role_arn = {BLUE}
source_profile = tagged

[profile red]
role_arn = {RED}
source_profile = tagged

[profile team]
source_identity = {IDENTITY}
session_tags = team=blue

[profile included]
include_profile = team
role_arn = {BLUE}
source_profile = my_account
source_identity =

[profile too_much]
role_arn = {TAGGED}
source_profile = my_account
session_tags = {much}

[profile not_allowed]
role_arn = {MY_ROLE}
source_profile = my_account
source_identity = {IDENTITY}
"
    ));
    log_in(&env, "my_account");
    env.new_calls();
    env
}

/// The parameters of a call whose names begin so.
fn parameters<'a>(call: &'a Call, prefix: &str) -> BTreeMap<&'a str, &'a str> {
    let named = call.parameters.iter().filter(|(name, _)| name.starts_with(prefix));
    named.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The tags that were passed: each key with its value.
fn tags(call: &Call) -> BTreeMap<&str, &str> {
    let members = parameters(call, "Tags.member.");
    let value = |name: &str| members[name.replace(".Key", ".Value").as_str()];
    let keys = members.iter().filter(|(name, _)| name.ends_with(".Key"));
    keys.map(|(name, key)| (*key, value(name))).collect()
}

/// What a session hands down: its source identity and its transitive tags.
fn handed_down(env: &TestEnv, profile: &str) -> (Option<String>, BTreeMap<String, String>) {
    match granted(env, &ask(env, profile).key).kind {
        SessionKind::Role { source_identity, transitive_tags, .. } => (source_identity, transitive_tags),
        SessionKind::User { .. } => panic!("{profile} is served a user's session"),
    }
}

#[test]
fn source_identity_and_tags_reach_aws_as_they_are_written() {
    let env = logged_in();
    ask(&env, "tagged");
    let calls = env.sandbox.calls();
    let [call] = calls.as_slice() else { panic!("one call: {:?}", env.calls()) };
    assert_eq!(call.outcome, "OK");
    assert_eq!(call.parameters["SourceIdentity"], IDENTITY);
    assert_eq!(tags(call), [("Cost Center", "a+b/c @1"), ("empty", ""), ("team", "blue")].into());
    let transitive: Vec<_> = parameters(call, "TransitiveTagKeys.member.").into_values().collect();
    assert_eq!(transitive, ["empty", "team"]);
}

#[test]
fn they_are_handed_down_a_chain_without_being_said_again() {
    let env = logged_in();
    let (identity, tags) = handed_down(&env, "beyond");
    assert_eq!(identity.as_deref(), Some(IDENTITY));
    let expected = [("empty", ""), ("team", "blue")];
    assert_eq!(tags, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert_eq!(env.calls(), ["AssumeRole tagged", "AssumeRole beyond"]);
    let calls = env.sandbox.calls();
    for prefix in ["SourceIdentity", "Tags.", "TransitiveTagKeys."] {
        assert_eq!(parameters(&calls[1], prefix), BTreeMap::new());
    }
}

#[test]
fn a_session_with_them_is_never_handed_out_for_one_without() {
    let env = logged_in();
    let tagged = ask(&env, "tagged");
    let bare = ask(&env, "bare");
    assert_ne!(tagged.key, bare.key);
    assert_eq!(env.new_calls(), ["AssumeRole tagged"; 2]);
    assert_eq!(handed_down(&env, "bare"), (None, BTreeMap::new()));
    assert_eq!(ask(&env, "tagged").key, tagged.key);
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn a_role_that_does_not_want_to_know_refuses_with_the_permission_it_lacks() {
    let env = logged_in();
    let refused = caller(&env, "not_allowed").run().exits(1);
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("sts:SetSourceIdentity"), "{}", refused.stderr);
    assert!(refused.stderr.contains("trust policy"), "what to look at: {}", refused.stderr);
    assert_eq!(env.calls(), ["AssumeRole my_role: AccessDenied"]);
}

#[test]
fn a_trust_policy_that_asks_for_them_lets_in_who_passes_or_inherits_them() {
    let env = logged_in();
    for profile in ["blue", "included"] {
        assert_eq!(handed_down(&env, profile).0.as_deref(), Some(IDENTITY), "{profile}");
    }
    assert_eq!(env.new_calls(), ["AssumeRole tagged", "AssumeRole blue", "AssumeRole blue"]);
    let refused = caller(&env, "red").run().exits(1);
    assert!(refused.stderr.contains("sts:AssumeRole"), "{}", refused.stderr);
    assert_eq!(env.calls(), ["AssumeRole red: AccessDenied"]);
}

#[test]
fn more_than_aws_has_room_for_is_refused_with_its_words() {
    let env = logged_in();
    let refused = caller(&env, "too_much").run().exits(1);
    assert!(refused.stderr.contains("Packed policy consumes"), "{}", refused.stderr);
    assert_eq!(env.calls(), ["AssumeRole tagged: PackedPolicyTooLarge"]);
}
