//! Which MFA device is asked for a code, and that nobody is asked for nothing.

use awsd_tests::{
    harness::TestEnv,
    sandbox::guide::{MY_ROLE, READER},
};

use crate::people::type_code;

const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";

/// A role of the guide with these lines in its own profile, and these in that of its source.
fn guide_with(role_lines: &str, source_lines: &str) -> TestEnv {
    let env = TestEnv::guide();
    env.config(&format!(
        "[profile my_resource_account]\nrole_arn = {MY_ROLE}\nsource_profile = my_account\n{role_lines}\n\
         [profile my_account]\n{source_lines}\n"
    ));
    env
}

/// Runs a command that a code is typed for.
#[track_caller]
fn run_with_code(env: &TestEnv) {
    let mut terminal = env.exec("my_resource_account", ["echo", "it runs"]).terminal();
    type_code(env, &mut terminal, "my_resource_account");
    terminal.expect("it runs");
    terminal.wait().success();
}

#[test]
fn the_line_may_stand_in_the_roles_profile_or_in_its_sources() {
    for (role_lines, source_lines) in [
        (format!("mfa_serial = {SERIAL}"), String::new()),
        (String::new(), format!("mfa_serial = {SERIAL}")),
        (String::new(), format!("mfa_arn = {SERIAL}")),
    ] {
        let env = guide_with(&role_lines, &source_lines);
        run_with_code(&env);
        assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
    }
}

#[test]
fn without_any_line_the_device_is_looked_up_once_ever() {
    let env = guide_with("", "");
    run_with_code(&env);
    assert_eq!(
        env.new_calls(),
        [
            "AssumeRole my_role: AccessDenied",
            "ListMFADevices",
            "GetSessionToken with code",
            "AssumeRole my_role"
        ]
    );
    // The next daemon knows it.
    env.awsd(["daemon", "stop"]).run().success();
    run_with_code(&env);
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
}

#[test]
fn a_role_that_needs_no_mfa_asks_for_nothing() {
    let env = TestEnv::guide();
    env.config(&format!("[profile reader]\nrole_arn = {READER}\nsource_profile = my_account\n"));
    let mut terminal = env.exec("reader", ["echo", "it runs"]).terminal();
    terminal.expect("it runs");
    assert_eq!(terminal.wait().success().stdout, "it runs\r\n");
    assert_eq!(env.calls(), ["AssumeRole reader"]);
}

#[test]
fn where_the_lookup_is_denied_the_line_to_add_is_named() {
    let env = guide_with("", "");
    env.sandbox.world().user_mut("alice").denied.insert("iam:ListMFADevices".to_owned());
    let refused = env.exec("my_resource_account", ["true"]).run().exits(1);
    assert!(refused.stderr.contains("mfa_serial = "), "{}", refused.stderr);
    assert_eq!(env.calls(), ["AssumeRole my_role: AccessDenied", "ListMFADevices: AccessDenied"]);
}

#[test]
fn without_a_terminal_it_says_at_once_what_to_do_and_that_works() {
    let env = TestEnv::guide();
    let refused = env.exec("my_resource_account", ["true"]).run().exits(75);
    assert!(refused.stderr.contains("awsd mfa CODE"), "{}", refused.stderr);
    assert!(env.calls().is_empty(), "{:?}", env.calls());
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    env.exec("my_resource_account", ["true"]).run().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole my_role"]);
}

#[test]
fn of_several_devices_none_is_chosen_and_the_line_to_add_is_named() {
    let env = TestEnv::guide();
    env.credentials([("carols", "carol")]);
    env.config(&format!("[profile work]\nrole_arn = {MY_ROLE}\nsource_profile = carols\n"));
    let refused = env.exec("work", ["true"]).run().exits(1);
    for words in [
        "mfa/carol-phone, arn:aws:iam::111122223333:mfa/carol-tablet",
        "add the line mfa_serial = arn:aws:iam::111122223333:mfa/carol-phone to the profile",
    ] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    assert_eq!(env.calls(), ["AssumeRole my_role: AccessDenied", "ListMFADevices"]);
}
