//! The socket and its directory: where they may be, and what is done about what stands there already.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        net::UnixListener,
    },
};

use awsd_tests::harness::{Output, PATIENCE, TestEnv};
use rustix::process::Signal;

use crate::people::log_in;

/// It failed because the daemon cannot be had, and says why and what to do.
#[track_caller]
fn unreachable(output: &Output, why: &str, hint: &str) {
    let output = output.clone().exits(2);
    assert!(output.stderr.contains(why), "why: {}", output.stderr);
    assert!(output.stderr.contains(&format!("\n  {hint}")), "the hint: {}", output.stderr);
    assert_eq!(output.stdout, "");
}

#[test]
fn a_second_daemon_says_that_there_is_one() {
    let env = TestEnv::guide();
    log_in(&env, "my_account");
    let daemon = env.daemons();
    let second = env.awsd(["daemon", "run"]).run().exits(1);
    assert!(second.stderr.contains("another one is running"), "{}", second.stderr);
    // To start it where it runs is no mistake.
    env.awsd(["daemon", "start"]).run().success().quiet();
    env.awsd(["exec", "my_account", "--no-prompt", "--", "true"]).run().success().quiet();
    assert_eq!(env.daemons(), daemon);
}

#[test]
fn a_socket_that_a_dead_daemon_left_is_replaced() {
    let env = TestEnv::guide();
    env.awsd(["daemon", "start"]).run().success();
    let daemon = env.daemons();
    rustix::process::kill_process(daemon[0], Signal::KILL).unwrap();
    fs::File::open(env.socket_directory().join("daemon.lock")).unwrap().lock().unwrap();
    assert!(env.socket_directory().join("socket").exists(), "it was left");
    env.awsd(["list"]).run().success().quiet();
    assert_eq!(env.daemons().len(), 1);
    assert_ne!(env.daemons(), daemon);
}

#[test]
fn what_is_not_a_socket_is_left_alone() {
    let env = TestEnv::guide();
    env.awsd(["daemon", "start"]).run().success();
    env.awsd(["daemon", "stop"]).run().success();
    let socket = env.socket_directory().join("socket");
    fs::write(&socket, "precious").unwrap();
    let refused = env.awsd(["list"]).run();
    unreachable(&refused, "something that is not a socket is in its place", "look at it");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "precious");
}

#[test]
fn a_directory_that_others_may_enter_or_that_is_a_link_is_not_used() {
    let env = TestEnv::guide();
    let directory = env.socket_directory();
    fs::create_dir(&directory).unwrap();
    for mode in [0o755, 0o770, 0o777, 0o701] {
        fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        // Somebody may have put a socket there, too.
        let _theirs = UnixListener::bind(directory.join("socket")).unwrap();
        for verb in [&["list"][..], &["daemon", "start"], &["mfa", "123456"]] {
            let refused = env.awsd(verb).run();
            unreachable(&refused, "may be entered by other users", "look at it with: ls -ld ");
            assert!(refused.stderr.contains("chmod 700"), "{}", refused.stderr);
        }
        fs::remove_file(directory.join("socket")).unwrap();
    }
    fs::remove_dir(&directory).unwrap();
    let elsewhere = env.root().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::set_permissions(&elsewhere, Permissions::from_mode(0o700)).unwrap();
    symlink(&elsewhere, &directory).unwrap();
    unreachable(&env.awsd(["list"]).run(), "it is not a directory", "look at it with: ls -ld ");
    assert!(fs::read_dir(&elsewhere).unwrap().next().is_none(), "nothing was put there");
    assert_eq!(env.daemons(), []);
}

/// The daemon's own check, without the client before it.
#[test]
fn the_daemon_itself_does_not_listen_behind_an_open_door() {
    let env = TestEnv::guide();
    fs::create_dir(env.socket_directory()).unwrap();
    fs::set_permissions(env.socket_directory(), Permissions::from_mode(0o755)).unwrap();
    let refused = env.awsd(["daemon", "run"]).run().exits(1);
    assert!(refused.stderr.contains("may be entered by other users"), "{}", refused.stderr);
    assert!(!env.socket_directory().join("socket").exists());
}

#[test]
fn the_daemon_ends_when_its_socket_is_gone_and_the_next_call_finds_another() {
    let env = TestEnv::guide();
    env.awsd(["daemon", "start"]).run().success();
    let daemon = env.daemons();
    fs::remove_file(env.socket_directory().join("socket")).unwrap();
    fs::File::open(env.socket_directory().join("daemon.lock")).unwrap().lock().unwrap();
    env.awsd(["list"]).run().success().quiet();
    assert_eq!(env.daemons().len(), 1);
    assert_ne!(env.daemons(), daemon);
}

#[test]
fn where_there_is_no_place_the_variable_to_set_is_named() {
    let env = TestEnv::guide();
    let homeless = || env.awsd(["list"]).env_remove("HOME").env_remove("XDG_RUNTIME_DIR");
    unreachable(&homeless().run(), "HOME, XDG_RUNTIME_DIR and AWSD_SOCKET are not set", "set AWSD_SOCKET");
    let relative = env.awsd(["list"]).env("AWSD_SOCKET", "run/socket");
    unreachable(
        &relative.run(),
        "AWSD_SOCKET is not an absolute path",
        "set AWSD_SOCKET to an absolute path",
    );
    let long = env.awsd(["list"]).env("AWSD_SOCKET", format!("/{}", "x".repeat(200)));
    unreachable(&long.run(), "longer than 103 bytes", "set AWSD_SOCKET to a shorter path");
    let missing = env.awsd(["list"]).env("AWSD_SOCKET", "/dev/null/awsd/socket");
    unreachable(&missing.run(), "/dev/null/awsd cannot be used", "look at it with: ls -ld /dev/null/awsd");
    assert_eq!(env.daemons(), []);
}

/// A service or a container may have no home: what it asks for must then say where its files are.
#[test]
fn without_a_home_the_files_that_are_named_are_used() {
    let env = TestEnv::guide();
    log_in(&env, "my_account");
    let homeless = || env.awsd(["exec", "my_account", "--no-prompt", "--", "true"]).env_remove("HOME");
    let lost = homeless().run().exits(1);
    assert!(lost.stderr.contains("there is no profile 'my_account'"), "{}", lost.stderr);
    homeless()
        .env("AWS_CONFIG_FILE", env.home().join(".aws/config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", env.home().join(".aws/credentials"))
        .run()
        .success()
        .quiet();
}

#[test]
fn the_log_is_shown_without_a_daemon_and_starts_none() {
    let env = TestEnv::guide();
    let missing = env.awsd(["daemon", "logs"]).run().exits(1);
    assert!(missing.stderr.contains("there is no log at"), "{}", missing.stderr);
    env.awsd(["daemon", "start"]).run().success();
    env.awsd(["daemon", "stop"]).run().success();
    let log = env.awsd(["daemon", "logs"]).run().success().stdout;
    assert!(log.contains("started") && log.contains("ending"), "{log}");
    assert_eq!(env.daemons(), []);
}

/// The verbs that may wait for a person or for AWS have more patience, but an end of it.
#[test]
fn a_daemon_that_was_stopped_is_given_up_and_can_be_got_rid_of() {
    let env = TestEnv::guide();
    env.awsd(["daemon", "start"]).run().success();
    let daemon = env.daemons()[0];
    rustix::process::kill_process(daemon, Signal::STOP).unwrap();
    let start = |arguments: &[&str]| env.awsd(arguments).patience(PATIENCE * 2).spawn();
    let short = [&["list"][..], &["status"], &["daemon", "stop"], &["daemon", "restart"]].map(start);
    let long = [
        &["exec", "my_account", "--no-prompt", "--", "true"][..],
        &["export", "my_account", "--wait", "1s"],
        &["credential-process", "my_account"],
        &["login", "my_account"],
        &["mfa", "123456"],
    ]
    .map(start);
    let mut at_a_terminal = env.awsd(["login", "my_account"]).patience(PATIENCE * 2).terminal();
    let id = daemon.as_raw_nonzero();
    let sentence = |time| format!("the daemon (process {id}) has not answered for {time}");
    let hint = format!("end it with: kill -KILL {id}");
    short.into_iter().for_each(|running| unreachable(&running.wait(), &sentence("10s"), &hint));
    long.into_iter().for_each(|running| unreachable(&running.wait(), &sentence("40s"), &hint));
    at_a_terminal.expect(&sentence("40s"));
    at_a_terminal.wait().exits(2);
    rustix::process::kill_process(daemon, Signal::KILL).unwrap();
    fs::File::open(env.socket_directory().join("daemon.lock")).unwrap().lock().unwrap();
    env.awsd(["list"]).run().success().quiet();
}
