//! `awsd exec` becomes the command: nothing but the environment differs from running it without awsd.

use std::{
    ffi::{OsStr, OsString},
    os::unix::{ffi::OsStringExt as _, process::ExitStatusExt as _},
};

use awsd_tests::harness::{Output, Run, TestEnv, programs};

use crate::odd::{self, PROFILE, TAME_PROFILE, assert_served, environment, with_left_overs};

/// A shell's script, run by `awsd exec`.
fn script(env: &TestEnv, script: &str) -> Run {
    env.exec(PROFILE, ["/bin/sh", "-c", script])
}

fn in_shell(env: &TestEnv, script: &str) -> Output {
    env.command("/bin/sh").args(["-c", script]).env("P", PROFILE).run().success()
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let env = odd::home();
    for code in [0, 1, 2, 64, 75, 126, 127, 255] {
        script(&env, &format!("exit {code}")).run().exits(code).quiet();
    }
}

#[test]
fn what_cannot_be_run_has_the_code_of_a_shell() {
    let env = odd::home();
    let text = env.write("not-executable", "text");
    for (program, code) in [
        (text.as_os_str(), 126),
        (env.home().as_os_str(), 126),
        (OsStr::new("/nowhere/at/all"), 127),
        (OsStr::new("no-such-program"), 127),
        (OsStr::new(""), 127),
    ] {
        let output = env.exec(PROFILE, [program]).run().exits(code);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.starts_with("awsd: "), "{}", output.stderr);
    }
}

#[test]
fn awsd_becomes_the_command() {
    let env = odd::home();
    let running = script(&env, "echo $$").spawn();
    let pid = running.pid().as_raw_nonzero().to_string();
    assert_eq!(running.wait().success().quiet().stdout.trim(), pid);
}

#[test]
fn a_signal_ends_it_as_it_ends_the_command() {
    let env = odd::home();
    for (name, number) in [("TERM", 15), ("KILL", 9), ("INT", 2), ("PIPE", 13)] {
        let output = script(&env, &format!("kill -{name} $$")).run();
        assert_eq!(output.status.signal(), Some(number), "{name}");
    }
    let shown = in_shell(&env, r#"awsd exec "$P" -- sh -c 'kill -TERM $$'; echo $?"#);
    assert_eq!(shown.stdout, "143\n");
}

#[test]
fn standard_input_and_output_are_the_commands_own() {
    let env = odd::home();
    let text = "a line\n\0\u{7f} no line end ".repeat(20_000);
    let output = env.exec(PROFILE, ["cat"]).stdin(&text).run().success().quiet();
    assert!(output.stdout == text, "{} bytes of {}", output.stdout.len(), text.len());
    let output = script(&env, "echo out; echo err >&2").run().success();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
}

#[test]
fn descriptors_are_neither_added_nor_lost() {
    let env = odd::home();
    // Without a daemon, so that starting one is part of it.
    let listed = |by: &str| in_shell(&env, &format!("exec {by} ls /proc/self/fd")).stdout;
    assert_eq!(listed(r#"awsd exec "$P" --"#), listed("env"));
    let passed_on = in_shell(&env, r#"exec 7>&1; exec awsd exec "$P" -- sh -c 'echo through >&7'"#);
    assert_eq!(passed_on.stdout, "through\n");
    env.stop_daemons();
    let closed = in_shell(&env, r#"awsd exec "$P" -- sh -c 'exit 3' <&- >&- 2>&-; echo $?"#);
    assert_eq!(closed.stdout, "3\n");
    let half_closed = in_shell(&env, r#"awsd exec "$P" -- sh -c 'echo said >&2' >&- 2>&1 | cat"#);
    assert_eq!(half_closed.quiet().stdout, "");
}

/// A child that it never had would keep a shell that waits for all of its children waiting for ever.
#[test]
fn the_command_has_no_child_that_it_did_not_start() {
    let Some(python) = programs::found("AWSD_TEST_PYTHON", "python3") else { return };
    let env = odd::home();
    let wait = "import os\ntry: os.wait()\nexcept ChildProcessError: print('none')";
    let waited = env.exec(PROFILE, [python.as_os_str(), "-c".as_ref(), wait.as_ref()]).run().success();
    assert_eq!(waited.stdout, "none\n");
    assert_eq!(env.daemons().len(), 1, "it was started by this command");
}

#[test]
fn every_argument_arrives_as_it_is() {
    let env = odd::home();
    let mut arguments: Vec<OsString> =
        ["", " ", "a b", "'", "\"", "$HOME", "`id`", "\\", "\n", "*", "--", "-h", "--help", "--code", "ü"]
            .map(OsString::from)
            .to_vec();
    arguments.push(OsString::from_vec(vec![0xff, b'x', 0x80]));
    let dump = r#"for argument; do printf '%s\0' "$argument"; done | od -An -v -tx1 | tr -d ' \n'"#;
    let words = ["/bin/sh", "-c", dump, "sh"].map(OsString::from);
    let direct = env.command("/bin/sh").args(&words[1..]).args(&arguments).run().success();
    let output = env.exec(PROFILE, words).args(&arguments).run().success().quiet();
    assert_eq!(output.stdout, direct.stdout);
    assert!(output.stdout.ends_with("ff788000"), "{}", output.stdout);
}

#[test]
fn the_environment_has_the_credentials_and_nothing_left_over() {
    let env = odd::home();
    let run = env.awsd(["exec", PROFILE, "--region", "a b\n\u{1b}", "--", "env", "-0"]);
    let output = with_left_overs(run).env("OTHER", "kept").expect_secrets().run().success().quiet();
    let environment = environment(&output.stdout);
    assert_served(&environment, PROFILE, "a b\n\u{1b}", "exec");
    assert_eq!(environment["OTHER"], "kept");
}

#[test]
fn signals_are_handled_as_they_were() {
    let env = odd::home();
    for before in ["", "trap '' HUP USR1; "] {
        let signals = |by: &str| {
            let script = format!("{before}exec {by} grep '^Sig[BI]' /proc/self/status");
            in_shell(&env, &script).stdout
        };
        assert_eq!(signals(r#"awsd exec "$P" --"#), signals("env"), "{before:?}");
    }
    // Of all signals the one that matters most: without it, `yes` would complain.
    script(&env, "yes | head -n 1").run().success().quiet();
}

#[test]
fn exec_within_exec_is_the_inner_profile() {
    let env = odd::home();
    let inner = ["awsd", "exec", TAME_PROFILE, "--region", "eu-west-1", "--", "env", "-0"];
    let output = env.exec(PROFILE, inner).expect_secrets().run().success().quiet();
    assert_served(&environment(&output.stdout), TAME_PROFILE, "eu-west-1", "exec within exec");
}

#[test]
fn without_a_command_it_is_the_persons_shell() {
    let env = odd::home();
    let shell = env.awsd(["exec", TAME_PROFILE]).env("SHELL", "/bin/sh");
    let output = shell.stdin("echo $AWSD_PROFILE; exit 5\n").run().exits(5).quiet();
    assert_eq!(output.stdout, format!("{TAME_PROFILE}\n"));
}

#[test]
fn the_command_is_not_run_without_credentials() {
    let env = TestEnv::guide();
    for (profile, code, says) in
        [("my_resource_account", 75, "awsd mfa"), ("my_resource_acount", 1, "my_resource_account")]
    {
        let output = env.exec(profile, ["echo", "run"]).run().exits(code);
        assert_eq!(output.stdout, "", "{profile}");
        assert!(output.stderr.contains(says), "{profile}: {}", output.stderr);
    }
    assert_eq!(env.awsd(["exec", "my_resource_account", "echo", "run"]).run().exits(64).stdout, "");
}
