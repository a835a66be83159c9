//! `--no-session`: the long-lived key itself leaves the daemon, only for profiles that the person's settings name.

use std::{fs, path::PathBuf};

use awsd_tests::harness::{Output, TestEnv, programs};
use serde_json::Value;

use crate::{
    people::{REGION, says},
    profiles::alice,
};

/// The verbs that take the option.
const VERBS: [&[&str]; 3] = [
    &["exec", "my_account", "--no-session", "--", "echo", "it runs"],
    &["export", "my_account", "--no-session"],
    &["export", "my_account", "--no-session", "--format", "json"],
];

/// Writes awsd's own settings.
fn settings(env: &TestEnv, text: &str) -> PathBuf {
    let path = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

/// Where the profile may hand out its key.
fn allowed() -> TestEnv {
    let env = alice();
    settings(&env, "[profile.my_account]\nallow_long_lived = true\n");
    env
}

/// It was refused, with the very line to write and where.
#[track_caller]
fn not_handed_out(output: Output, profile: &str, file: &str) {
    let refused = format!("the long-lived key of '{profile}' is not handed out");
    let line = format!("[profile.\"{profile}\"] allow_long_lived = true in {file}");
    says(&output.exits(1), &[&refused, &line]);
}

#[test]
fn it_is_refused_unless_the_settings_allow_it_for_that_profile() {
    for text in [
        None,
        Some(""),
        Some("[profile.my_account]\nallow_long_lived = false\n"),
        Some("[profile.other]\nallow_long_lived = true\n"),
    ] {
        let env = alice();
        let file = settings(&env, text.unwrap_or_default());
        if text.is_none() {
            fs::remove_file(&file).unwrap();
        }
        for verb in VERBS {
            not_handed_out(env.awsd(verb).run(), "my_account", &file.display().to_string());
        }
        assert_eq!(env.calls(), [""; 0]);
    }
}

/// A role has no long-lived key, and nobody gets the one behind it in its name, whatever the settings say of the role.
#[test]
fn a_role_never_hands_out_the_key_that_it_starts_from() {
    for text in
        ["[profile.my_account]\nallow_long_lived = true\n", "[profile.developer]\nallow_long_lived = true\n"]
    {
        let env = alice();
        settings(&env, text);
        let refused = env.awsd(["exec", "developer", "--no-session", "--", "echo", "it runs"]).run();
        says(&refused.exits(1), &["'developer' is a role", "name the profile that has the key"]);
        assert_eq!(env.calls(), [""; 0]);
    }
}

#[test]
fn where_it_is_allowed_the_key_itself_is_handed_out_without_a_code() {
    let env = allowed();
    let key = env.sandbox.world().user("alice").keys[0].clone();
    let export = ["export", "my_account", "--no-session", "--format", "json"];
    let exported = env.awsd(export).expect_secrets().run().success().quiet();
    let json: Value = serde_json::from_str(&exported.stdout).unwrap();
    assert_eq!(json["AWS_ACCESS_KEY_ID"], *key.id);
    assert!(json["AWS_SECRET_ACCESS_KEY"] == *key.secret, "the secret of that key");
    for name in ["AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"] {
        assert_eq!(json.get(name).and_then(Value::as_str), None, "such a key has none");
    }

    // Also where a session's token is left over in the shell: with the key it would be refused.
    let script = "echo $AWS_ACCESS_KEY_ID ${AWS_SESSION_TOKEN-none}";
    let exec = env.awsd(["exec", "my_account", "--no-session", "--", "sh", "-c", script]);
    let output = exec.env("AWS_SESSION_TOKEN", "stale").run().success().quiet();
    assert_eq!(output.stdout, format!("{} none\n", key.id));
    assert_eq!(env.calls(), [""; 0]);

    // The option is for this one call: the next one is asked for a session's code, as ever.
    env.awsd(["exec", "my_account", "--no-prompt", "--", "true"]).run().exits(75);
}

/// What the option is for: AWS refuses IAM calls of sessions that were made without MFA.
#[test]
fn a_user_without_a_device_can_work_with_iam() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::guide();
    env.credentials([("bobs", "bob")]);
    settings(&env, "[profile.bobs]\nallow_long_lived = true\n");
    let exec = env.awsd(["exec", "bobs", "--no-session", "--"]);
    exec.args([&aws]).args(["iam", "list-access-keys"]).args(REGION).run().success().quiet();
    assert_eq!(env.calls(), ["ListAccessKeys"]);
}
