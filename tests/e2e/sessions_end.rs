//! `awsd logout`: what is forgotten, whose it is, and that nothing brings it back.

use std::thread;

use awsd_tests::{
    harness::{PATIENCE, TestEnv},
    sandbox::guide::{DEVELOPER, HUB},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::people::says;

/// alice with two roles, and carol.
fn two_people() -> TestEnv {
    let env = TestEnv::guide();
    env.credentials([("alices", "alice"), ("carols", "carol")]);
    env.config(&format!(
        "[profile alices]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
         [profile developer]\nrole_arn = {DEVELOPER}\nsource_profile = alices\n\
         [profile hub]\nrole_arn = {HUB}\nsource_profile = alices\n\
         [profile carols]\nmfa_serial = arn:aws:iam::111122223333:mfa/carol-phone\n"
    ));
    env
}

/// Both logged in, alice with a role of hers.
fn both_logged_in() -> TestEnv {
    let env = two_people();
    for (profile, user) in [("developer", "alice"), ("carols", "carol")] {
        env.awsd(["login", profile, "--code", &env.sandbox.next_code(user)]).run().success();
    }
    env.new_calls();
    env
}

#[track_caller]
fn needs_a_code(env: &TestEnv, profile: &str) {
    let refused = env.exec(profile, ["echo", "it runs"]).run().exits(75);
    says(&refused, &["an MFA code of ", "awsd mfa CODE"]);
}

#[track_caller]
fn runs_without_asking(env: &TestEnv, profile: &str) {
    env.awsd(["exec", profile, "--no-prompt", "--", "true"]).run().success().quiet();
}

/// How many sessions the daemon holds.
fn sessions(env: &TestEnv) -> usize {
    let status = env.awsd(["status", "--json"]).run().success().quiet();
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    status["sessions"].as_array().expect("a list of sessions").len()
}

/// Waits until the daemon has had so many answers to a call.
#[track_caller]
fn wait_for_answers(env: &TestEnv, action: &str, count: usize) {
    let line = format!("AWS answered action={action:?}");
    let limit = Timestamp::now() + PATIENCE;
    while env.log().matches(&line).count() < count {
        assert!(Timestamp::now() < limit, "AWS has not answered {action} {count} times");
        thread::yield_now();
    }
}

#[test]
fn a_profiles_logout_forgets_everything_of_that_user_and_nothing_of_others() {
    let env = both_logged_in();
    assert_eq!(sessions(&env), 3);
    env.awsd(["logout", "developer"]).run().success().quiet();
    assert_eq!(sessions(&env), 1);
    for profile in ["developer", "hub", "alices"] {
        needs_a_code(&env, profile);
    }
    runs_without_asking(&env, "carols");
    assert_eq!(env.calls(), [""; 0]);

    // The question that was left is answered, and everything is as before.
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    runs_without_asking(&env, "developer");
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
}

#[test]
fn a_logout_of_all_forgets_everybodys_and_the_daemon_stays() {
    let env = both_logged_in();
    let daemon = env.daemons();
    env.awsd(["logout", "--all"]).run().success().quiet();
    assert_eq!(sessions(&env), 0);
    for profile in ["developer", "carols"] {
        needs_a_code(&env, profile);
    }
    assert_eq!(env.calls(), [""; 0]);
    assert_eq!(env.daemons(), daemon);
}

#[test]
fn a_logout_without_a_daemon_is_done_and_starts_none() {
    let env = two_people();
    env.awsd(["logout", "--all"]).run().success().quiet();
    env.awsd(["logout", "developer"]).run().success().quiet();
    assert_eq!(env.daemons(), []);
}

#[test]
fn a_logout_of_a_profile_that_is_not_there_forgets_nothing() {
    let env = both_logged_in();
    let refused = env.awsd(["logout", "carols", "develper"]).run().exits(1);
    says(&refused, &["there is no profile 'develper'", "did you mean 'developer'?"]);
    assert_eq!(sessions(&env), 3);
}

#[test]
fn who_waits_is_told_and_the_late_answer_brings_nothing_back() {
    let env = both_logged_in();
    let gate = env.sandbox.world().hold("AssumeRole");
    let waiting = env.exec("hub", ["echo", "it runs"]).spawn();
    assert!(gate.wait_arrived(1, PATIENCE), "AWS is asked");
    env.awsd(["logout", "hub"]).run().success().quiet();
    // AWS has not answered yet.
    says(&waiting.wait().exits(1), &["the sessions were logged out while this waited", "do it again"]);

    gate.open();
    wait_for_answers(&env, "AssumeRole", 2);
    assert_eq!(env.new_calls(), ["AssumeRole hub"]);
    assert_eq!(sessions(&env), 1, "carol's");
    needs_a_code(&env, "hub");
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn who_waits_for_a_code_is_told_and_the_question_is_gone() {
    let env = two_people();
    let mut terminal = env.exec("developer", ["echo", "it runs"]).terminal();
    terminal.expect("MFA code for alice (developer): ");
    env.awsd(["logout", "--all"]).run().success().quiet();
    terminal.expect("the sessions were logged out while this waited");
    assert!(terminal.echoes());
    terminal.wait().exits(1);
    assert_eq!(env.awsd(["mfa"]).run().success().stdout, "no code is waited for\n");
    assert_eq!(env.calls(), [""; 0]);
}
