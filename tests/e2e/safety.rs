//! The harness itself: a leak fails a test, and no daemon outlives one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use awsd_tests::harness::{Run, TestEnv};

/// What the harness says at the end of a test that ran this in a role session.
fn complaint(arrange: impl Fn(Run) -> Run, script: &str) -> Option<String> {
    let env = TestEnv::guide();
    let code = env.sandbox.next_code("alice");
    let run = env.awsd(["exec", "my_resource_account", "--code", &code, "--", "sh", "-c", script]);
    arrange(run).run().success();
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(env)));
    dropped.err().map(|panic| *panic.downcast::<String>().unwrap())
}

#[test]
fn a_secret_in_an_output_or_a_file_fails_the_test() {
    let shown = complaint(|run| run, "echo key: $AWS_SECRET_ACCESS_KEY").unwrap();
    assert!(shown.contains("a secret in the output of awsd exec"), "{shown}");
    let cut = complaint(|run| run, "printf %.20s $AWS_SESSION_TOKEN >&2").unwrap();
    assert!(cut.contains("a piece of a secret in the output of awsd exec"), "{cut}");
    let kept = complaint(|run| run, "echo $AWS_SESSION_TOKEN > $TMPDIR/kept").unwrap();
    assert!(kept.contains("a secret in the file"), "{kept}");
    assert!(!kept.contains("CANARY"), "and it is not told on");
}

#[test]
fn what_is_declared_is_no_leak() {
    assert_eq!(complaint(Run::expect_secrets, "echo $AWS_SECRET_ACCESS_KEY"), None);
    assert_eq!(complaint(|run| run, "true"), None);
}

/// Their locks say so: a process that has ended may still have its id for a while.
#[test]
fn no_daemon_outlives_its_test() {
    let env = TestEnv::guide();
    env.awsd(["daemon", "start"]).run().success();
    assert_eq!(env.daemons().len(), 1);
    env.stop_daemons();
    assert_eq!(env.daemons(), []);
}

#[test]
fn a_daemon_that_does_not_listen_any_more_is_ended_by_its_process_id() {
    let env = TestEnv::guide();
    env.awsd(["daemon", "start"]).run().success();
    rustix::process::kill_process(env.daemons()[0], rustix::process::Signal::STOP).unwrap();
    std::fs::remove_file(env.socket_directory().join("socket")).unwrap();
    env.stop_daemons();
    assert_eq!(env.daemons(), []);
}
