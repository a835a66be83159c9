//! The lock of the screen, as people and programs are told of it.

use awsd_core::effect::ScreenLock;
use awsd_core::event::{Desktop, LockedBy};
use awsd_proto::{self as proto, PromptCheck};

/// For `status`: the lock of a desktop that has a name where it is one of several.
pub(super) fn row(desktop: Option<String>, lock: ScreenLock) -> proto::ScreenLock {
    let by = match lock.by {
        LockedBy::LoginManager => proto::LockedBy::LoginManager,
        LockedBy::ScreenSaver => proto::LockedBy::ScreenSaver,
        LockedBy::Request => proto::LockedBy::Request,
    };
    proto::ScreenLock { by, age: lock.age.as_secs(), desktop }
}

/// How people call a desktop. None is the daemon's own.
pub(super) fn name(desktop: Option<&Desktop>) -> String {
    let says = ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"];
    let named = desktop.and_then(|desktop| says.iter().find_map(|name| desktop.0.get(*name)));
    named.map_or("of the daemon", String::as_str).to_owned()
}

/// For the test of the ways to ask: whatever has worked there, nothing is asked behind a lock.
pub(crate) fn check(lock: ScreenLock) -> PromptCheck {
    let hint = match lock.by {
        LockedBy::LoginManager => {
            "unlock it; where no locker runs, one has left its mark behind: busctl call org.freedesktop.login1 \
             /org/freedesktop/login1/session/auto org.freedesktop.login1.Session SetLockedHint b false"
        }
        LockedBy::ScreenSaver => "unlock it, or end the screen saver",
        LockedBy::Request => "if nothing has locked it: loginctl unlock-session, or wait a minute",
    };
    PromptCheck {
        surface: PromptCheck::SCREEN.to_owned(),
        ok: false,
        sentence: format!("The desktop asks nothing while the screen counts as locked: {lock}."),
        hint: Some(hint.to_owned()),
    }
}
