//! Offers to renew a session before it ends, and the screen that is locked.

use std::time::Instant;

use awsd_tests::harness::{PATIENCE, desktop::Server};

use crate::{
    questions::{CALLS, REPLY, guide, waiting},
    settings,
};

#[test]
fn a_locked_screen_forgets_sessions_where_that_is_wanted() {
    let mut env = guide();
    settings(&env, "lock_on_screen_lock = true\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let logind = desktop.logind();
    let client = waiting(&env);
    desktop.notification();
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert!(env.awsd(["status"]).run().success().stdout.contains("developer"));
    logind.lock();
    let start = Instant::now();
    while env.awsd(["status"]).run().success().stdout.contains("developer") {
        assert!(start.elapsed() < PATIENCE, "the sessions are still there");
    }
    // Nobody is there to be asked.
    waiting(&env).wait().exits(75);
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}
