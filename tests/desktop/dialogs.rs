//! What is typed into dialogs arrives, and a dialog that is not wanted goes.

use awsd_tests::harness::{
    Output, Running, TestEnv,
    desktop::{Desktop, Server},
    programs,
};

use crate::picture;

/// One question asked by pinentry in its own protocol. It waits for the answer for as long as it takes.
const QUESTION: &str = "OPTION no-grab\nSETTIMEOUT 0\nSETTITLE awsd: MFA code\nSETDESC MFA code for alice%0A(my_resource_account)\n\
                        SETPROMPT Code:\nGETPIN\nBYE\n";

fn pinentry(env: &TestEnv) -> Option<Running> {
    let program = programs::found("AWSD_TEST_PINENTRY", "pinentry-gtk-2")?;
    Some(env.command(program).stdin(QUESTION).spawn())
}

fn zenity(env: &TestEnv) -> Option<Running> {
    let program = programs::found("AWSD_TEST_ZENITY", "zenity")?;
    Some(
        env.command(program).args(["--entry", "--title=awsd: MFA code", "--text=MFA code for alice"]).spawn(),
    )
}

/// Opens a dialog, and lets the person do something with it.
fn answered(ask: fn(&TestEnv) -> Option<Running>, act: impl FnOnce(&Desktop)) -> Option<Output> {
    let mut env = TestEnv::guide();
    let desktop = env.desktop(Server::Nobody)?;
    let asking = ask(&env)?;
    act(&desktop);
    let output = asking.wait();
    assert_eq!(desktop.dialogs(), 0);
    Some(output)
}

fn types_a_code(desktop: &Desktop, name: &str) {
    let dialog = desktop.dialog();
    assert_eq!(dialog.title(), "awsd: MFA code");
    desktop.screenshot(&picture(name));
    dialog.type_code("123456");
    dialog.gone();
}

#[test]
fn a_code_is_typed_into_pinentry() {
    let act = |desktop: &Desktop| types_a_code(desktop, "pinentry.png");
    let Some(output) = answered(pinentry, act) else { return };
    assert!(output.stdout.contains("\nD 123456\n"), "{}", output.stdout);
}

#[test]
fn a_code_is_typed_into_zenity() {
    let act = |desktop: &Desktop| types_a_code(desktop, "zenity.png");
    let Some(output) = answered(zenity, act) else { return };
    assert_eq!(output.success().stdout, "123456\n");
}

/// How pinentry says that the person has cancelled.
const CANCELLED: &str = "\nERR 83886179 ";

#[test]
fn escape_cancels_a_dialog() {
    let act = |desktop: &Desktop| {
        let dialog = desktop.dialog();
        dialog.escape();
        dialog.gone();
    };
    let Some(output) = answered(pinentry, act) else { return };
    assert!(output.stdout.contains(CANCELLED), "{}", output.stdout);
}

#[test]
fn a_dialog_is_closed_by_the_window_manager() {
    let act = |desktop: &Desktop| {
        let dialog = desktop.dialog();
        dialog.close();
        dialog.gone();
    };
    let Some(output) = answered(pinentry, act) else { return };
    assert!(output.stdout.contains(CANCELLED), "{}", output.stdout);
}

#[test]
fn a_dialog_whose_program_is_ended_is_gone() {
    let mut env = TestEnv::guide();
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let Some(asking) = pinentry(&env) else { return };
    let dialog = desktop.dialog();
    drop(asking);
    dialog.gone();
}
