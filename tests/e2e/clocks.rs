//! A machine whose clock is wrong: measured, made up for, and shown.
//!
//! The sandbox's clock is moved instead, and the phone's with it: phones have the right time.

use awsd_tests::harness::TestEnv;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    people::log_in,
    profiles::alice,
    served::{ask, caller},
};

/// So far apart may two measurements of a clock be: its answers have whole seconds, and machines may be slow.
const BLUR: i64 = 5;

fn with_offset(minutes: i64) -> TestEnv {
    let env = alice();
    env.sandbox.world().set_clock_offset(SignedDuration::from_mins(minutes));
    env
}

fn status(env: &TestEnv) -> Value {
    let output = env.awsd(["status", "--json"]).run().success();
    serde_json::from_str(&output.stdout).unwrap()
}

/// The clock's error is shown, and sessions have the life that AWS gave them.
#[track_caller]
fn shows(env: &TestEnv, minutes: i64, words: &str) {
    let status = status(env);
    let skew = status["daemon"]["clock_skew"].as_i64().expect("the clock is known to be wrong");
    assert!((skew - minutes * 60).abs() <= BLUR, "{status}");
    let sessions = status["sessions"].as_array().unwrap();
    let role = sessions.iter().find(|row| row["kind"] == "role").unwrap();
    let hour = 3600 - BLUR..=3600 + BLUR;
    assert!(hour.contains(&role["life"].as_i64().unwrap()), "{status}");
    let text = env.awsd(["status"]).run().success().stdout;
    assert!(text.contains("the clock of this machine is") && text.contains(words), "{text}");
}

/// It has passed a little when the answer is there, and it is what was granted all the same.
#[test]
fn the_life_of_a_session_is_what_was_asked_for() {
    let env = alice();
    log_in(&env, "my_account");
    ask(&env, "my_role");
    let status = status(&env);
    let lives = status["sessions"].as_array().unwrap().iter().map(|row| (&row["kind"], &row["life"]));
    assert_eq!(lives.collect::<Vec<_>>(), [(&json!("mfa"), &json!(43_200)), (&json!("role"), &json!(3600))]);
}

#[test]
fn ten_minutes_are_found_out_without_a_call_that_fails() {
    for (minutes, words) in [(10, "behind the clock of AWS"), (-10, "ahead of the clock of AWS")] {
        let env = with_offset(minutes);
        log_in(&env, "my_account");
        ask(&env, "my_role");
        assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
        shows(&env, minutes, words);
    }
}

#[test]
fn a_code_from_this_machines_own_wrong_clock_is_explained() {
    let env = with_offset(10);
    let wrong = env.sandbox.world().user("alice").devices[0].code(Timestamp::now());
    let refused = env.awsd(["exec", "my_role", "--code", &wrong, "--", "true"]).run().exits(75);
    assert!(refused.stderr.contains("AWS did not accept that code"), "{}", refused.stderr);
    assert!(refused.stderr.contains("this machine's clock is"), "{}", refused.stderr);
    assert_eq!(env.calls(), ["GetSessionToken with code: AccessDenied"]);
}

/// AWS refuses the signature before it looks at the code, so the code may be sent once more.
#[test]
fn twenty_minutes_cost_one_more_call_and_no_more_codes() {
    for (minutes, words) in [(20, "behind the clock of AWS"), (-20, "ahead of the clock of AWS")] {
        let env = with_offset(minutes);
        log_in(&env, "my_account");
        let served = ask(&env, "my_role");
        let calls = [
            "GetSessionToken with code: SignatureDoesNotMatch",
            "GetSessionToken with code",
            "AssumeRole my_role",
        ];
        assert_eq!(env.new_calls(), calls);
        shows(&env, minutes, words);

        // The person sets the clock.
        env.sandbox.world().set_clock_offset(SignedDuration::ZERO);
        ask(&env, "developer");
        assert_eq!(env.new_calls(), ["AssumeRole developer: SignatureDoesNotMatch", "AssumeRole developer"]);
        assert_eq!(status(&env)["daemon"]["clock_skew"], Value::Null);
        assert_eq!(ask(&env, "my_role").key, served.key, "its life went on meanwhile");
        assert_eq!(env.calls(), [""; 0]);
    }
}

/// As a machine's clock that was set back after a session was made: AWS alone knows that it is over.
#[test]
fn a_session_that_is_over_by_aws_clock_is_not_served() {
    let env = with_offset(0);
    log_in(&env, "my_account");
    let first = ask(&env, "my_role");
    env.sandbox.world().set_clock_offset(SignedDuration::from_mins(61));
    ask(&env, "developer");
    env.new_calls();
    assert_ne!(ask(&env, "my_role").key, first.key);
    assert_eq!(env.new_calls(), ["AssumeRole my_role"]);
    // The MFA session as well.
    env.sandbox.world().set_clock_offset(SignedDuration::from_hours(13));
    caller(&env, "hub").run().exits(75);
}
