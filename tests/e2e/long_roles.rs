//! Roles asked for longer than an hour: AWS gives them to the long-lived key alone, each for a code of its own.

use awsd_tests::{
    harness::{Output, TestEnv},
    sandbox::{
        Call,
        guide::{LONG_DAY, MY_ROLE, SPOKE},
    },
};
use serde_json::Value;

use crate::people::{log_in, type_code};

const HOUR: i64 = 3600;

fn config() -> String {
    format!(
        "[profile my_account]
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile long_day]
role_arn = {LONG_DAY}
source_profile = my_account
duration_seconds = 43200

[profile too_long]
role_arn = {MY_ROLE}
source_profile = my_account
duration_seconds = 14400

[profile hub]
role_arn = hub
source_profile = my_account

[profile spoke]
role_arn = {SPOKE}
source_profile = hub
duration_seconds = 14400
"
    )
}

fn guide() -> TestEnv {
    let env = TestEnv::guide();
    env.config(&config());
    env
}

/// Seconds left of what `awsd credential-process` handed out.
fn life(env: &TestEnv, output: &Output) -> i64 {
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let end: jiff::Timestamp = answer["Expiration"].as_str().unwrap().parse().unwrap();
    end.as_second() - env.sandbox.world().now().as_second()
}

#[track_caller]
fn assert_about(left: i64, asked: i64) {
    assert!((asked - 120..=asked).contains(&left), "{left} of {asked} seconds are left");
}

#[test]
fn a_long_role_comes_from_the_key_with_a_code_of_its_own() {
    let env = guide();
    let mut terminal = env.exec("long_day", ["echo", "it runs"]).terminal();
    type_code(&env, &mut terminal, "long_day");
    terminal.expect("it runs");
    terminal.wait().success();
    assert_eq!(env.new_calls(), ["AssumeRole long_day with code"]);

    let warm = env.awsd(["credential-process", "long_day", "--no-prompt"]).expect_secrets().run().success();
    assert_about(life(&env, &warm), 12 * HOUR);
    assert!(env.calls().is_empty(), "{:?}", env.calls());
}

#[test]
fn it_asks_for_its_own_code_beside_the_session_and_leaves_that_alone() {
    let env = guide();
    log_in(&env, "my_account");
    let refused = env.exec("long_day", ["true"]).run().exits(75);
    assert!(refused.stdout.is_empty());
    let code = env.sandbox.next_code("alice");
    env.awsd(["exec", "long_day", "--code", &code, "--", "true"]).run().success();
    env.awsd(["exec", "hub", "--no-prompt", "--", "true"]).run().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole long_day with code", "AssumeRole hub"]);
}

/// Codes belong to whoever gives them: a question that nobody waits at any more does not take them.
#[test]
fn a_code_given_for_another_role_is_not_spent_on_it() {
    let env = guide();
    let refused = env.exec("long_day", ["true"]).run().exits(75);
    assert!(refused.stderr.contains("awsd mfa CODE"), "{}", refused.stderr);
    assert!(env.awsd(["mfa"]).run().success().stdout.contains("long_day"), "its question is still open");
    let code = env.sandbox.next_code("alice");
    let answer = env.awsd(["credential-process", "hub", "--code", &code]).expect_secrets().run();
    assert_about(life(&env, &answer.success().quiet()), HOUR);
    assert_eq!(env.new_calls(), ["GetSessionToken with code", "AssumeRole hub"]);

    // The long role needs a code as before.
    env.awsd(["exec", "long_day", "--no-prompt", "--", "true"]).run().exits(75);
    assert_eq!(env.calls(), [""; 0]);
}

#[test]
fn an_option_asks_for_it_too_and_a_short_session_is_not_handed_out_instead() {
    let env = guide();
    log_in(&env, "my_account");
    let asked = ["credential-process", "hub", "--duration", "1h", "--no-prompt"];
    env.awsd(asked).expect_secrets().run().success();
    env.sandbox.world().role_mut("arn:aws:iam::111122223333:role/hub").max_session =
        std::time::Duration::from_hours(4);
    let code = env.sandbox.next_code("alice");
    let long = ["credential-process", "hub", "--duration", "4h", "--code", &code];
    let answer = env.awsd(long).expect_secrets().run().success();
    assert_about(life(&env, &answer), 4 * HOUR);
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole hub", "AssumeRole hub with code"]);
}

#[test]
fn where_the_role_allows_less_it_is_an_hour_and_the_person_is_told() {
    let env = guide();
    let mut terminal = env.exec("too_long", ["echo", "it runs"]).terminal();
    type_code(&env, &mut terminal, "too_long");
    // That code is spent on the answer that it cannot be, which is said, as it looks like a wrong one.
    terminal.expect("AWS refuses the role for that long");
    type_code(&env, &mut terminal, "too_long");
    terminal.expect("it runs");
    let shown = terminal.wait().success().stdout;
    assert!(shown.contains("at most 1 h"), "the notice: {shown}");
    assert_eq!(
        env.new_calls(),
        ["AssumeRole my_role with code: ValidationError", "GetSessionToken with code", "AssumeRole my_role"]
    );

    // What the role allows is known now: no further code is spent on finding out.
    let warm = env.awsd(["credential-process", "too_long", "--no-prompt"]).expect_secrets().run().success();
    assert_about(life(&env, &warm), HOUR);
    assert!(env.calls().is_empty(), "{:?}", env.calls());
}

/// What was found out about a role at the price of a code is kept as long as the sessions of whoever paid.
#[test]
fn a_logout_forgets_what_is_known_of_ones_own_roles_and_of_no_others() {
    let env = guide();
    env.credentials([("my_account", "alice"), ("bobs", "bob")]);
    let mut terminal = env.exec("too_long", ["true"]).terminal();
    type_code(&env, &mut terminal, "too_long");
    terminal.expect("AWS refuses the role for that long");
    type_code(&env, &mut terminal, "too_long");
    terminal.wait().success();
    env.new_calls();

    env.awsd(["logout", "bobs"]).run().success();
    env.awsd(["exec", "too_long", "--no-prompt", "--", "true"]).run().success();
    assert!(env.calls().is_empty(), "{:?}", env.calls());

    env.awsd(["logout", "too_long"]).run().success();
    let mut terminal = env.exec("too_long", ["true"]).terminal();
    type_code(&env, &mut terminal, "too_long");
    terminal.expect("AWS refuses the role for that long");
    type_code(&env, &mut terminal, "too_long");
    terminal.wait().success();
}

#[test]
fn a_chain_is_an_hour_and_no_code_is_spent_on_finding_out() {
    let env = guide();
    log_in(&env, "my_account");
    let output = env.awsd(["exec", "spoke", "--no-prompt", "--", "true"]).run().success();
    assert!(output.stderr.contains("at most 1 h"), "the notice: {}", output.stderr);
    let calls = env.sandbox.calls();
    let asked = |call: &Call| call.parameters.get("DurationSeconds").cloned();
    assert_eq!(calls.last().and_then(asked).as_deref(), Some("3600"));
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole hub", "AssumeRole spoke"]);
}
