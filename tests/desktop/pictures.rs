//! What a person sees, as README shows it: made in every run, and put there by `tests/run --pictures`.

use std::{env, path::PathBuf};

use awsd_tests::harness::{Running, TestEnv, desktop::Server, programs};

use crate::{picture, settings};

/// Where a picture goes: to README's if that is asked for, else to where all are kept for people to look at.
fn place(name: &str) -> PathBuf {
    match env::var_os("AWSD_TEST_PICTURES") {
        Some(directory) => PathBuf::from(directory).join(name),
        None => picture(name),
    }
}

fn terraform(env: &TestEnv) -> Running {
    env.awsd(["exec", "my_resource_account", "--", "terraform", "plan"]).spawn()
}

#[test]
fn a_question_its_dialog_and_a_wrong_code() {
    let Some(pinentry) = programs::found("AWSD_TEST_PINENTRY_QT", "pinentry-qt") else { return };
    let mut env = TestEnv::guide();
    settings(&env, &format!("pinentry = \"{}\"\n", pinentry.display()));
    let Some(desktop) = env.desktop(Server::Xfce) else { return };
    let client = terraform(&env);
    desktop.notification();
    desktop.photograph(&place("notification.png"));
    desktop.click("enter");
    let dialog = desktop.dialog();
    dialog.screenshot(&place("dialog.png"));
    dialog.type_code("000000");
    dialog.gone();
    desktop.notification_with("did not accept");
    desktop.photograph(&place("wrong-code.png"));
    desktop.click("skip");
    client.wait().exits(75);
}
