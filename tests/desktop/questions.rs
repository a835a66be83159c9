//! awsd asks on the desktop: what is shown, what answers it, and what becomes of it when it is answered elsewhere.

use std::{
    thread,
    time::{Duration, Instant},
};

use awsd_tests::{
    harness::{
        Running, TestEnv,
        desktop::{Desktop, Server},
    },
    sandbox::guide::DEVELOPER,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{picture, settings};

/// For many programs to start on a machine that does other things too.
const CROWD: Duration = Duration::from_mins(1);

/// A person at a desktop, and a program that needs credentials and has no terminal.
pub(crate) fn guide() -> TestEnv {
    let env = TestEnv::guide();
    env.config(&format!(
        "[profile my_account]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\
         [profile developer]\nrole_arn = {DEVELOPER}\nsource_profile = my_account\n"
    ));
    env
}

pub(crate) fn waiting(env: &TestEnv) -> Running {
    env.awsd(["exec", "developer", "--", "echo", "it runs"]).spawn()
}

/// A server of notifications with a field for the answer.
pub(crate) const REPLY: &str = "actions body inline-reply";

/// Waits until so many callers stand before the question, as a program is told.
#[track_caller]
pub(crate) fn wait_until_waiting(env: &TestEnv, callers: usize) {
    let start = Instant::now();
    loop {
        let open = env.awsd(["mfa", "--json"]).run().success().stdout;
        let open: Value = serde_json::from_str(&open).expect("JSON");
        if open[0]["waiting"] == callers {
            return;
        }
        assert!(start.elapsed() < CROWD, "{callers} callers do not come to wait: {open}");
        thread::yield_now();
    }
}

pub(crate) const CALLS: [&str; 2] = ["GetSessionToken with code", "AssumeRole developer"];

/// The person answers a notification by its button and types into the dialog.
fn by_button_and_dialog(server: Server, button: &str, name: &str) {
    let mut env = guide();
    let Some(desktop) = env.desktop(server) else { return };
    let client = waiting(&env);
    let shown = desktop.notification();
    assert!(shown.summary.contains("alice"), "{shown:?}");
    assert!(shown.body.contains("developer") && shown.body.contains("echo it runs"), "{shown:?}");
    desktop.screenshot(&picture(&format!("{name}-notification.png")));
    desktop.click(button);
    let dialog = desktop.dialog();
    desktop.screenshot(&picture(&format!("{name}-dialog.png")));
    dialog.type_code(&env.sandbox.next_code("alice"));
    dialog.gone();
    assert_eq!(client.wait().success().stdout, "it runs\n");
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_code_is_given_through_dunst_and_pinentry() {
    by_button_and_dialog(Server::Dunst, "default", "dunst");
}

#[test]
fn a_code_is_given_through_xfce_and_pinentry() {
    by_button_and_dialog(Server::Xfce, "enter", "xfce");
}

#[test]
fn a_code_is_replied_in_the_notification_itself() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    let shown = desktop.notification();
    let hint = |name: &str| shown.hints.get(&format!("x-kde-reply-{name}-text")).map(String::as_str);
    assert_eq!(hint("placeholder"), Some("\"six digits\""));
    assert_eq!(hint("submit-button"), Some("\"Send\""));
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    desktop.no_notification();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_reply_without_a_code_is_no_answer() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    for nothing in ["", " "] {
        desktop.notification();
        desktop.reply(nothing);
        desktop.notification_with("six digits");
    }
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn not_now_is_an_answer() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.click("skip");
    let refused = client.wait().exits(75);
    assert!(refused.stderr.contains("put off"), "{}", refused.stderr);
    desktop.no_notification();
    // For a while only somebody who insists is asked.
    env.awsd(["exec", "developer", "--", "true"]).run().exits(75);
    desktop.no_notification();
    assert!(env.calls().is_empty());
}

#[test]
fn who_waited_in_vain_is_told_so() {
    let mut env = guide();
    settings(&env, "wait = \"5s\"\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification();
    let refused = client.wait().exits(75);
    assert_eq!(desktop.notifications().len(), 1);
    assert!(refused.stderr.contains("nobody gave the MFA code"), "{}", refused.stderr);
}

#[test]
fn a_wrong_code_is_asked_again_in_the_same_place() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.reply("12345");
    desktop.notification_with("six digits");
    desktop.reply("000000");
    desktop.notification_with("did not accept");
    assert_eq!(desktop.notifications().iter().filter(|shown| shown.open).count(), 1);
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert_eq!(env.calls(), ["GetSessionToken with code: AccessDenied", CALLS[0], CALLS[1]]);
}

#[test]
fn what_is_answered_elsewhere_goes() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Dunst) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.click("default");
    let dialog = desktop.dialog();
    env.awsd(["mfa", &env.sandbox.next_code("alice")]).run().success();
    dialog.gone();
    desktop.no_notification();
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn fifty_callers_are_released_by_one_answer() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let clients: Vec<Running> = (0..50).map(|_| waiting(&env)).collect();
    desktop.notification();
    wait_until_waiting(&env, 50);
    desktop.reply(&env.sandbox.next_code("alice"));
    for client in clients {
        client.wait().success();
    }
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn the_question_follows_its_callers_from_desktop_to_desktop() {
    let mut env = guide();
    let Some(here) = env.desktop(Server::Xfce) else { return };
    let first = waiting(&env);
    here.notification();
    here.click("enter");
    let dialog = here.dialog();
    let Some(there) = env.desktop(Server::Mock(REPLY)) else { return };
    let second = waiting(&env);
    wait_until_waiting(&env, 2);
    // A wrong code, wherever it comes from, takes the dialog from nobody.
    env.awsd(["mfa", "000000"]).run().exits(75);
    here.notification_with("did not accept");
    assert_eq!((here.dialogs(), there.notifications().len()), (1, 0));
    first.signal(Signal::INT);
    dialog.gone();
    here.no_notification();
    assert!(there.notification().body.contains("developer"));
    there.reply(&env.sandbox.next_code("alice"));
    assert_eq!(second.wait().success().stdout, "it runs\n");
    there.no_notification();
    assert_eq!(env.calls(), ["GetSessionToken with code: AccessDenied", CALLS[0], CALLS[1]]);
}

#[test]
fn who_put_the_question_aside_leaves_it_to_another_desktop() {
    let mut env = guide();
    let Some(here) = env.desktop(Server::Mock(REPLY)) else { return };
    let first = waiting(&env);
    here.notification();
    here.dismiss();
    let Some(there) = env.desktop(Server::Mock(REPLY)) else { return };
    let second = waiting(&env);
    there.notification();
    there.reply(&env.sandbox.next_code("alice"));
    for client in [first, second] {
        client.wait().success();
    }
    assert_eq!(here.notifications().len(), 1, "it was not shown again");
    assert_eq!(env.calls(), CALLS);
}

/// A terminal is asked at once, however the desktop is; the notification comes after it.
fn asks_at_the_terminal(desktop: impl FnOnce(&Desktop), server: Server) {
    let mut env = guide();
    let Some(stage) = env.desktop(server) else { return };
    desktop(&stage);
    let mut terminal = env.awsd(["exec", "developer", "--", "true"]).terminal();
    terminal.expect("MFA code for alice (developer)");
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_terminal_does_not_depend_on_the_desktop() {
    asks_at_the_terminal(|_| {}, Server::Nobody);
    asks_at_the_terminal(Desktop::stop_server, Server::Dunst);
    asks_at_the_terminal(Desktop::kill_server, Server::Dunst);
}

#[test]
fn the_notification_follows_where_a_terminal_gets_no_answer() {
    let mut env = guide();
    settings(&env, "notify_after = \"1s\"\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let mut terminal = env.awsd(["exec", "developer", "--", "true"]).terminal();
    terminal.expect("MFA code for alice (developer), or answer the notification: ");
    desktop.notification();
    desktop.reply(&env.sandbox.next_code("alice"));
    terminal.wait().success();
    assert_eq!(env.calls(), CALLS);
}

/// Nobody shows notifications, so none is promised; and a dialog would take the keyboard from who types at the terminal.
#[test]
fn where_nobody_shows_notifications_a_terminal_is_left_alone() {
    for setting in ["notify_after = \"0s\"\n", "notify_after = \"1s\"\n"] {
        let mut env = guide();
        settings(&env, setting);
        let Some(desktop) = env.desktop(Server::Nobody) else { return };
        let mut terminal = env.exec("developer", ["true"]).terminal();
        terminal.expect("MFA code for alice (developer): ");
        wait_until_unreachable(&env);
        assert_eq!(desktop.dialogs(), 0);
        // Who has no terminal is asked in a dialog all the same, which goes when the terminal answers.
        let client = waiting(&env);
        let dialog = desktop.dialog();
        terminal.send_line(&env.sandbox.next_code("alice"));
        dialog.gone();
        client.wait().success();
        let shown = terminal.wait().success().stdout;
        assert!(!shown.contains("notification"), "{shown:?}");
        assert_eq!(env.calls(), CALLS);
    }
}

/// Waits until the daemon has found out that nothing can be shown.
#[track_caller]
fn wait_until_unreachable(env: &TestEnv) {
    let start = Instant::now();
    while !env.log().contains("the desktop cannot ask") {
        assert!(start.elapsed() < CROWD, "it is not known: {}", env.log());
        thread::yield_now();
    }
}

#[test]
fn a_terminal_without_a_bus_is_left_alone() {
    let mut env = guide();
    settings(&env, "notify_after = \"0s\"\n");
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let nowhere = format!("unix:path={}/nowhere", env.root().display());
    let mut terminal = env.exec("developer", ["true"]).env("DBUS_SESSION_BUS_ADDRESS", nowhere).terminal();
    terminal.expect("MFA code for alice (developer): ");
    wait_until_unreachable(&env);
    assert_eq!(desktop.dialogs(), 0);
    terminal.send_line(&env.sandbox.next_code("alice"));
    assert!(!terminal.wait().success().stdout.contains("notification"));
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn the_promise_of_a_notification_goes_with_its_server() {
    let mut env = guide();
    settings(&env, "notify_after = \"0s\"\n");
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let mut terminal = env.exec("developer", ["true"]).terminal();
    terminal.expect("MFA code for alice (developer), or answer the notification: ");
    desktop.kill_server();
    terminal.expect("MFA code for alice (developer): ");
    assert_eq!(desktop.dialogs(), 0);
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn without_a_desktop_that_could_ask_a_caller_is_told_at_once() {
    let env = guide();
    let refused = waiting(&env).wait().exits(75);
    assert!(refused.stderr.contains("awsd mfa"), "{}", refused.stderr);
}

#[test]
fn a_server_that_dies_is_followed_by_the_next() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    let client = waiting(&env);
    desktop.notification();
    desktop.kill_server();
    desktop.start_server();
    desktop.notification();
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}
