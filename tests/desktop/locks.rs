//! A locked screen: whoever says that it is, nothing is asked there, and who waits is told why.

use std::time::Instant;

use awsd_tests::harness::{
    PATIENCE, Run, TestEnv,
    desktop::{Desktop, Server},
};
use rustix::process::Signal;

use crate::{
    questions::{CALLS, REPLY, guide, wait_until_waiting, waiting},
    settings,
};

/// How the screen is locked and unlocked, and what is said about it.
struct Locker {
    lock: fn(&Desktop),
    unlock: fn(&Desktop),
    word: &'static str,
    hint: &'static str,
}

/// `loginctl lock-session`, where nobody says that it happened.
const WISH: Locker = Locker {
    lock: |desktop| desktop.logind().ask_to_lock(),
    unlock: |desktop| desktop.logind().ask_to_unlock(),
    word: "that was asked for",
    hint: "loginctl unlock-session",
};

/// A locker that tells the login manager, and was not started by it.
const HINT: Locker = Locker {
    lock: |desktop| desktop.logind().locked(true),
    unlock: |desktop| desktop.logind().locked(false),
    word: "the login manager has said so",
    hint: "unlock the screen",
};

const SAVER: Locker = Locker {
    lock: |desktop| desktop.screen_saver(true),
    unlock: |desktop| desktop.screen_saver(false),
    word: "a screen saver has been on",
    hint: "unlock the screen",
};

/// Waits until the daemon has heard of the lock, or of its end.
#[track_caller]
pub(crate) fn wait_until_locked(env: &TestEnv, word: Option<&str>) {
    let start = Instant::now();
    loop {
        let status = env.awsd(["status"]).run().success().stdout;
        let told = match word {
            Some(word) => status.contains(word),
            None => !status.contains("locked"),
        };
        if told {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{word:?} is not told: {status}");
    }
}

/// The person gives the code that a program waits for.
fn is_asked(env: &TestEnv, desktop: &Desktop) {
    let client = waiting(env);
    desktop.notification();
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}

/// A question is on the desktop when the screen is locked.
fn locked_during_a_question(locker: &Locker) {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    (locker.unlock)(&desktop);
    let client = waiting(&env);
    desktop.notification();
    (locker.lock)(&desktop);
    let refused = client.wait().exits(75);
    assert!(refused.stderr.contains(locker.word), "{}", refused.stderr);
    assert!(refused.stderr.contains(locker.hint), "{}", refused.stderr);
    desktop.no_notification();
    wait_until_locked(&env, Some(locker.word));
    // A terminal is asked all the same, and promises nothing.
    let mut terminal = env.exec("developer", ["true"]).terminal();
    terminal.expect("MFA code for alice (developer): ");
    terminal.send("\x04");
    terminal.wait();
    (locker.unlock)(&desktop);
    wait_until_locked(&env, None);
    is_asked(&env, &desktop);
}

#[test]
fn a_lock_that_was_only_asked_for_is_told_as_such_and_ended_by_hand() {
    locked_during_a_question(&WISH);
}

#[test]
fn a_lock_that_nobody_asked_for_is_believed() {
    locked_during_a_question(&HINT);
}

#[test]
fn a_screen_saver_hides_what_is_asked() {
    locked_during_a_question(&SAVER);
}

/// The daemon learns that the screen is locked when it already is.
fn locked_from_the_beginning(locker: &Locker) {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    (locker.lock)(&desktop);
    let refused = waiting(&env).wait().exits(75);
    assert!(refused.stderr.contains(locker.word), "{}", refused.stderr);
    let patient = env.awsd(["exec", "--wait", "1m", "developer", "--", "true"]).spawn();
    wait_until_locked(&env, Some(locker.word));
    assert!(!desktop.was_asked_to_show());
    (locker.unlock)(&desktop);
    desktop.notification();
    desktop.reply(&env.sandbox.next_code("alice"));
    patient.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_daemon_that_starts_behind_a_lock_shows_nothing() {
    locked_from_the_beginning(&HINT);
}

#[test]
fn a_daemon_that_starts_behind_a_screen_saver_shows_nothing() {
    locked_from_the_beginning(&SAVER);
}

/// A person in the office, where the screen can be locked, and the same person at home.
fn office_and_home(env: &mut TestEnv) -> Option<(Desktop, Desktop)> {
    let office = env.desktop(Server::Mock(REPLY))?;
    let home = env.desktop(Server::Mock(REPLY))?;
    // It does not lock by itself.
    office.screen_saver(false);
    Some((office, home))
}

/// A program that needs credentials, has no terminal, and is on this one of several desktops.
fn at(env: &TestEnv, desktop: &Desktop) -> Run {
    let run = env.awsd(["exec", "developer", "--", "echo", "it runs"]);
    desktop.variables().into_iter().fold(run, |run, (name, value)| run.env(name, value))
}

#[test]
fn a_desktop_is_locked_for_itself_alone() {
    let mut env = guide();
    let Some((office, home)) = office_and_home(&mut env) else { return };
    office.screen_saver(true);
    // Whoever is looked at last, the lock is where it is.
    for _ in 0..2 {
        let client = at(&env, &home).spawn();
        home.notification();
        client.signal(Signal::INT);
        client.wait();
        let refused = at(&env, &office).run().exits(75);
        assert!(refused.stderr.contains(SAVER.word), "{}", refused.stderr);
    }
    let there = at(&env, &home).spawn();
    home.notification();
    let behind = at(&env, &office).spawn();
    wait_until_waiting(&env, 2);
    home.reply(&env.sandbox.next_code("alice"));
    for client in [there, behind] {
        assert_eq!(client.wait().success().stdout, "it runs\n");
    }
    home.no_notification();
    assert!(!office.was_asked_to_show());
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_question_leaves_the_desktop_that_is_locked_for_one_that_is_not() {
    let mut env = guide();
    let Some((office, home)) = office_and_home(&mut env) else { return };
    let first = at(&env, &office).spawn();
    office.notification();
    let second = at(&env, &home).spawn();
    wait_until_waiting(&env, 2);
    assert!(!home.was_asked_to_show());
    office.screen_saver(true);
    home.notification();
    office.no_notification();
    home.reply(&env.sandbox.next_code("alice"));
    for client in [first, second] {
        client.wait().success();
    }
    home.no_notification();
    assert_eq!(office.notifications().len(), 1, "it was not shown again");
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_lock_forgets_sessions_also_where_somebody_was_seen_elsewhere_since() {
    let mut env = guide();
    settings(&env, "lock_on_screen_lock = true\n");
    let Some((office, home)) = office_and_home(&mut env) else { return };
    let client = at(&env, &office).spawn();
    office.notification();
    office.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    at(&env, &home).run().success();
    assert!(env.awsd(["status"]).run().success().stdout.contains("developer"));
    office.screen_saver(true);
    wait_until_locked(&env, Some(SAVER.word));
    assert!(!env.awsd(["status"]).run().success().stdout.contains("developer"));
    // At home the screen is not locked.
    let again = at(&env, &home).spawn();
    home.notification();
    home.reply(&env.sandbox.next_code("alice"));
    again.wait().success();
    assert_eq!(env.calls(), [CALLS, CALLS].concat());
}
