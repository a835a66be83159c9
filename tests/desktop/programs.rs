//! `mfa_process`: a program that gives the code. Nobody is asked while it is about to.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use awsd_tests::harness::{TestEnv, desktop::Server};
use rustix::process::{Pid, test_kill_process};

use crate::questions::{CALLS, REPLY, guide, waiting};

/// For a program to end on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(1);

/// A person whose codes come from this shell script, named `key`.
fn with_program(script: &str) -> TestEnv {
    let env = guide();
    let program = env.write("key", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("it is ours");
    let config = env.home().join(".aws/config");
    let text = fs::read_to_string(&config).expect("it was written");
    let process = format!("[profile my_account]\nmfa_process = {}\n", program.display());
    env.config(&text.replace("[profile my_account]\n", &process));
    env
}

/// Has the program print what is written into the pipe that is returned, and wait for it until then.
fn that_waits() -> (TestEnv, std::path::PathBuf) {
    let env = with_program("exec cat \"$HOME/touch\"");
    let pipe = env.home().join("touch");
    env.command("mkfifo").args([&pipe]).run().success();
    (env, pipe)
}

#[test]
fn a_program_gives_the_code_and_nobody_is_asked() {
    let mut env = with_program("exec cat \"$HOME/code\"");
    env.write("code", env.sandbox.next_code("alice") + "\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    assert_eq!(waiting(&env).wait().success().quiet().stdout, "it runs\n");
    assert!(desktop.notifications().is_empty());
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_program_is_enough_where_nobody_could_be_asked() {
    let env = with_program("exec cat \"$HOME/code\"");
    env.write("code", env.sandbox.next_code("alice") + "\n");
    assert_eq!(waiting(&env).wait().success().quiet().stdout, "it runs\n");
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn of_a_program_that_waits_for_a_touch_the_desktop_is_told() {
    let (mut env, pipe) = that_waits();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification_with("touch of your security key");
    fs::write(pipe, env.sandbox.next_code("alice")).expect("the program reads");
    client.wait().success();
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn of_a_program_that_waits_for_a_touch_the_terminal_is_told() {
    let (env, pipe) = that_waits();
    let mut terminal = env.exec("developer", ["echo", "it runs"]).terminal();
    terminal.expect("touch of your security key");
    terminal.expect("MFA code for alice (developer)");
    fs::write(pipe, env.sandbox.next_code("alice")).expect("the program reads");
    terminal.expect("it runs");
    assert!(terminal.echoes());
    terminal.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn who_does_not_want_to_touch_types_instead() {
    let (mut env, _pipe) = that_waits();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification_with("touch of your security key");
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn where_a_program_fails_people_are_asked_and_told_why() {
    for (script, why) in [
        ("echo 'no key found' >&2; exit 3", "no key found"),
        ("echo hunter2", "mfa_process printed is no code"),
    ] {
        let mut env = with_program(script);
        let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
        let client = waiting(&env);
        let asked = desktop.notification_with(why);
        assert!(!asked.body.contains("hunter2"), "{asked:?}");
        desktop.reply(&env.sandbox.next_code("alice"));
        client.wait().success();
        assert_eq!(env.calls(), CALLS);
    }
}

/// The number that a program writes once it has begun, which may be after it is said that it is slow.
fn pid_in(path: &Path) -> Pid {
    let start = Instant::now();
    loop {
        let written = fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'));
        if let Some(pid) = written.and_then(|text| text.trim().parse().ok()).and_then(Pid::from_raw) {
            return pid;
        }
        assert!(start.elapsed() < PATIENCE, "the program has not begun");
        thread::yield_now();
    }
}

#[test]
fn a_program_ends_with_the_last_who_waits_for_it() {
    let env = with_program("echo $$ >\"$HOME/pid\"; exec sleep 1000");
    let mut terminal = env.exec("developer", ["echo", "it runs"]).terminal();
    terminal.expect("touch of your security key");
    let pid = pid_in(&env.home().join("pid"));
    terminal.send("\x03");
    assert_eq!(terminal.wait().status.signal(), Some(2));
    let start = Instant::now();
    while test_kill_process(pid).is_ok() {
        assert!(start.elapsed() < PATIENCE, "the program still runs");
        thread::yield_now();
    }
    assert!(env.calls().is_empty());
}

#[test]
fn who_waits_for_a_programs_next_code_is_told_when_it_comes() {
    let env = with_program("exec cat \"$HOME/code\"");
    env.write("code", env.sandbox.next_code("alice") + "\n");
    waiting(&env).wait().success();
    env.awsd(["logout", "--all"]).run().success();
    let mut terminal = env.exec("developer", ["echo", "it runs"]).terminal();
    terminal.expect("the next code of mfa_process comes in ");
    terminal.send("\x03");
    assert_eq!(terminal.wait().status.signal(), Some(2));
    assert_eq!(env.calls(), CALLS);
}
