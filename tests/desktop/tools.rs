//! Every program that can show awsd's dialog, where the settings name it: the code that is typed arrives, and closing the
//! dialog is "Not now" where nothing else on the desktop could say that.

use std::fs;

use awsd_tests::harness::{TestEnv, desktop::Server, programs};

use crate::{
    picture,
    questions::{CALLS, guide, waiting},
};

/// Somebody whose settings say this; `None` where the program is not there.
fn with(variable: &str, program: &str, setting: impl FnOnce(&str) -> String) -> Option<TestEnv> {
    let program = programs::found(variable, program)?;
    let env = guide();
    let settings = env.root().join("config/awsd/config.toml");
    fs::create_dir_all(settings.parent().expect("a directory")).expect("it can be made");
    let setting = setting(program.to_str().expect("a path in UTF-8"));
    fs::write(settings, format!("[defaults]\n{setting}\n")).expect("it can be written");
    Some(env)
}

fn zenity() -> Option<TestEnv> {
    with("AWSD_TEST_ZENITY", "zenity", |_| "dialog = \"zenity\"".to_owned())
}

fn kdialog() -> Option<TestEnv> {
    with("AWSD_TEST_KDIALOG", "kdialog", |_| "dialog = \"kdialog\"".to_owned())
}

fn pinentry_qt() -> Option<TestEnv> {
    let setting = |program: &str| format!("dialog = \"pinentry\"\npinentry = \"{program}\"");
    with("AWSD_TEST_PINENTRY_QT", "pinentry-qt", setting)
}

/// A wrong code is asked again, with the reason; the right one ends it.
#[track_caller]
fn takes_codes(env: Option<TestEnv>, name: &str) {
    let Some(mut env) = env else { return };
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let client = waiting(&env);
    let dialog = desktop.dialog();
    assert!(dialog.title().starts_with("AWS MFA code for alice"), "{}", dialog.title());
    dialog.type_code("12345");
    dialog.gone();
    let again = desktop.dialog();
    desktop.screenshot(&picture(&format!("{name}-dialog.png")));
    again.type_code(&env.sandbox.next_code("alice"));
    again.gone();
    assert_eq!(client.wait().success().stdout, "it runs\n");
    assert_eq!(env.calls(), CALLS);
}

#[track_caller]
fn can_be_closed(env: Option<TestEnv>) {
    let Some(mut env) = env else { return };
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let client = waiting(&env);
    let dialog = desktop.dialog();
    dialog.escape();
    dialog.gone();
    let refused = client.wait().exits(75);
    assert!(refused.stderr.contains("put off"), "{}", refused.stderr);
}

#[test]
fn zenity_takes_codes() {
    takes_codes(zenity(), "tool-zenity");
}

#[test]
fn kdialog_takes_codes() {
    takes_codes(kdialog(), "tool-kdialog");
}

#[test]
fn pinentry_qt_takes_codes() {
    takes_codes(pinentry_qt(), "tool-pinentry-qt");
}

#[test]
fn zenity_can_be_closed() {
    can_be_closed(zenity());
}

#[test]
fn kdialog_can_be_closed() {
    can_be_closed(kdialog());
}

#[test]
fn pinentry_qt_can_be_closed() {
    can_be_closed(pinentry_qt());
}
