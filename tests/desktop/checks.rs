//! `awsd doctor --prompts` tells the notification and the dialog apart: who showed each, or why nobody did.

use awsd_tests::harness::{
    Output, TestEnv,
    desktop::{Desktop, Server},
};
use serde_json::{Value, json};

use crate::{
    questions::{REPLY, guide},
    settings,
};

/// A pinentry that there is not.
const NO_DIALOG: &str = "dialog = \"pinentry\"\npinentry = \"/nowhere/pinentry\"\n";

/// Has everything tried, while the person does something.
fn tried(server: Server, lines: &str, act: impl FnOnce(&Desktop)) -> Option<(TestEnv, Output)> {
    let mut env = guide();
    settings(&env, lines);
    let desktop = env.desktop(server)?;
    let trying = env.awsd(["doctor", "--prompts", "--json"]).spawn();
    act(&desktop);
    let output = trying.wait();
    desktop.no_notification();
    assert_eq!(desktop.dialogs(), 0);
    Some((env, output))
}

/// Surface, whether it works, and what is said.
fn rows(output: &Output) -> Vec<Value> {
    let rows: Vec<Value> = serde_json::from_str(&output.stdout).expect("JSON");
    rows.iter().map(|row| json!([row["surface"], row["ok"], row["sentence"]])).collect()
}

fn type_six_digits(desktop: &Desktop) {
    let dialog = desktop.dialog();
    assert_eq!(dialog.title(), "A test of awsd");
    dialog.type_code("123456");
}

#[test]
fn who_showed_the_questions_is_said() {
    let act = |desktop: &Desktop| {
        desktop.notification_with("A test of awsd");
        desktop.click("default");
        type_six_digits(desktop);
    };
    let Some((_env, output)) = tried(Server::Dunst, "", act) else { return };
    assert_eq!(
        rows(&output.success()),
        [
            json!(["notification", true, "A notification was shown by dunst and answered."]),
            json!(["dialog", true, "A dialog was shown by pinentry and answered."]),
        ]
    );
}

#[test]
fn where_nobody_shows_notifications_the_dialog_is_tried_all_the_same() {
    let act = |desktop: &Desktop| desktop.dialog().escape();
    let Some((_env, output)) = tried(Server::Nobody, "dialog = \"zenity\"\n", act) else { return };
    let [notification, dialog] = rows(&output.success()).try_into().expect("two");
    assert_eq!(dialog, json!(["dialog", true, "A dialog was shown by zenity and put off."]));
    assert_eq!(notification[1], false);
    assert!(notification[2].as_str().is_some_and(|why| why.contains("no notification can be shown")));
}

#[test]
fn a_notification_is_enough_where_the_code_is_typed_into_it_and_only_there() {
    for (server, can_ask) in [(REPLY, true), ("actions body", false)] {
        let act = |desktop: &Desktop| desktop.click("skip");
        let Some((_env, output)) = tried(Server::Mock(server), NO_DIALOG, act) else { return };
        let [notification, dialog] = rows(&output.exits(i32::from(!can_ask))).try_into().expect("two");
        let shown = "A notification was shown by mock-notify and answered.";
        assert_eq!(notification, json!(["notification", can_ask, shown]));
        assert_eq!(dialog[1], false);
        assert!(dialog[2].as_str().is_some_and(|why| why.contains("/nowhere/pinentry is not installed")));
    }
}

#[test]
fn what_works_is_of_no_use_while_the_screen_is_locked() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Mock(REPLY)) else { return };
    desktop.logind().locked(true);
    let trying = env.awsd(["doctor", "--prompts", "--json"]).spawn();
    desktop.notification();
    desktop.click("skip");
    desktop.dialog().escape();
    let [notification, dialog, screen] = rows(&trying.wait().exits(1)).try_into().expect("three");
    assert_eq!([&notification[1], &dialog[1], &screen[1]], [&json!(true), &json!(true), &json!(false)]);
    assert_eq!(screen[0], "screen");
    assert!(screen[2].as_str().is_some_and(|why| why.contains("the login manager has said so")), "{screen}");
}
