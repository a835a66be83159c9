//! Offers to renew a session before it ends, and the screen that is locked.

use std::fs;

use awsd_tests::harness::{TestEnv, desktop::Server};

use crate::questions::{REPLY, guide, waiting};

fn settings(env: &TestEnv, lines: &str) {
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(settings.parent().expect("a directory")).expect("it can be made");
    fs::write(settings, format!("[defaults]\n{lines}")).expect("it can be written");
}

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
    // What it says now depends on when the lock is heard; that it is heard, on nothing.
    while env.awsd(["status"]).run().success().stdout.contains("developer") {}
    // Nobody is there to be asked.
    waiting(&env).wait().exits(75);
    logind.unlock();
    let before = env.calls().len();
    loop {
        let client = waiting(&env);
        if desktop.notifications().iter().any(|shown| shown.open) {
            desktop.reply(&env.sandbox.next_code("alice"));
            client.wait().success();
            break;
        }
        client.wait().exits(75);
    }
    assert!(env.calls().len() > before);
}
