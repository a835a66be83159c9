//! The lock of the screen, as people and programs are told of it.

use awsd_core::effect::ScreenLock;
use awsd_core::event::LockedBy;
use awsd_proto::{self as proto, PromptCheck};

/// For `status`.
pub(super) fn row(lock: ScreenLock) -> proto::ScreenLock {
    let by = match lock.by {
        LockedBy::LoginManager => proto::LockedBy::LoginManager,
        LockedBy::ScreenSaver => proto::LockedBy::ScreenSaver,
        LockedBy::Request => proto::LockedBy::Request,
    };
    proto::ScreenLock { by, age: lock.age.as_secs() }
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
