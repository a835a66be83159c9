//! Lock, sleep and idleness are told as the real services tell them.

use awsd_tests::harness::{TestEnv, desktop::Server};

#[test]
fn the_login_manager_tells_of_locks_and_sleep() {
    let mut env = TestEnv::guide();
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    let logind = desktop.logind();
    logind.lock();
    logind.signal("Lock", "");
    logind.signal("PropertiesChanged", "\"LockedHint\": <true>");
    logind.unlock();
    logind.signal("Unlock", "");
    logind.signal("PropertiesChanged", "\"LockedHint\": <false>");
    logind.idle(true);
    logind.signal("PropertiesChanged", "\"IdleHint\": <true>");
    logind.sleep(true);
    logind.signal("PrepareForSleep", "(true,)");
}

#[test]
fn the_screen_savers_tell_of_themselves() {
    let mut env = TestEnv::guide();
    let Some(desktop) = env.desktop(Server::Nobody) else { return };
    for active in [true, false] {
        desktop.screen_saver(active);
        desktop.signal("ActiveChanged", &format!("({active},)"));
        for service in ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"] {
            let path = format!("/{}", service.replace('.', "/"));
            let call = ["call", "--session", "--dest", service, "--object-path", &path, "--method"];
            let asked = desktop.command("gdbus").args(call).args([format!("{service}.GetActive")]);
            assert_eq!(asked.run().success().stdout, format!("({active},)\n"), "{service}");
        }
    }
}

#[test]
fn each_desktop_has_screen_savers_of_its_own() {
    let mut env = TestEnv::guide();
    let Some(here) = env.desktop(Server::Nobody) else { return };
    let Some(there) = env.desktop(Server::Nobody) else { return };
    for (desktop, active) in [(&here, true), (&there, false)] {
        desktop.screen_saver(active);
        desktop.signal("ActiveChanged", &format!("({active},)"));
    }
    for (desktop, active) in [(&here, true), (&there, false)] {
        let service = "org.gnome.ScreenSaver";
        let call = ["call", "--session", "--dest", service, "--object-path", "/org/gnome/ScreenSaver"];
        let call = desktop.command("gdbus").args(call).args(["--method", "org.gnome.ScreenSaver.GetActive"]);
        assert_eq!(call.run().success().stdout, format!("({active},)\n"));
    }
}
