//! AWS that refuses, fails or does not answer: what is tried again, what is not, and what the person is told to do.
//!
//! Whatever happens, a session that is still good is served, and no code is sent a second time.

use std::time::Duration;

use awsd_tests::{
    harness::{Output, TestEnv},
    sandbox::Fault,
};

use crate::{
    people::{log_in, says, type_code},
    profiles::alice,
    served::ask,
};

/// The faults that may pass, with what a person must read after the last attempt.
///
/// Throttling comes last: what comes after it waits.
const PASSING: [(Fault, &str); 7] = [
    (Fault::InternalFailure, "unknown error"),
    (Fault::ServiceUnavailable, "temporary failure"),
    (Fault::Dropped, "AWS could not be asked"),
    (Fault::AnswerLost, "AWS could not be asked"),
    (Fault::Html, "answer cannot be read"),
    (Fault::Truncated, "answer cannot be read"),
    (Fault::Throttling, "AWS asks to slow down"),
];

/// `awsd exec PROFILE --code CODE`, with a code of alice's that was not used.
fn with_code(env: &TestEnv, profile: &str) -> Output {
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", profile, "--code", &code, "--", "true"]).run()
}

#[test]
fn a_call_without_a_code_is_made_again_and_three_failures_are_told() {
    let env = alice();
    log_in(&env, "my_account");
    let good = ask(&env, "my_role");
    env.new_calls();
    for (fault, sentence) in PASSING {
        let failed = format!("AssumeRole developer: {}", fault.name());
        for _ in 0..3 {
            env.sandbox.world().fail("AssumeRole", fault.clone());
        }
        let refused = env.exec("developer", ["true"]).run().exits(1);
        let step = if matches!(fault, Fault::Throttling) { "wait a minute" } else { "check the network" };
        says(&refused, &[sentence, "sts:AssumeRole", "developer", step, "do it again"]);
        assert_eq!(env.new_calls(), vec![failed.as_str(); 3]);
        assert_eq!(ask(&env, "my_role").key, good.key, "what is still good is served");
        assert_eq!(env.calls(), [""; 0]);
    }
    // Once it passes, one request is enough, and nobody hears of it.
    for fault in [Fault::Throttling, Fault::Dropped] {
        env.sandbox.world().fail("AssumeRole", fault);
    }
    env.exec("developer", ["true"]).run().success().quiet();
    let calls = ["AssumeRole developer: Throttling", "AssumeRole developer: Dropped", "AssumeRole developer"];
    assert_eq!(env.calls(), calls);
}

#[test]
fn a_code_that_aws_may_have_seen_is_not_sent_again() {
    for (fault, _) in PASSING {
        let env = alice();
        let failed = format!("GetSessionToken with code: {}", fault.name());
        env.sandbox.world().fail("GetSessionToken", fault);
        let code = env.sandbox.next_code("alice");
        let give = |code: &str| env.awsd(["exec", "my_role", "--code", code, "--", "true"]).run();
        says(&give(&code).exits(1), &["AWS did not say whether it took that code", "the next one"]);
        assert_eq!(env.new_calls(), [failed]);
        // Not even when the person gives it again.
        says(&give(&code).exits(75), &["that code has been used", "wait for the next one"]);
        assert_eq!(env.new_calls(), [""; 0]);
        let next = env.sandbox.world().user("alice").devices[0]
            .code(jiff::Timestamp::now() + Duration::from_secs(30));
        give(&next).success().quiet();
        assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
    }
}

/// As long as a call may take, which is half of what the test waits for it.
#[test]
fn an_answer_that_never_comes_spends_the_code_and_the_terminal_asks_for_the_next_one() {
    let env = alice();
    env.sandbox.world().fail("GetSessionToken", Fault::AnswerHangs);
    let spent = env.sandbox.next_code("alice");
    let mut terminal = env.exec("my_role", ["true"]).patience(Duration::from_mins(2)).terminal();
    terminal.expect("MFA code for alice (my_role): ");
    terminal.send_line(&spent);
    terminal.expect("AWS did not answer in time");
    terminal.expect("wait for the next one");
    terminal.expect("MFA code for alice (my_role): ");
    terminal.send_line(&spent);
    terminal.expect("that code has been used");
    type_code(&env, &mut terminal, "my_role");
    terminal.wait().success();
    let calls = ["GetSessionToken with code: AnswerHangs", "GetSessionToken with code", "AssumeRole my_role"];
    assert_eq!(env.calls(), calls);
}

#[test]
fn a_key_that_was_revoked_is_named_and_sessions_live_on() {
    let env = alice();
    log_in(&env, "my_account");
    let good = ask(&env, "my_role");
    env.new_calls();
    env.sandbox.world().revoke_keys("alice");

    let refused = with_code(&env, "long_day").exits(1);
    let key = env.sandbox.world().user("alice").keys[0].id.clone();
    let tail = &key[key.len() - 4..];
    says(
        &refused,
        &["does not know the access key AKIA…", tail, "inactive", "put a valid key", "AWS console"],
    );
    assert!(!refused.stderr.contains(&key), "the whole key id is nobody's business: {}", refused.stderr);
    assert_eq!(env.new_calls(), ["AssumeRole long_day with code: InvalidClientTokenId"]);
    assert_eq!(ask(&env, "my_role").key, good.key);
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn a_wrong_secret_is_named_and_the_code_is_good_for_the_right_one() {
    let env = alice();
    let right = env.sandbox.world().user("alice").keys[0].clone();
    let (id, wrong) = (&right.id, right.secret.to_lowercase());
    env.write(
        ".aws/credentials",
        format!("[my_account]\naws_access_key_id = {id}\naws_secret_access_key = {wrong}\n"),
    );
    let code = env.sandbox.next_code("alice");
    let give = || env.awsd(["exec", "my_role", "--code", &code, "--", "true"]).run();
    says(&give().exits(1), &["the secret access key beside AKIA…", "correct aws_secret_access_key"]);
    assert_eq!(env.new_calls(), ["GetSessionToken with code: SignatureDoesNotMatch"]);

    // AWS has not looked at the code, and the person may well type it again.
    env.credentials([("my_account", "alice")]);
    give().success().quiet();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
}

#[test]
fn a_session_whose_renewal_fails_is_served_until_it_is_nearly_over() {
    for fault in [Fault::InternalFailure, Fault::Dropped, Fault::Html] {
        let env = alice();
        log_in(&env, "my_account");
        let good = ask(&env, "my_role");
        // AWS's clock goes ahead, and another role finds it out: a quarter of an hour is left of the first.
        env.sandbox.world().set_clock_offset(jiff::SignedDuration::from_mins(45));
        ask(&env, "developer");
        env.new_calls();
        let failed = format!("AssumeRole my_role: {}", fault.name());
        for _ in 0..3 {
            env.sandbox.world().fail("AssumeRole", fault.clone());
        }
        assert_eq!(ask(&env, "my_role").key, good.key, "what is left is served");
        let calls = env.new_calls();
        assert!(
            !calls.is_empty() && calls.iter().all(|call| *call == failed),
            "renewal was tried: {calls:?}"
        );
        env.sandbox.world().clear_faults();
        assert_ne!(ask(&env, "my_role").key, good.key, "once AWS is well again");
    }
}

#[test]
fn without_a_network_the_host_is_named_and_sessions_live_on() {
    let env = alice();
    log_in(&env, "my_account");
    let good = ask(&env, "my_role");
    env.new_calls();
    // A port that nobody listens on.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let code = env.sandbox.next_code("alice");
    let refused = env
        .awsd(["exec", "my_role", "--code", &code, "--", "true"])
        .env("AWS_ENDPOINT_URL", format!("http://{nowhere}"))
        .run()
        .exits(1);
    says(&refused, &["AWS could not be asked", &nowhere.to_string(), "refused", "check the network"]);
    assert_eq!(ask(&env, "my_role").key, good.key);
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn a_region_without_sts_is_named_with_what_mends_it_and_not_asked_again() {
    let env = alice();
    log_in(&env, "my_account");
    env.new_calls();
    env.sandbox.world().fail("AssumeRole", Fault::RegionDisabled);
    let refused = env.exec("my_role", ["true"]).run().exits(1);
    says(
        &refused,
        &[
            "STS is not active in this region for the account of ",
            "which my_role needs",
            "\n  set another region for the profile (us-east-1 is always active)",
        ],
    );
    assert_eq!(env.new_calls(), ["AssumeRole my_role: RegionDisabled"]);
    env.exec("my_role", ["true"]).run().success().quiet();
    assert_eq!(env.calls(), ["AssumeRole my_role"]);
}
