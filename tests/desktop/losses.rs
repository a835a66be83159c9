//! What was shown is lost: its server hangs or drops it, its window or the whole screen is gone. The question is then
//! somewhere else on the desktop, or the program that waits is told that nobody can be asked there.

use awsd_tests::harness::{
    Output, TestEnv,
    desktop::{Desktop, Server},
    programs,
};

use crate::{
    questions::{CALLS, REPLY, guide, waiting},
    settings,
};

const BUTTONS: Server = Server::Mock("actions body");

/// The person gives the code in the dialog that is there by now.
#[track_caller]
fn type_the_code(env: &TestEnv, desktop: &Desktop) {
    let dialog = desktop.dialog();
    dialog.type_code(&env.sandbox.next_code("alice"));
    dialog.gone();
}

/// It was told at once that nobody can be asked, long before its time was over, and how to answer.
#[track_caller]
fn reaches_nobody(refused: Output) {
    let told = refused.exits(75).stderr;
    assert!(told.contains("nobody could be asked") && told.contains("awsd mfa"), "{told}");
}

#[test]
fn a_server_that_hangs_with_the_question_on_the_screen_is_replaced_by_a_dialog() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Dunst) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.stop_server();
    type_the_code(&env, &desktop);
    assert_eq!(client.wait().success().stdout, "it runs\n");
    // What was left to do when it hung.
    desktop.continue_server();
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_server_that_comes_round_takes_the_answer() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.stop_server();
    let dialog = desktop.dialog();
    desktop.continue_server();
    desktop.reply(&env.sandbox.next_code("alice"));
    dialog.gone();
    client.wait().success();
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_notification_that_its_server_drops_is_replaced_by_a_dialog() {
    let mut env = guide();
    let Some(desktop) = env.desktop(BUTTONS) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.lose();
    type_the_code(&env, &desktop);
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_dialog_without_its_notification_comes_back_with_not_now() {
    let mut env = guide();
    let Some(desktop) = env.desktop(BUTTONS) else { return };
    let client = waiting(&env);
    desktop.click("enter");
    let dialog = desktop.dialog();
    desktop.kill_server();
    dialog.escape();
    dialog.gone();
    let again = desktop.dialog();
    again.escape();
    again.gone();
    let refused = client.wait().exits(75);
    assert!(refused.stderr.contains("put off"), "{}", refused.stderr);
}

#[test]
fn where_only_a_dialog_was_and_it_is_gone_nobody_waits_for_it() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let client = waiting(&env);
    let dialog = desktop.dialog();
    dialog.kill();
    reaches_nobody(client.wait());
    dialog.gone();
    // Who comes later is asked there again.
    let client = waiting(&env);
    type_the_code(&env, &desktop);
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

/// Which is not to be taken for somebody who presses "Not now".
#[test]
fn a_screen_that_breaks_down_is_no_answer() {
    for (variable, dialog) in
        [("AWSD_TEST_PINENTRY", "pinentry"), ("AWSD_TEST_ZENITY", "zenity"), ("AWSD_TEST_KDIALOG", "kdialog")]
    {
        let Some(_there) = programs::found(variable, dialog) else { continue };
        let mut env = guide();
        settings(&env, &format!("dialog = \"{dialog}\"\n"));
        let Some(desktop) = env.desktop(Server::Nobody) else { return };
        let client = waiting(&env);
        desktop.dialog();
        desktop.kill_screen();
        reaches_nobody(client.wait());
    }
}
