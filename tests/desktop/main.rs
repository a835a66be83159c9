//! The stage itself, without awsd: what is shown is seen, what is clicked is heard, what is typed arrives.
//!
//! A failure here says that the desktop tests are wrong, and nothing about awsd.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test: what cannot go on should stop it"
)]

mod at_once;
mod checks;
mod dialogs;
mod floods;
#[cfg(target_os = "linux")]
mod interruption;
mod locks;
mod losses;
mod notifications;
mod pictures;
mod plasma;
mod presence;
mod programs;
mod promptly;
mod questions;
mod renewals;
mod sign_ins;
mod sleep;
mod texts;
mod tools;

use std::{fs, path::PathBuf, thread, time::Duration};

use awsd_tests::harness::{Output, PATIENCE, TestEnv, desktop::Desktop};
use jiff::Timestamp;

/// A method of the service of notifications, called by a program that has nothing to do with awsd.
fn call(desktop: &Desktop, method: &str, arguments: &[&str]) -> Output {
    call_within(desktop, PATIENCE, method, arguments)
}

/// The same, for a service that is not expected to answer.
fn call_within(desktop: &Desktop, limit: Duration, method: &str, arguments: &[&str]) -> Output {
    let limit = limit.as_secs().to_string();
    let method = format!("org.freedesktop.Notifications.{method}");
    desktop
        .command("gdbus")
        .args(["call", "--session", "--timeout", &limit, "--dest", "org.freedesktop.Notifications"])
        .args(["--object-path", "/org/freedesktop/Notifications", "--method", &method])
        .args(arguments)
        .run()
}

/// Shows a notification as awsd might, in the place of another one unless that is "0".
fn notify(desktop: &Desktop, replaces: &str, title: &str) {
    let text = "terraform (pid 4711) waits for my_resource_account since 10:42";
    let actions = "['default', 'Enter code', 'skip', 'Not now']";
    let hints = "{'urgency': <byte 2>}";
    call(desktop, "Notify", &["awsd", replaces, "", title, text, actions, hints, "0"]).success();
}

/// Where a picture is kept for people to look at.
fn picture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Writes awsd's own settings.
fn settings(env: &TestEnv, lines: &str) {
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(settings.parent().expect("a directory")).expect("it can be made");
    fs::write(settings, format!("[defaults]\n{lines}")).expect("it can be written");
}

/// Lets real time pass until a moment of a session's life. It cannot be hurried: everybody reads the machine's clock.
fn live_until(moment: Timestamp) {
    let left = Timestamp::now().duration_until(moment);
    thread::sleep(left.try_into().unwrap_or_default());
}

/// A program that must not need a person.
#[track_caller]
fn silently(env: &TestEnv, profile: &str) {
    env.awsd(["credential-process", "--no-prompt", profile]).expect_secrets().run().success().quiet();
}
