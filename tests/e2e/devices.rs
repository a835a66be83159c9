//! Which MFA device is asked for a code, and that nobody is asked for nothing.

use awsd_tests::{
    harness::{Terminal, TestEnv},
    sandbox::guide::{MY_ROLE, READER},
};
use serde_json::json;

use crate::people::type_code;
use crate::wire::{refusal, say};

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

/// Gives a right code of alice's for a device whose name has a typing mistake. AWS says only that it cannot check it.
#[track_caller]
fn with_a_mistyped_device(env: &TestEnv) -> String {
    let code = env.sandbox.next_code("alice");
    let refused = env.awsd(["exec", "my_resource_account", "--code", &code, "--", "true"]).run().exits(1);
    assert_eq!(env.calls().first().map(String::as_str), Some("GetSessionToken with code: AccessDenied"));
    refused.stderr
}

const MISTYPED: &str = "mfa_serial = arn:aws:iam::111122223333:mfa/alcie\n";

#[test]
fn a_device_that_is_not_the_users_is_told_with_the_one_that_is() {
    let env = guide_with(MISTYPED, "");
    let told = with_a_mistyped_device(&env);
    for words in [
        "mfa/alcie is not an MFA device of the user of my_resource_account, who has arn:aws:iam::111122223333:mfa/alice",
        "write mfa_serial = arn:aws:iam::111122223333:mfa/alice",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(env.calls()[1..], ["ListMFADevices"]);
}

#[test]
fn a_device_that_cannot_be_looked_up_is_told_with_both_causes() {
    let env = guide_with(MISTYPED, "");
    env.sandbox.world().user_mut("alice").denied.insert("iam:ListMFADevices".to_owned());
    let told = with_a_mistyped_device(&env);
    for words in
        ["mfa/alcie: it is not a device of this user, or too many codes were tried", "compare mfa_serial"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(env.calls()[1..], ["ListMFADevices: AccessDenied"]);
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

/// A role of carol's, who has two devices and no line that names one.
fn carols() -> TestEnv {
    let env = TestEnv::guide();
    env.credentials([("carols", "carol")]);
    env.config(&format!("[profile work]\nrole_arn = {MY_ROLE}\nsource_profile = carols\n"));
    env
}

const LIST: &str = "work can use several MFA devices:\r\n  1  carol-phone\r\n  2  carol-tablet\r\n";
const WHICH: &str = "Which MFA device? [1-2]: ";

/// The calls that end with the list.
const LOOKED_UP: [&str; 2] = ["AssumeRole my_role: AccessDenied", "ListMFADevices"];
/// The calls that follow the right code.
const SIGNED_IN: [&str; 2] = ["GetSessionToken with code", "AssumeRole my_role"];

/// A shell in a terminal of its own that runs a command with carol's role, says how it ended, and stays.
fn shell(env: &TestEnv) -> Terminal {
    let script = "trap : INT; awsd exec work -- echo it runs; echo \"ended with $?\"; read line";
    env.command("/bin/sh").args(["-c", script]).terminal()
}

/// Looks at the list and chooses.
#[track_caller]
fn choose(terminal: &mut Terminal, number: &str) {
    terminal.expect(LIST);
    terminal.expect(WHICH);
    assert!(terminal.echoes(), "the person sees what is typed");
    terminal.send_line(number);
}

/// Types the code of carol's second device.
#[track_caller]
fn type_tablet_code(env: &TestEnv, terminal: &mut Terminal) {
    terminal.expect("MFA code for carol-tablet (work): ");
    assert!(!terminal.echoes());
    let code = {
        let world = env.sandbox.world();
        world.user("carol").devices[1].unused_code(world.now()).expect("a code that was not used yet")
    };
    terminal.send_line(&code);
}

#[test]
fn without_a_terminal_several_devices_are_refused_with_the_line_to_add() {
    let env = carols();
    let refused = env.exec("work", ["true"]).run().exits(1);
    for words in [
        "mfa/carol-phone, arn:aws:iam::111122223333:mfa/carol-tablet",
        "add the line mfa_serial = arn:aws:iam::111122223333:mfa/carol-phone to the profile",
        "or choose at a terminal: awsd login work",
    ] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    assert_eq!(env.calls(), LOOKED_UP);
}

/// Such as one that is older than the event: it would not know what to do with it.
#[test]
fn a_client_that_does_not_say_that_it_shows_lists_is_refused_as_well() {
    let env = carols();
    env.awsd(["daemon", "start"]).run().success();
    let file = |name| env.home().join(".aws").join(name);
    let context = json!({"config_file": file("config"), "credentials_file": file("credentials"),
                         "endpoint_url": env.sandbox.url()});
    let request = json!({"protocol": 1, "request": "login", "profile": "work", "context": context,
                         "prompting": {"terminal": true}});
    assert_eq!(refusal(&say(&env, format!("{request}\n").as_bytes())), "bad-device");
}

#[test]
fn of_several_devices_the_person_chooses_one_and_it_is_remembered() {
    let env = carols();
    let mut terminal = shell(&env);
    choose(&mut terminal, "3");
    terminal.expect("type a number from 1 to 2\r\n");
    choose(&mut terminal, "2");
    type_tablet_code(&env, &mut terminal);
    terminal.expect("it runs\r\nended with 0");
    assert!(terminal.echoes());
    assert_eq!(env.new_calls(), [LOOKED_UP, SIGNED_IN].concat());

    env.awsd(["daemon", "restart"]).run().success();
    let mut terminal = shell(&env);
    type_tablet_code(&env, &mut terminal);
    terminal.expect("it runs\r\nended with 0");
    assert!(!terminal.shown().contains(WHICH), "{}", terminal.shown());
    assert_eq!(env.calls(), SIGNED_IN);
}

#[test]
fn a_list_disappears_when_another_terminal_chooses() {
    let env = carols();
    let [mut first, mut second] = [shell(&env), shell(&env)];
    first.expect(LIST);
    first.expect(WHICH);
    choose(&mut second, "2");
    // Three lines up, and from there on nothing.
    first.expect("\r\x1b[3A\x1b[JMFA code for carol-tablet (work): ");
    type_tablet_code(&env, &mut second);
    for terminal in [&mut first, &mut second] {
        terminal.expect("it runs\r\nended with 0");
        assert!(terminal.echoes());
    }
    assert_eq!(env.calls().iter().filter(|call| **call == "GetSessionToken with code").count(), 1);
}

/// Behind an empty line the list is further up than the prompt can know.
#[test]
fn after_an_empty_line_the_list_stays_and_the_question_goes() {
    let env = carols();
    let [mut first, mut second] = [shell(&env), shell(&env)];
    first.expect(LIST);
    first.expect(WHICH);
    first.send_line("");
    first.expect(WHICH);
    choose(&mut second, "2");
    first.expect("\r\x1b[KMFA code for carol-tablet (work): ");
    type_tablet_code(&env, &mut second);
    first.expect("it runs\r\nended with 0");
}

#[test]
fn a_wrong_pick_does_not_stick() {
    let env = carols();
    let mut terminal = shell(&env);
    choose(&mut terminal, "1");
    terminal.expect("MFA code for carol-phone (work): ");
    terminal.send("\x03");
    terminal.expect("ended with 130");
    let mut terminal = shell(&env);
    choose(&mut terminal, "2");
    type_tablet_code(&env, &mut terminal);
    terminal.expect("it runs");
}

#[test]
fn who_gives_up_choosing_finds_the_terminal_as_it_was() {
    for (key, end) in [("\x03", "ended with 130"), ("\x04", "ended with 75")] {
        let env = carols();
        let mut terminal = shell(&env);
        terminal.expect(WHICH);
        terminal.send(key);
        terminal.expect(end);
        assert!(terminal.echoes());
        assert_eq!(env.calls(), LOOKED_UP);
    }
}

#[test]
fn who_waits_for_a_choice_waits_as_long_as_was_said() {
    let env = carols();
    let terminal = env.awsd(["exec", "work", "--wait", "1s", "--", "true"]).terminal();
    let shown = terminal.wait().exits(75).stdout;
    assert!(shown.contains(WHICH) && shown.contains("nobody said in time which one to use"), "{shown}");
}
