//! Codes that are not good enough: asked for again in place, with the reason, and never more often than AWS looks.

use awsd_tests::{
    harness::{Terminal, TestEnv},
    sandbox::{
        Fault,
        guide::{DEVELOPER, LONG_DAY, READER},
    },
};
use jiff::SignedDuration;

/// AWS counts codes in windows of this many seconds.
const WINDOW: i64 = 180;

/// What awsd sends of a window's nine codes at most.
const TRIES: usize = 8;

fn config() -> String {
    format!(
        "[profile my_account]
mfa_serial = arn:aws:iam::111122223333:mfa/alice

[profile developer]
role_arn = {DEVELOPER}
source_profile = my_account

[profile long_day]
role_arn = {LONG_DAY}
source_profile = my_account
duration_seconds = 43200

[profile reader]
role_arn = {READER}
source_profile = plain

[profile plain]

[profile second_reader]
role_arn = {READER}
source_profile = plain
role_session_name = once-more
"
    )
}

fn guide() -> TestEnv {
    let env = TestEnv::guide();
    env.config(&config());
    env.credentials([("my_account", "alice"), ("plain", "bob")]);
    env
}

fn at_the_prompt(env: &TestEnv, profile: &str) -> Terminal {
    let mut terminal = env.exec(profile, ["echo", "it runs"]).terminal();
    terminal.expect(&prompt(profile));
    terminal
}

fn prompt(profile: &str) -> String {
    format!("MFA code for alice ({profile}): ")
}

/// Types something that will not do; the reason is shown, and the prompt again, without what was typed.
#[track_caller]
fn refused(terminal: &mut Terminal, typed: &str, reason: &str, profile: &str) {
    terminal.send_line(typed);
    terminal.expect(reason);
    terminal.expect(&prompt(profile));
    assert!(!terminal.echoes(), "the next code could be read over the shoulder");
    assert!(!terminal.shown().contains(typed), "{}", terminal.shown());
}

#[test]
fn what_is_no_code_is_asked_for_again_and_never_sent() {
    let env = guide();
    let mut terminal = at_the_prompt(&env, "developer");
    for typed in ["12345", "1234567", "abcdef", "12345x", "١٢٣٤٥٦"] {
        refused(&mut terminal, typed, "an MFA code has six digits", "developer");
    }
    assert!(env.calls().is_empty(), "{:?}", env.calls());
    // As people type it, and as phones show it.
    let code = env.sandbox.next_code("alice");
    let (front, back) = code.split_at(3);
    terminal.send_line(&format!(" {front} {back} "));
    terminal.expect("it runs");
    assert!(terminal.echoes());
    terminal.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
}

#[test]
fn a_wrong_code_is_asked_for_again_and_the_same_one_is_not_sent_twice() {
    let env = guide();
    let mut terminal = at_the_prompt(&env, "developer");
    let wrong = env.sandbox.wrong_code("alice");
    refused(&mut terminal, &wrong, "AWS did not accept that code", "developer");
    refused(&mut terminal, &wrong, "that code has been used", "developer");
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
    terminal.wait().success();
    assert_eq!(
        env.calls(),
        ["GetSessionToken with code: AccessDenied", "GetSessionToken with code", "AssumeRole developer"]
    );
}

#[test]
fn a_code_that_aws_may_have_taken_counts_as_spent() {
    let env = guide();
    let mut terminal = at_the_prompt(&env, "developer");
    env.sandbox.world().fail("GetSessionToken", Fault::AnswerLost);
    let code = env.sandbox.next_code("alice");
    refused(&mut terminal, &code, "it counts as used", "developer");
    refused(&mut terminal, &code, "that code has been used", "developer");
    type_code_again(&env, &mut terminal);
    assert_eq!(
        env.calls(),
        ["GetSessionToken with code: AnswerLost", "GetSessionToken with code", "AssumeRole developer"]
    );
}

/// A code that another tool has used is refused by AWS, which counts it; awsd cannot know before.
#[test]
fn a_code_that_another_tool_has_used_is_refused_with_the_likely_reason() {
    let env = guide();
    let mut terminal = at_the_prompt(&env, "developer");
    let code = env.sandbox.next_code("alice");
    {
        let mut world = env.sandbox.world();
        let now = world.now();
        let device = world.user_mut("alice").devices.first_mut().unwrap();
        device.verify(&code, now).expect("a code of this device");
    }
    refused(&mut terminal, &code, "used before", "developer");
    type_code_again(&env, &mut terminal);
}

fn type_code_again(env: &TestEnv, terminal: &mut Terminal) {
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
}

/// A whole window is left, and a call without a code tells the daemon what AWS's clock says: so much more than this one.
fn at_the_start_of_a_window(env: &TestEnv) -> SignedDuration {
    let into_the_window = env.sandbox.world().now().as_second().rem_euclid(WINDOW);
    let ahead = SignedDuration::from_secs(WINDOW - into_the_window);
    env.sandbox.world().set_clock_offset(ahead);
    env.exec("reader", ["true"]).run().success();
    ahead
}

/// AWS looks at nine codes in each window, which begins at a full three minutes of its clock.
#[test]
fn awsd_stops_before_aws_does_and_says_when_to_go_on() {
    let env = guide();
    let ahead = at_the_start_of_a_window(&env);
    let mut terminal = at_the_prompt(&env, "developer");
    let wrong = env.sandbox.wrong_codes("alice", TRIES + 1);
    for code in &wrong[..TRIES] {
        refused(&mut terminal, code, "AWS did not accept that code", "developer");
    }
    for _ in 0..3 {
        refused(&mut terminal, &wrong[TRIES], "would refuse even a right one; go on in ", "developer");
    }
    let right = env.sandbox.next_code("alice");
    let elsewhere = env.awsd(["mfa", &right]).run().exits(75);
    assert!(elsewhere.stderr.contains("go on in "), "{}", elsewhere.stderr);
    assert_eq!(env.sandbox.count("GetSessionToken"), TRIES, "one try is left for the person's other tools");

    // The next window.
    env.sandbox.world().set_clock_offset(ahead + SignedDuration::from_secs(WINDOW));
    env.exec("second_reader", ["true"]).run().success();
    type_code_again(&env, &mut terminal);
    terminal.wait().success();
    assert_eq!(env.sandbox.count("GetSessionToken"), TRIES + 1);
}

/// AWS says the same as of a device that is not the user's.
#[test]
fn where_another_tool_has_used_up_the_tries_the_next_code_waits_for_the_next_window() {
    let env = guide();
    let ahead = at_the_start_of_a_window(&env);
    let wrong = env.sandbox.wrong_codes("alice", TRIES + 1);
    {
        let mut world = env.sandbox.world();
        let now = world.now();
        let device = world.user_mut("alice").devices.first_mut().unwrap();
        for code in &wrong {
            device.verify(code, now).expect_err("a wrong code");
        }
    }
    env.new_calls();
    let mut terminal = at_the_prompt(&env, "developer");
    let code = env.sandbox.next_code("alice");
    refused(&mut terminal, &code, "AWS checks no codes of this device for now", "developer");
    let elsewhere = env.awsd(["mfa", &wrong[0]]).run().exits(75);
    assert!(elsewhere.stderr.contains("go on in "), "{}", elsewhere.stderr);
    assert_eq!(env.new_calls(), ["GetSessionToken with code: AccessDenied", "ListMFADevices"]);

    env.sandbox.world().set_clock_offset(ahead + SignedDuration::from_secs(WINDOW));
    env.exec("second_reader", ["true"]).run().success();
    type_code_again(&env, &mut terminal);
}

#[test]
fn a_login_to_several_gives_its_code_to_the_one_that_needs_it() {
    let env = guide();
    let login =
        |code: &str| env.awsd(["login", "developer", "long_day", "--no-prompt", "--code", code]).run();
    let developers = login(&env.sandbox.next_code("alice")).exits(75);
    assert!(developers.stderr.contains("needed for long_day"), "{}", developers.stderr);
    assert_eq!(env.new_calls(), ["GetSessionToken with code", "AssumeRole developer"]);
    login(&env.sandbox.next_code("alice")).success().quiet();
    assert_eq!(env.new_calls(), ["AssumeRole long_day with code"]);
    let unused = login(&env.sandbox.next_code("alice")).success();
    assert!(
        unused.stderr.contains("long_day needed no code: the one you gave can still be used"),
        "{}",
        unused.stderr
    );
    assert!(env.calls().is_empty(), "{:?}", env.calls());
}

#[test]
fn two_calls_of_one_device_get_two_codes_one_after_the_other() {
    let env = guide();
    let mut long = at_the_prompt(&env, "long_day");
    let mut short = env.exec("developer", ["echo", "it runs"]).terminal();
    // One question, asked in both terminals in the name of the one that was first.
    short.expect(&prompt("long_day"));
    let first = env.sandbox.next_code("alice");
    short.send_line(&first);
    // A code belongs to one call: that of the one that was first.
    long.expect("it runs");
    long.wait().success();
    short.expect("another call needs a code of its own: type the next one");
    // From now on it is asked in the name of the one that still waits.
    short.expect(&prompt("developer"));
    refused(&mut short, &first, "that code has been used", "developer");
    assert_eq!(env.new_calls(), ["AssumeRole long_day with code"]);
    type_code_again(&env, &mut short);
    short.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
}
