//! Keys that came with a session token, as tools for SAML logins leave them in the credentials file.

use std::time::Duration;

use awsd_tests::{
    harness::{TestEnv, programs},
    sandbox::guide::{AFTER_SAML, SAML_LOGIN},
};

use crate::people::who;

/// Logs in with such a tool; the new access key id is returned.
fn saml_login(env: &TestEnv) -> String {
    let keys = env.sandbox.world().federate(SAML_LOGIN, "alice@example.com", Duration::from_hours(8));
    env.write(
        ".aws/credentials",
        format!(
            "[saml]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
            keys.access_key_id, keys.secret_access_key, keys.session_token
        ),
    );
    keys.access_key_id
}

/// With which key the last role session was asked for.
fn last_assumed_with(env: &TestEnv) -> String {
    let calls = env.sandbox.calls();
    let call = calls.iter().rfind(|call| call.action == "AssumeRole").unwrap();
    call.access_key_id.clone().unwrap()
}

#[test]
fn a_role_comes_from_the_session_and_new_keys_are_used_at_once() {
    let Some(aws) = programs::aws() else { return };
    let env = TestEnv::new(awsd_tests::sandbox::Sandbox::start(awsd_tests::sandbox::World::guide()));
    let role = format!("role_arn = {AFTER_SAML}\nsource_profile = saml\n");
    env.config(&format!(
        "[profile after_saml]\n{role}\n\
         [profile with_device]\n{role}mfa_serial = arn:aws:iam::111122223333:mfa/alice\n"
    ));
    let first = saml_login(&env);
    let arn = "arn:aws:sts::444455556666:assumed-role/after_saml/awsd-tester";
    assert_eq!(who(&env, &aws, "after_saml"), arn);
    assert_eq!(last_assumed_with(&env), first);
    assert_eq!(env.new_calls(), ["AssumeRole after_saml", "GetCallerIdentity"]);

    // A device is of no use to a session: AWS takes codes from users alone.
    assert_eq!(who(&env, &aws, "with_device"), arn);
    assert_eq!(env.new_calls(), ["GetCallerIdentity"]);

    // The tool is run again while the daemon runs.
    let second = saml_login(&env);
    assert_eq!(who(&env, &aws, "after_saml"), arn);
    assert_eq!(last_assumed_with(&env), second);
    assert_eq!(env.new_calls(), ["AssumeRole after_saml", "GetCallerIdentity"]);

    // The session itself is handed on as it is.
    assert_eq!(
        who(&env, &aws, "saml"),
        "arn:aws:sts::111122223333:assumed-role/saml_login/alice@example.com"
    );
    assert_eq!(env.calls(), ["GetCallerIdentity"]);
}
