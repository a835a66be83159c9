//! `awsd exec` and `awsd login` without a profile: a person is asked which, a program is refused.

use crate::{
    people::{log_in, type_code},
    profiles::alice,
};

const ASKED: &str = "Which profile? ";

#[test]
fn a_person_chooses_by_number_or_name_and_what_was_used_last_comes_first() {
    let env = alice();
    log_in(&env, "hub");
    log_in(&env, "my_role");
    let exec = || env.awsd(["exec", "--", "sh", "-c", "echo =$AWSD_PROFILE="]).terminal();
    let mut terminal = exec();
    for line in ["  1  my_role", "  2  hub", "  3  my_account", ASKED] {
        terminal.expect(line);
    }
    terminal.send_line("9");
    terminal.expect("no profile has 9 in its name");
    terminal.expect(ASKED);
    terminal.send_line("2");
    terminal.expect("=hub=");
    terminal.wait().success();

    let mut terminal = exec();
    terminal.expect("  1  hub");
    terminal.expect(ASKED);
    terminal.send_line("role");
    terminal.expect("=my_role=");
    terminal.wait().success();
}

#[test]
fn a_code_is_asked_for_after_the_profile() {
    let env = alice();
    let mut terminal = env.awsd(["login"]).terminal();
    terminal.expect(ASKED);
    terminal.send_line("developer");
    type_code(&env, &mut terminal, "developer");
    terminal.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code", "AssumeRole developer"]);
}

#[test]
fn whoever_does_not_choose_ends_it() {
    let env = alice();
    for (keys, code) in [("\x04", Some(75)), ("\x03", None)] {
        let mut terminal = env.awsd(["exec", "--", "true"]).terminal();
        terminal.expect(ASKED);
        terminal.send(keys);
        assert_eq!(terminal.wait().status.code(), code, "{keys:?}");
    }
    assert!(env.calls().is_empty());
}

#[test]
fn a_program_is_refused() {
    let env = alice();
    for arguments in [&["exec"][..], &["exec", "--", "true"], &["login"]] {
        let refused = env.awsd(arguments).run().exits(64);
        assert!(refused.stderr.contains("no profile is named") && refused.stderr.contains("awsd list"));
    }
    let mut terminal = env.awsd(["login", "--no-prompt"]).terminal();
    terminal.expect("no profile is named");
    terminal.wait().exits(64);
    assert!(env.daemons().is_empty());
}
