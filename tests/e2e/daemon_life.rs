//! `awsd daemon` and `awsd status`: one daemon, from its start to its end, and looking at it.

use std::fs::File;

use awsd_tests::harness::{Output, TestEnv};
use rustix::process::Signal;

use crate::{
    people::{log_in, says},
    profiles::alice,
};

/// It failed because there is no daemon, and says what starts one.
#[track_caller]
fn no_daemon(output: Output) {
    says(&output.exits(2), &["the daemon is not running, so there are no sessions", "awsd daemon start"]);
}

/// Alice logged in, with a daemon that the login started.
fn logged_in() -> TestEnv {
    let env = alice();
    log_in(&env, "my_account");
    env.new_calls();
    env
}

#[test]
fn start_starts_one_and_stop_ends_it_with_everything_it_held() {
    let env = alice();
    env.awsd(["daemon", "start"]).run().success().quiet();
    let daemon = env.daemons();
    assert_eq!(daemon.len(), 1);
    env.awsd(["daemon", "start"]).run().success().quiet();
    log_in(&env, "my_account");
    assert_eq!(env.daemons(), daemon, "the one that was there");

    env.awsd(["daemon", "stop"]).run().success().quiet();
    assert_eq!(env.daemons(), []);
    assert!(!env.socket_directory().join("socket").exists());
    // What is stopped already is no mistake, and is not started for it.
    env.awsd(["daemon", "stop"]).run().success().quiet();
    assert_eq!(env.daemons(), []);

    env.awsd(["exec", "my_account", "--no-prompt", "--", "true"]).run().exits(75);
    assert_eq!(env.daemons().len(), 1, "what needs one starts one");
    assert_eq!(env.calls(), ["GetSessionToken with code"]);
}

#[test]
fn restart_makes_another_one_that_knows_no_session() {
    let env = logged_in();
    let before = env.daemons();
    env.awsd(["daemon", "restart"]).run().success().quiet();
    let after = env.daemons();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    assert!(env.awsd(["status"]).run().success().stdout.ends_with("no sessions\n"));
    env.awsd(["exec", "my_account", "--no-prompt", "--", "true"]).run().exits(75);
    assert_eq!(env.calls(), [""; 0]);

    // Where there is none it is a start.
    env.awsd(["daemon", "stop"]).run().success();
    env.awsd(["daemon", "restart"]).run().success().quiet();
    assert_eq!(env.daemons().len(), 1);
}

#[test]
fn looking_at_the_daemon_starts_none() {
    let env = alice();
    for verb in [&["daemon", "status"][..], &["status"], &["status", "--json"], &["status", "--watch"]] {
        no_daemon(env.awsd(verb).run());
        assert_eq!(env.daemons(), [], "{verb:?}");
    }
    log_in(&env, "my_account");
    let line = format!("daemon: process {}, running for ", env.daemons()[0].as_raw_nonzero());
    let daemon = env.awsd(["daemon", "status"]).run().success().quiet().stdout;
    assert!(daemon.starts_with(&line) && daemon.lines().count() == 1, "{daemon}");
    let all = env.awsd(["status"]).run().success().quiet().stdout;
    assert!(all.starts_with(&line) && all.contains("mfa/alice"), "{all}");
}

#[test]
fn the_log_says_what_was_done_without_secrets_and_codes() {
    let env = logged_in();
    env.awsd(["exec", "developer", "--no-prompt", "--", "true"]).run().success();
    let wrong = env.sandbox.wrong_code("alice");
    env.awsd(["exec", "long_day", "--code", &wrong, "--", "true"]).run().exits(75);
    let logs = env.awsd(["daemon", "logs"]).run().success().quiet().stdout;
    let key = env.sandbox.world().user("alice").keys[0].id.clone();
    let said = [
        "started".to_owned(),
        format!("action=\"GetSessionToken\" key=\"AKIA…{}\"", &key[key.len() - 4..]),
        "action=\"AssumeRole\"".to_owned(),
        "profile=\"developer\"".to_owned(),
    ];
    for words in &said {
        assert!(logs.contains(words), "{words}: {logs}");
    }
    assert!(logs.lines().all(|line| line.contains(" INFO ")), "nothing is wrong: {logs}");
    // Secrets are searched for in everything that a test's programs print, codes only in files.
    assert!(!logs.contains(&wrong) && !logs.contains(&key), "{logs}");

    // It is most wanted when the daemon is gone, and shown then, too.
    env.awsd(["daemon", "stop"]).run().success();
    let after = env.awsd(["daemon", "logs"]).run().success().quiet().stdout;
    assert!(after.starts_with(&logs) && after.contains("ending"), "{after}");
    assert_eq!(env.daemons(), []);
}

#[test]
fn in_the_foreground_it_serves_until_a_signal_and_leaves_no_socket() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let env = alice();
        let mut terminal = env.awsd(["daemon", "run"]).terminal();
        terminal.expect("socket");
        log_in(&env, "my_account");
        assert_eq!(env.daemons(), [terminal.pid()], "it is this process");
        terminal.signal(signal);
        terminal.wait().success();
        assert!(!env.socket_directory().join("socket").exists(), "{signal:?}");
        let lock = File::open(env.socket_directory().join("daemon.lock")).unwrap();
        lock.try_lock().expect("nobody holds it");
        no_daemon(env.awsd(["status"]).run());
    }
}

#[test]
fn a_watch_shows_what_changes_until_ctrl_c() {
    let env = alice();
    env.awsd(["daemon", "start"]).run().success();
    let mut watch = env.awsd(["status", "--watch"]).terminal();
    watch.expect("no sessions");
    log_in(&env, "my_account");
    watch.expect("daemon: process ");
    watch.expect("mfa/alice");
    env.awsd(["logout", "--all"]).run().success();
    watch.expect("no sessions");
    watch.send("\x03");
    let ended = watch.wait();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(2), "{}", ended.stdout);
    assert_eq!(env.daemons().len(), 1, "that was meant for the watch alone");
}

#[test]
fn a_watch_ends_with_the_daemon_and_says_so() {
    let env = logged_in();
    let mut watch = env.awsd(["status", "--watch"]).terminal();
    watch.expect("mfa/alice");
    env.awsd(["daemon", "stop"]).run().success();
    // Not running any more, or gone while it was asked.
    watch.expect("awsd: the daemon ");
    watch.wait().exits(2);
    assert_eq!(env.daemons(), []);
}
