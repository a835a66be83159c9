//! Whatever a profile is called, its name shows harmlessly wherever a code is asked for: as text, on its line, cut where it
//! has no end.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use awsd_tests::harness::{Running, TestEnv, desktop::Server, programs};

use crate::{
    picture,
    questions::{CALLS, REPLY, guide},
    settings,
};

/// A name, and what is shown of it where nothing reads markup.
struct Odd {
    name: String,
    shown: String,
    picture: &'static str,
}

/// Colours, a bell, a title for the window, and the byte that begins a command for some terminals.
fn commands() -> Odd {
    let name = "a\u{1b}[31mb\u{7}c\u{1b}]0;d\u{9b}e";
    Odd { name: name.to_owned(), shown: "a�[31mb�c�]0;d�e".to_owned(), picture: "texts-commands.png" }
}

fn markup() -> Odd {
    let name = "<b>&amp;</b><img src=x>%0A\\n_f";
    Odd { name: name.to_owned(), shown: name.to_owned(), picture: "texts-markup.png" }
}

/// Longer than any line.
fn endless() -> Odd {
    let shown = "x".repeat(47) + "…";
    Odd { name: "x".repeat(300), shown, picture: "texts-endless.png" }
}

/// An override of the direction, an isolate, and words that run from the right.
fn backwards() -> Odd {
    let name = "a\u{202e}nimda\u{2066} שלום";
    Odd { name: name.to_owned(), shown: "a�nimda� שלום".to_owned(), picture: "texts-backwards.png" }
}

/// A person with a profile of this name.
fn named(odd: &Odd) -> TestEnv {
    let env = guide();
    let quoted = odd.name.replace('\\', "\\\\");
    let config = env.home().join(".aws/config");
    let text = fs::read_to_string(&config).expect("it was written");
    env.config(&text.replace("[profile developer]", &format!("[profile \"{quoted}\"]")));
    env
}

fn waiting(env: &TestEnv, odd: &Odd) -> Running {
    env.exec(&odd.name, ["echo", "it runs"]).spawn()
}

/// The first line of a notification or a dialog.
fn who_asks(shown: &str) -> String {
    format!("{shown}: echo it runs")
}

/// What was sent to a server with these capabilities begins with this line.
#[track_caller]
fn in_a_notification(odd: &Odd, capabilities: &'static str, line: &str) {
    let mut env = named(odd);
    let Some(desktop) = env.desktop(Server::Mock(capabilities)) else { return };
    let client = waiting(&env, odd);
    let sent = desktop.notification();
    assert_eq!(sent.summary, "AWS MFA code for alice");
    let lines: Vec<_> = sent.body.lines().collect();
    assert_eq!(lines[0], line);
    assert!(lines[1].starts_with("Waiting since ") && lines[2].starts_with("Device "), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    assert_eq!(env.calls(), CALLS);
}

/// Has pinentry's side of the conversation written down on its way, which never holds a code.
fn overheard(env: &TestEnv) -> Option<()> {
    let pinentry = programs::found("AWSD_TEST_PINENTRY", "pinentry-gtk-2")?;
    let said = env.root().join("said");
    let program =
        env.write("pinentry", format!("#!/bin/sh\ntee '{}' | '{}'\n", said.display(), pinentry.display()));
    fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("it is ours");
    settings(env, &format!("pinentry = \"{}\"\n", program.display()));
    Some(())
}

/// What pinentry was told to show, line by line.
#[track_caller]
fn description(env: &TestEnv) -> Vec<String> {
    let said = fs::read_to_string(env.root().join("said")).expect("pinentry was talked to");
    let line = said.lines().find_map(|line| line.strip_prefix("SETDESC ")).expect("a description");
    line.split("%0A").map(|line| line.replace("%25", "%")).collect()
}

/// The dialog opens, says this, and takes the code.
#[track_caller]
fn in_a_dialog(odd: &Odd) {
    let mut env = named(odd);
    let Some(()) = overheard(&env) else { return };
    let Some(desktop) = env.desktop(Server::Mock("actions body")) else { return };
    let client = waiting(&env, odd);
    desktop.click("enter");
    let dialog = desktop.dialog();
    assert_eq!(dialog.title(), "AWS MFA code for alice");
    let lines = description(&env);
    let process = lines.iter().position(|line| line.starts_with("Waiting since ")).expect("who asks");
    assert_eq!(lines[..2], ["AWS MFA code for alice", ""]);
    assert!(lines.iter().all(|line| line.chars().count() <= 72), "{lines:?}");
    // A long line is broken, at a blank where there is one.
    let whole = |text: &str| text.replace(' ', "");
    assert_eq!(whole(&lines[2..process].concat()), whole(&who_asks(&odd.shown)));
    desktop.screenshot(&picture(odd.picture));
    dialog.type_code(&env.sandbox.next_code("alice"));
    dialog.gone();
    assert_eq!(client.wait().success().stdout, "it runs\n");
    assert_eq!(env.calls(), CALLS);
}

/// The same with the dialogs of desktops, which have ideas of their own of what a text is. What they show is in the pictures;
/// here it is that they show it, with a title that no name has a part in, and that the code gets through.
#[track_caller]
fn in_a_window(odd: &Odd, program: &str) {
    if programs::found(&format!("AWSD_TEST_{}", program.to_uppercase()), program).is_none() {
        return;
    }
    let mut env = named(odd);
    settings(&env, &format!("dialog = \"{program}\"\n"));
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let client = waiting(&env, odd);
    let dialog = desktop.dialog();
    assert!(dialog.title().starts_with("AWS MFA code for alice"), "{}", dialog.title());
    desktop.screenshot(&picture(&format!("{program}-{}", odd.picture)));
    dialog.type_code(&env.sandbox.next_code("alice"));
    dialog.gone();
    assert_eq!(client.wait().success().stdout, "it runs\n");
    assert_eq!(env.calls(), CALLS);
}

/// A terminal breaks long lines itself, so that nothing is cut.
#[track_caller]
fn at_a_terminal(odd: &Odd, shown: &str) {
    let env = named(odd);
    let mut terminal = env.exec(&odd.name, ["echo", "it runs"]).terminal();
    terminal.expect(&format!("MFA code for alice ({shown}): "));
    let before = terminal.shown();
    assert!(!before.chars().any(|c| matches!(c, '\u{7}' | '\u{9b}' | '\u{202e}' | '\u{2066}')), "{before:?}");
    terminal.send_line(&env.sandbox.next_code("alice"));
    terminal.expect("it runs");
    terminal.wait().success();
    assert_eq!(env.calls(), CALLS);
}

#[test]
fn a_notification_is_text() {
    for odd in [commands(), markup(), endless(), backwards()] {
        in_a_notification(&odd, REPLY, &who_asks(&odd.shown));
    }
}

#[test]
fn a_notification_that_is_read_as_markup_has_none() {
    const MARKUP: &str = "actions body body-markup inline-reply";
    in_a_notification(&commands(), MARKUP, &who_asks(&commands().shown));
    let escaped = "&lt;b&gt;&amp;amp;&lt;/b&gt;&lt;img src=x&gt;%0A\\n_f";
    in_a_notification(&markup(), MARKUP, &who_asks(escaped));
    in_a_notification(&backwards(), MARKUP, &who_asks(&backwards().shown));
}

#[test]
fn a_dialog_is_text() {
    for odd in [commands(), markup(), endless(), backwards()] {
        in_a_dialog(&odd);
    }
}

#[test]
fn a_terminal_gets_text() {
    for odd in [commands(), markup(), backwards()] {
        at_a_terminal(&odd, &odd.shown);
    }
    at_a_terminal(&endless(), &endless().name);
}

#[test]
fn zenity_and_kdialog_show_text() {
    for odd in [commands(), markup(), endless(), backwards()] {
        in_a_window(&odd, "zenity");
        in_a_window(&odd, "kdialog");
    }
}
