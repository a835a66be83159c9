//! `awsd init`: in a shell that has evaluated it, AWS programs need no more than a profile.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use awsd_tests::harness::{Run, Terminal, TestEnv, programs};

use crate::{
    people::{log_in, type_code},
    profiles::alice,
};

/// A shell: the variable that says where it is, its name, what it evaluates at its start, and the options by which it reads
/// nobody's settings.
#[derive(Clone, Copy)]
pub(crate) struct Shell {
    variable: &'static str,
    name: &'static str,
    pub(crate) start: &'static str,
    bare: &'static [&'static str],
}

pub(crate) const BASH: Shell = Shell {
    variable: "AWSD_TEST_BASH",
    name: "bash",
    start: "eval \"$(awsd init bash)\"",
    bare: &["--norc", "--noprofile"],
};
pub(crate) const ZSH: Shell =
    Shell { variable: "AWSD_TEST_ZSH", name: "zsh", start: "eval \"$(awsd init zsh)\"", bare: &["-f"] };
pub(crate) const FISH: Shell = Shell {
    variable: "AWSD_TEST_FISH",
    name: "fish",
    start: "awsd init fish | source",
    bare: &["--no-config"],
};
pub(crate) const DASH: Shell =
    Shell { variable: "AWSD_TEST_DASH", name: "dash", start: "eval \"$(awsd init sh)\"", bare: &[] };

impl Shell {
    /// Where it is; none, after saying so, where it is not there.
    pub(crate) fn found(self) -> Option<PathBuf> {
        programs::found(self.variable, self.name)
    }

    /// It runs a script that begins as every shell of the person's does.
    pub(crate) fn script(self, env: &TestEnv, script: &str) -> Option<Run> {
        let script = format!("{}\n{script}", self.start);
        Some(env.command(self.found()?).args(self.bare).args(["-c", &script]))
    }

    /// The person sits before it, and it has evaluated what it should.
    pub(crate) fn interactive(self, env: &TestEnv) -> Option<Terminal> {
        let mut terminal = env.command(self.found()?).args(self.bare).env("PS1", "$ ").terminal();
        terminal.send_line(self.start);
        // What is typed is shown as well: the quotes tell it from what is printed.
        terminal.send_line("echo rea''dy");
        terminal.expect("ready");
        Some(terminal)
    }
}

/// What the guide says.
const GUIDES_LINE: &str =
    "AWS_PROFILE=\"my_resource_account\" aws --region eu-central-1 ec2 describe-instances";

const WHO: &str = "aws sts get-caller-identity --query Arn --output text --region us-west-2";
const MY_ROLE: &str = "arn:aws:sts::444455556666:assumed-role/my_role/awsd-tester";
const DEVELOPER: &str = "arn:aws:sts::111122223333:assumed-role/developer/awsd-tester";

#[test]
fn the_guides_own_line_works_in_every_shell() {
    if programs::aws().is_none() {
        return;
    }
    for shell in [BASH, ZSH, FISH, DASH] {
        let env = TestEnv::guide();
        log_in(&env, "my_resource_account");
        env.new_calls(); // of the login, which has made the role's session as well
        let Some(run) = shell.script(&env, GUIDES_LINE) else { continue };
        let shown = run.run().success().quiet().stdout;
        assert!(shown.contains("\"Reservations\""), "{}: {shown}", shell.name);
        assert_eq!(env.calls(), ["DescribeInstances"], "{}", shell.name);
    }
}

#[test]
fn every_profile_works_in_one_shell_and_in_what_it_starts() {
    if programs::aws().is_none() {
        return;
    }
    let env = alice();
    log_in(&env, "my_role");
    let script = format!("export AWS_PROFILE=my_role\n{WHO}; {WHO} --profile developer; sh -c '{WHO}'");
    let output = BASH.script(&env, &script).unwrap().run().success().quiet();
    assert_eq!(output.stdout.lines().collect::<Vec<_>>(), [MY_ROLE, DEVELOPER, MY_ROLE]);
}

#[test]
fn a_code_is_asked_for_where_the_person_is() {
    if programs::aws().is_none() {
        return;
    }
    let env = alice();
    let mut terminal = BASH.interactive(&env).unwrap();
    terminal.send_line(&format!("AWS_PROFILE=my_role {WHO}"));
    type_code(&env, &mut terminal, "my_role");
    terminal.expect(MY_ROLE);
    terminal.send_line("exit");
    terminal.wait().success();
}

/// Adds a profile to a file of the person's, as an editor does: a new file in the place of the old one.
fn add_profile(env: &TestEnv, name: &str) {
    let file = env.home().join(".aws/config");
    let text = fs::read_to_string(&file).unwrap();
    let role = "role_arn = arn:aws:iam::444455556666:role/my_role\nsource_profile = my_account";
    fs::write(file.with_extension("new"), format!("{text}\n[profile {name}]\n{role}\n")).unwrap();
    fs::rename(file.with_extension("new"), file).unwrap();
}

#[test]
fn the_next_command_sees_what_an_editor_has_changed() {
    for shell in [BASH, ZSH, FISH] {
        let env = alice();
        let Some(mut terminal) = shell.interactive(&env) else { continue };
        // Each is seen by the very next command, although the prompt was there before.
        for name in ["second", "third"] {
            add_profile(&env, name);
            terminal.send_line(&format!("command grep -A1 '[p]rofile {name}' $AWS_CONFIG_FILE"));
            terminal.expect(&format!("[profile {name}]"));
            terminal.expect("credential_process");
        }
        terminal.send_line("exit");
        terminal.wait().success();
    }
}

#[test]
fn what_has_no_prompt_sees_it_once_it_needs_credentials() {
    let env = alice();
    log_in(&env, "my_role");
    let script = "awsd credential-process my_role >/dev/null && cat $AWS_CONFIG_FILE";
    let made = DASH.script(&env, "echo $AWS_CONFIG_FILE").unwrap().run().success().quiet().stdout;
    add_profile(&env, "second");
    assert!(!fs::read_to_string(made.trim()).unwrap().contains("[profile second]"));
    // The environment of a program that was started before the edit.
    let own = env.home().join(".aws");
    let program = env.command("sh").args(["-c", script]).env("AWS_CONFIG_FILE", made.trim());
    let program = program.env("AWSD_SOURCE_CONFIG_FILE", own.join("config"));
    assert!(program.run().success().quiet().stdout.contains("[profile second]"));
}

#[test]
fn what_changes_the_files_gets_the_persons_own() {
    if programs::aws().is_none() {
        return;
    }
    for shell in [BASH, ZSH, FISH] {
        let env = alice();
        let script = "aws configure set region eu-north-1 --profile developer
            aws --profile my_account configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE
            aws configure get role_arn --profile developer
            grep -c AKIA $AWS_SHARED_CREDENTIALS_FILE";
        let Some(run) = shell.script(&env, script) else { continue };
        let output = run.run();
        assert_eq!(output.stdout, "arn:aws:iam::111122223333:role/developer\n0\n", "{}", output.stderr);
        let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
        assert!(config.contains("region = eu-north-1"), "{config}");
        let credentials = fs::read_to_string(env.home().join(".aws/credentials")).unwrap();
        assert!(credentials.contains("AKIAIOSFODNN7EXAMPLE"), "{}", shell.name);
    }
}

/// A program of this name writes where `AWS_SHARED_CREDENTIALS_FILE` says.
#[test]
fn saml2aws_writes_into_the_persons_own_file() {
    for shell in [BASH, ZSH, FISH] {
        let env = alice();
        let program = "#!/bin/sh\necho \"# $*\" >>\"$AWS_SHARED_CREDENTIALS_FILE\"\n";
        let program = env.write("bin/saml2aws", program);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let Some(path) = shell.found() else { continue };
        let script = format!("{}\nsaml2aws login -a 'x y'", shell.start);
        let with_program = ["-c", "PATH=$HOME/bin:$PATH exec \"$@\"", "sh"];
        let run = env.command("sh").args(with_program).args([path]).args(shell.bare).args(["-c", &script]);
        run.run().success().quiet();
        let own = fs::read_to_string(env.home().join(".aws/credentials")).unwrap();
        assert!(own.ends_with("# login -a x y\n"), "{}", shell.name);
    }
}

#[test]
fn other_programs_are_led_by_name() {
    let env = alice();
    let own = env.home().join(".aws/credentials");
    let shown = "awsd with-own-files sh -c 'echo $AWS_SHARED_CREDENTIALS_FILE $AWSD_SOURCE_CONFIG_FILE'";
    let output = BASH.script(&env, shown).unwrap().run().success().quiet();
    assert_eq!(output.stdout.trim(), own.to_str().unwrap());
    let missing = env.awsd(["with-own-files", "awsd-has-no-such-program"]).run().exits(127);
    assert!(missing.stderr.contains("was not found"), "{}", missing.stderr);
}
