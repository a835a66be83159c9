//! Callers without a terminal: they are told at once what to do, and `awsd mfa` from anywhere is what to do.

use awsd_tests::{harness::TestEnv, sandbox::guide::DEVELOPER};
use serde_json::Value;

use crate::wire::wait_until_waiting;

const ALICE: &str = "arn:aws:iam::111122223333:mfa/alice";
const CAROL: &str = "arn:aws:iam::111122223333:mfa/carol-phone";

/// A profile of alice's and one of carol's.
fn guide() -> TestEnv {
    let env = TestEnv::guide();
    env.config(&format!(
        "[profile my_account]\nmfa_serial = {ALICE}\n\
         [profile developer]\nrole_arn = {DEVELOPER}\nsource_profile = my_account\n\
         [profile carols]\nmfa_serial = {CAROL}\n"
    ));
    env.credentials([("my_account", "alice"), ("carols", "carol")]);
    env
}

fn open_profiles(env: &TestEnv) -> Vec<String> {
    let listed = env.awsd(["mfa", "--json"]).run().success().quiet();
    let questions: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    questions.iter().map(|question| question["profile"].as_str().unwrap().to_owned()).collect()
}

/// Runs a command that needs a code, without a terminal.
fn asked_in_vain(env: &TestEnv, profile: &str) {
    let refused = env.exec(profile, ["echo", "it runs"]).run().exits(75);
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("nobody could be asked"), "at once, not in the end: {}", refused.stderr);
    assert!(refused.stderr.contains("\n  answer with: awsd mfa CODE"), "the hint: {}", refused.stderr);
}

#[test]
fn the_question_stays_open_and_the_next_call_finds_the_session() {
    let env = guide();
    asked_in_vain(&env, "developer");
    let listed = env.awsd(["mfa"]).run().success().quiet().stdout;
    assert!(listed.contains("developer") && listed.contains("mfa/alice"), "{listed}");
    assert!(
        listed.contains("echo it runs (process ") && listed.contains("\nanswer with: awsd mfa CODE\n"),
        "{listed}"
    );
    // Whoever comes next does not open a second one.
    asked_in_vain(&env, "developer");
    assert_eq!(open_profiles(&env), ["developer"]);
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success().quiet();
    assert!(open_profiles(&env).is_empty());
    env.exec("developer", ["true"]).run().success().quiet();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
}

#[test]
fn an_answer_that_will_not_do_is_refused_with_the_reason_and_the_question_stays() {
    let env = guide();
    asked_in_vain(&env, "developer");
    let wrong = env.sandbox.wrong_code("alice");
    for (code, reason) in [
        ("12345", "six digits"),
        ("abcdef", "six digits"),
        (&wrong, "AWS did not accept that code"),
        (&wrong, "has been used"),
    ] {
        let refused = env.awsd(["mfa", code]).run().exits(75);
        assert!(refused.stderr.contains(reason), "{code}: {}", refused.stderr);
        assert_eq!(open_profiles(&env), ["developer"]);
    }
    // As a program gives it that makes codes.
    let code = format!("{}\n", env.sandbox.next_code("alice"));
    env.awsd(["mfa", "-"]).stdin(&code).run().success().quiet();
    assert_eq!(env.calls(), ["GetSessionToken with code: AccessDenied", "GetSessionToken with code"]);
}

#[test]
fn a_code_that_comes_with_the_call_is_judged_like_any_other() {
    let env = guide();
    let wrong = env.sandbox.wrong_code("alice");
    for (code, reason) in [("12345", "six digits"), (&wrong, "AWS did not accept that code")] {
        let refused = env.awsd(["exec", "developer", "--code", code, "--", "true"]).run().exits(75);
        assert!(refused.stderr.contains(reason), "{code}: {}", refused.stderr);
    }
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", "developer", "--code", &code, "--", "true"]).run().success().quiet();
    assert!(open_profiles(&env).is_empty());
}

#[test]
fn who_does_not_want_to_be_asked_is_told_also_at_a_terminal() {
    let env = guide();
    let terminal = env.awsd(["exec", "developer", "--no-prompt", "--", "echo", "it runs"]).terminal();
    let shown = terminal.wait().exits(75).stdout;
    assert!(shown.contains("awsd mfa CODE") && !shown.contains("MFA code for"), "{shown}");
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success().quiet();
    env.awsd(["exec", "developer", "--no-prompt", "--", "true"]).run().success().quiet();
}

#[test]
fn who_wants_to_wait_waits_as_long_as_that() {
    let env = guide();
    let late = env.awsd(["exec", "developer", "--wait", "1s", "--", "true"]).run().exits(75);
    assert!(late.stderr.contains("in time"), "{}", late.stderr);
    let waiting = env.awsd(["exec", "developer", "--wait", "5m", "--", "echo", "it runs"]).spawn();
    wait_until_waiting(&env, 1);
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success().quiet();
    assert_eq!(waiting.wait().success().quiet().stdout, "it runs\n");
}

#[test]
fn an_answer_without_a_question_is_told_where_to_go_and_spends_nothing() {
    let env = guide();
    let code = env.sandbox.next_code("alice");
    let idle = env.awsd(["mfa", &code]).run().exits(1);
    assert!(idle.stderr.contains("awsd login PROFILE --code CODE"), "{}", idle.stderr);
    assert_eq!(env.awsd(["mfa"]).run().success().stdout, "no code is waited for\n");
    assert_eq!(env.daemons(), [], "no daemon is needed to know that");
    env.awsd(["daemon", "start"]).run().success();
    let idle = env.awsd(["mfa", &code]).run().exits(1);
    assert!(idle.stderr.contains("awsd login PROFILE --code CODE"), "{}", idle.stderr);
    env.awsd(["login", "developer", "--code", &code]).run().success();
}

#[test]
fn of_several_questions_the_answer_says_which_it_means() {
    let env = guide();
    asked_in_vain(&env, "developer");
    asked_in_vain(&env, "carols");
    let listed = env.awsd(["mfa"]).run().success().quiet().stdout;
    assert!(listed.ends_with("\nanswer with: awsd mfa CODE --for PROFILE\n"), "{listed}");
    let code = env.sandbox.next_code("carol");
    let which = env.awsd(["mfa", &code]).run().exits(1);
    assert!(which.stderr.contains(ALICE) && which.stderr.contains(CAROL), "{}", which.stderr);
    assert!(which.stderr.contains("awsd mfa CODE --for "), "{}", which.stderr);
    let nobody = env.awsd(["mfa", &code, "--for", "nobody"]).run().exits(1);
    assert!(nobody.stderr.contains("not waiting for a code for nobody"), "{}", nobody.stderr);
    assert!(env.calls().is_empty(), "no code was spent on asking: {:?}", env.calls());
    env.awsd(["mfa", &code, "--for", "carols"]).run().success().quiet();
    assert_eq!(open_profiles(&env), ["developer"]);
    // Now there is one left, and a device's own name names it, too.
    env.awsd(["mfa", &env.sandbox.next_code("alice"), "--for", ALICE]).run().success().quiet();
    assert_eq!(env.calls(), ["GetSessionToken with code"; 2]);
}
