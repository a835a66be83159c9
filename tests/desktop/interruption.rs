//! A test that is killed leaves nothing of its stage behind.

use awsd_tests::harness::TestEnv;

/// Starts a program as tests do, and ends as soon as that runs.
const KILLED: &str = "mkfifo runs
awsd-test-session sh -c 'echo yes >runs; exec sleep 1000' &
read -r yes <runs";

#[test]
fn what_a_test_has_started_ends_with_it() {
    // Both hold the pipe that is read to its end.
    TestEnv::guide().command("sh").args(["-c", KILLED]).run().success();
}
