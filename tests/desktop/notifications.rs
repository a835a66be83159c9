//! Notifications are seen, clicked, put away, replaced; their server hangs, dies and comes back.

use std::{
    fs,
    panic::{self, AssertUnwindSafe},
    time::Duration,
};

use awsd_tests::harness::{
    TestEnv,
    desktop::{Desktop, Server},
};

use crate::{call, call_within, notify, picture};

const MOCK: Server = Server::Mock("actions body inline-reply");

/// What every server must be able to do here.
fn notifications_are_clicked_and_put_away(server: Server) -> Option<(TestEnv, Desktop)> {
    let mut env = TestEnv::guide();
    let desktop = env.desktop(server)?;
    for key in ["default", "skip"] {
        notify(&desktop, "0", "MFA code for alice");
        let shown = desktop.notification();
        assert_eq!(shown.summary, "MFA code for alice");
        assert!(shown.body.starts_with("terraform (pid 4711)"), "{shown:?}");
        let pair = |key: &str, label: &str| (key.to_owned(), label.to_owned());
        assert_eq!(shown.actions, [pair("default", "Enter code"), pair("skip", "Not now")]);
        desktop.click(key);
        desktop.signal("ActionInvoked", &format!("(uint32 {}, \"{key}\")", shown.id));
        if server == Server::Dunst && key != "default" {
            // What was chosen from a menu stays until the program takes it away.
            call(&desktop, "CloseNotification", &[&shown.id.to_string()]).success();
        }
        desktop.no_notification();
    }
    notify(&desktop, "0", "MFA code for alice");
    let shown = desktop.notification();
    desktop.dismiss();
    desktop.signal("NotificationClosed", &format!("(uint32 {}, uint32 2)", shown.id));
    desktop.no_notification();
    Some((env, desktop))
}

/// A notification in the place of another one is the only one, and closed when that is asked for.
fn a_notification_is_replaced_and_closed(desktop: &Desktop) {
    notify(desktop, "0", "MFA code for alice");
    let id = desktop.notification().id.to_string();
    notify(desktop, &id, "The code was wrong");
    let shown = desktop.notification_with("wrong");
    assert_eq!((shown.id.to_string(), shown.replaces), (id.clone(), shown.id));
    assert_eq!(desktop.notifications().iter().filter(|notification| notification.open).count(), 1);
    call(desktop, "CloseNotification", &[&id]).success();
    desktop.no_notification();
}

fn a_server_hangs_dies_and_comes_back(desktop: &Desktop) {
    desktop.stop_server();
    let hangs = call_within(desktop, Duration::from_secs(1), "GetCapabilities", &[]).exits(1);
    assert!(hangs.stderr.contains("Timeout"), "{}", hangs.stderr);
    desktop.continue_server();
    assert!(call(desktop, "GetCapabilities", &[]).success().stdout.contains("'actions'"));
    notify(desktop, "0", "MFA code for alice");
    desktop.notification();
    desktop.kill_server();
    desktop.no_notification();
    assert!(call(desktop, "GetCapabilities", &[]).exits(1).stderr.contains("ServiceUnknown"));
    desktop.start_server();
    notify(desktop, "0", "MFA code for alice");
    desktop.click("default");
    desktop.no_notification();
}

fn is_a_picture(desktop: &Desktop, name: &str) {
    notify(desktop, "0", "MFA code for alice");
    desktop.notification();
    let path = picture(name);
    desktop.screenshot(&path);
    assert!(fs::read(&path).unwrap().starts_with(b"\x89PNG"), "{}", path.display());
}

#[test]
fn dunst() {
    let Some((_env, desktop)) = notifications_are_clicked_and_put_away(Server::Dunst) else { return };
    a_notification_is_replaced_and_closed(&desktop);
    a_server_hangs_dies_and_comes_back(&desktop);
    is_a_picture(&desktop, "dunst.png");
}

#[test]
fn xfce() {
    let Some((_env, desktop)) = notifications_are_clicked_and_put_away(Server::Xfce) else { return };
    a_notification_is_replaced_and_closed(&desktop);
    a_server_hangs_dies_and_comes_back(&desktop);
    is_a_picture(&desktop, "xfce.png");
}

#[test]
fn mock() {
    let Some((_env, desktop)) = notifications_are_clicked_and_put_away(MOCK) else { return };
    a_notification_is_replaced_and_closed(&desktop);
    a_server_hangs_dies_and_comes_back(&desktop);
    let capabilities = call(&desktop, "GetCapabilities", &[]).success().stdout;
    assert_eq!(capabilities, "(['actions', 'body', 'inline-reply'],)\n");
    notify(&desktop, "0", "MFA code for alice");
    let shown = desktop.notification();
    desktop.reply("123456");
    desktop.signal("NotificationReplied", &format!("(uint32 {}, \"123456\")", shown.id));
    desktop.no_notification();
}

#[test]
fn nobody_shows_anything() {
    let mut env = TestEnv::guide();
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    assert!(call(&desktop, "GetCapabilities", &[]).exits(1).stderr.contains("ServiceUnknown"));
    assert_eq!(desktop.notifications().len(), 0);
}

#[test]
fn a_secret_in_a_notification_is_found() {
    let mut env = TestEnv::guide();
    let Some(desktop) = env.desktop(Server::Dunst) else { return };
    notify(&desktop, "0", &env.sandbox.canaries()[0]);
    desktop.notification();
    drop(desktop);
    let end = panic::catch_unwind(AssertUnwindSafe(|| drop(env))).unwrap_err();
    let found = end.downcast_ref::<String>().unwrap();
    assert!(found.contains("the notifications on the session bus"), "{found}");
}

#[test]
fn desktops_stand_side_by_side() {
    let mut envs = [TestEnv::guide(), TestEnv::guide()];
    let desktops: Vec<_> = envs.iter_mut().filter_map(|env| env.desktop(Server::Dunst)).collect();
    let [one, other] = desktops.as_slice() else { return };
    notify(one, "0", "only here");
    notify(other, "0", "only there");
    one.click("default");
    one.no_notification();
    assert!(other.notification().open);
    assert_eq!(other.notifications().len(), 1);
}
