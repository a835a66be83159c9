//! Temporary keys in the credentials file whose end is written beside them: near it and past it they are no use.

use std::time::Duration;

use awsd_tests::{
    harness::{Output, TestEnv},
    sandbox::{
        Credentials, Sandbox, World,
        guide::{AFTER_SAML, SAML_LOGIN},
    },
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    people::says,
    served::{ask, caller},
};

/// What the person is told to do.
const SIGN_IN: &str = "\n  sign in again with the tool that writes them (saml2aws login, for instance)";

/// A profile with such keys, and a role that is taken with them.
fn home() -> TestEnv {
    let env = TestEnv::new(Sandbox::start(World::guide()));
    env.config(&format!("[profile after_saml]\nrole_arn = {AFTER_SAML}\nsource_profile = saml\n"));
    env
}

/// Logs in as such a tool does, and writes an end of its own beside the keys, as the tool writes it.
fn sign_in(env: &TestEnv, end: &str) -> Credentials {
    let keys = env.sandbox.world().federate(SAML_LOGIN, "alice@example.com", Duration::from_hours(1));
    env.write(
        ".aws/credentials",
        format!(
            "[saml]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n\
             x_security_token_expires = {end}\n",
            keys.access_key_id, keys.secret_access_key, keys.session_token
        ),
    );
    keys
}

/// The moment so many seconds from now.
fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// Every way to ask, as programs do and as a person does. What is printed is looked at for secrets.
fn asked(env: &TestEnv, profile: &str) -> [Output; 3] {
    let verbs = [
        &["credential-process", profile][..],
        &["export", profile],
        &["exec", profile, "--", "echo", "it runs"],
    ];
    verbs.map(|verb| env.awsd(verb).run())
}

#[test]
fn keys_past_their_end_or_close_to_it_are_refused_and_never_printed() {
    let env = home();
    for (end, state) in [(-3600, "are over\n"), (-1, "are over\n"), (240, "are over in ")] {
        sign_in(&env, &in_seconds(end).to_string());
        for refused in asked(&env, "saml") {
            says(&refused.exits(75), &["the temporary keys that saml starts from", state, SIGN_IN]);
        }
        assert_eq!(env.calls(), [""; 0]);
    }
}

#[test]
fn the_end_is_read_as_tools_write_it() {
    let env = home();
    // The same moment on another clock: it would be hours away if the offset were not read.
    let past = in_seconds(-60).display_with_offset(jiff::tz::offset(2)).to_string();
    assert!(past.ends_with("+02:00"), "{past}");
    sign_in(&env, &past);
    for refused in asked(&env, "saml") {
        says(&refused.exits(75), &["are over\n", SIGN_IN]);
    }
}

#[test]
fn keys_with_half_an_hour_left_are_served_with_that_end() {
    let env = home();
    let end = in_seconds(1800);
    let keys = sign_in(&env, &end.to_string());
    let output = caller(&env, "saml").run().success();
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["AccessKeyId"], *keys.access_key_id);
    let said: Timestamp = json["Expiration"].as_str().unwrap().parse().unwrap();
    assert_eq!(said.as_second(), end.as_second());
    env.exec("saml", ["true"]).run().success();
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn no_role_is_asked_for_with_keys_past_their_end_until_the_person_signed_in() {
    let env = home();
    sign_in(&env, &in_seconds(-1).to_string());
    for refused in asked(&env, "after_saml") {
        says(&refused.exits(75), &["the temporary keys that after_saml starts from are over\n", SIGN_IN]);
    }
    assert_eq!(env.calls(), [""; 0]);

    sign_in(&env, &in_seconds(3600).to_string());
    ask(&env, "after_saml");
    assert_eq!(env.calls(), ["AssumeRole after_saml"]);
}
