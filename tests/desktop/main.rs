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

mod dialogs;
mod notifications;
mod presence;
mod programs;
mod questions;
mod renewals;
mod texts;
mod tools;

use std::path::PathBuf;

use awsd_tests::harness::{Output, desktop::Desktop};

/// A method of the service of notifications, called by a program that has nothing to do with awsd.
fn call(desktop: &Desktop, method: &str, arguments: &[&str]) -> Output {
    let method = format!("org.freedesktop.Notifications.{method}");
    desktop
        .command("gdbus")
        .args(["call", "--session", "--timeout", "2", "--dest", "org.freedesktop.Notifications"])
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
