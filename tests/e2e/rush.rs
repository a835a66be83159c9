//! Everybody at once: hundreds of callers, no daemon yet, and one person who types one code.

use std::time::Duration;

use awsd_tests::{
    harness::{Run, Running, TestEnv},
    sandbox::{SessionKind, Trust, guide::ACCOUNT},
};
use serde_json::Value;

use crate::wire;

const CALLERS: usize = 200;
const ROLES: usize = 20;

/// Two hundred processes on a busy machine take their time.
const PATIENCE: Duration = Duration::from_mins(4);

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// As many roles as in a large company, all of one user. The profiles have the names of the roles.
fn company() -> TestEnv {
    let env = TestEnv::guide();
    let mut config = "[profile my_account]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n".to_owned();
    for name in (0..ROLES).map(role_name) {
        let arn = role_arn(&name);
        env.sandbox.world().add_role(&arn, Trust::of(["arn:aws:iam::111122223333:root"]).with_mfa());
        config.extend(["[profile ", &name, "]\nrole_arn = ", &arn, "\nsource_profile = my_account\n"]);
    }
    env.config(&config);
    env
}

fn role_name(number: usize) -> String {
    format!("team{number}")
}

fn ask(env: &TestEnv, profile: &str) -> Run {
    let run = env.awsd(["credential-process", profile, "--wait", "5m"]);
    run.patience(PATIENCE).expect_secrets()
}

/// Whose session an answer of `awsd credential-process` is: the ARN of its role.
fn role_of(env: &TestEnv, answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).expect("the answer is JSON");
    let key = answer["AccessKeyId"].as_str().expect("an access key");
    let world = env.sandbox.world();
    let session = world.sessions.get(key).expect("a session that AWS made");
    assert_eq!(answer["SecretAccessKey"], session.credentials.secret_access_key);
    assert_eq!(answer["SessionToken"], session.credentials.session_token);
    match &session.kind {
        SessionKind::Role { arn, .. } => arn.clone(),
        SessionKind::User { .. } => panic!("not the session of a role"),
    }
}

#[test]
fn two_hundred_callers_need_one_daemon_one_code_and_one_call_for_each_role() {
    let env = company();
    let callers: Vec<(String, Running)> = (1..CALLERS)
        .map(|number| role_name(number % ROLES))
        .map(|profile| (profile.clone(), ask(&env, &profile).spawn()))
        .collect();
    let mut terminal = ask(&env, &role_name(0)).terminal();
    // All of them are there before the person has found the phone.
    wire::wait_until_waiting(&env, CALLERS);
    let daemons = env.daemons();
    assert_eq!(daemons.len(), 1, "one daemon holds the lock: {daemons:?}");
    terminal.expect("MFA code for alice (team");
    terminal.send_line(&env.sandbox.next_code("alice"));

    for (profile, caller) in callers {
        let answer = caller.wait().success().quiet();
        assert_eq!(role_of(&env, &answer.stdout), role_arn(&profile));
    }
    let shown = terminal.wait().success().stdout;
    assert_eq!(shown.matches("MFA code").count(), 1, "one prompt");
    let answer = shown.lines().last().expect("an answer");
    assert_eq!(role_of(&env, answer), role_arn(&role_name(0)));

    let mut calls = env.calls();
    assert_eq!(calls.remove(0), "GetSessionToken with code");
    calls.sort();
    let mut wanted: Vec<String> =
        (0..ROLES).map(|number| format!("AssumeRole {}", role_name(number))).collect();
    wanted.sort();
    assert_eq!(calls, wanted);
    assert_eq!(env.daemons(), daemons, "it is still the same daemon");
    assert_eq!(env.log().matches(" started").count(), 1, "and there never was another: {}", env.log());
}
