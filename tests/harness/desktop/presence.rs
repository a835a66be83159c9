//! What tells a program whether the person is there: the login manager and the screen savers, as python-dbusmock plays
//! them.

use std::collections::HashMap;

use zbus::zvariant::Value;

use super::{super::USER, Desktop, Running, Signal, server::dbusmock};

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER: &str = "/org/freedesktop/login1";
const SESSION: &str = "/org/freedesktop/login1/session/c1";
const SESSION_INTERFACE: &str = "org.freedesktop.login1.Session";

/// Service, path and interface of the two screen savers; the interfaces are named as the services are.
const SCREEN_SAVERS: [(&str, &str); 2] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
];

/// The login manager, in which the person has one session on the first seat.
pub struct Logind<'a>(&'a Desktop);

impl<'a> Logind<'a> {
    pub(super) fn on(desktop: &'a Desktop) -> Self {
        desktop.logind.get_or_init(|| {
            let running = dbusmock(&desktop.run).args(["--system", "--template", "logind"]).spawn();
            desktop.system.witness.name(LOGIND);
            let user = rustix::process::getuid().as_raw();
            let session = ("c1", "seat0", user, USER, true);
            desktop.system.mock(LOGIND, MANAGER, "AddSession", &session);
            running
        });
        Self(desktop)
    }

    /// The screen gets locked: the signal is sent, and the session says that it is locked.
    pub fn lock(&self) {
        self.ask_to_lock();
        self.locked(true);
    }

    /// The screen gets unlocked.
    pub fn unlock(&self) {
        self.ask_to_unlock();
        self.locked(false);
    }

    /// Somebody wants the screen locked, and no locker tells that it did so: `loginctl lock-session` without a locker, or with
    /// one that says nothing.
    pub fn ask_to_lock(&self) {
        self.session("Lock", &());
    }

    /// Somebody wants the screen unlocked.
    pub fn ask_to_unlock(&self) {
        self.session("Unlock", &());
    }

    /// A locker says that the screen is locked, or that it is not, whoever wanted it.
    pub fn locked(&self, locked: bool) {
        self.session("SetLockedHint", &locked);
    }

    /// The person has stopped (or begun again) to type and to move the mouse.
    pub fn idle(&self, idle: bool) {
        let properties = HashMap::from([("IdleHint", Value::from(idle))]);
        self.0.system.mock(LOGIND, SESSION, "UpdateProperties", &(SESSION_INTERFACE, properties));
    }

    /// The machine is about to sleep, or has just woken up.
    pub fn sleep(&self, asleep: bool) {
        let signal = ("org.freedesktop.login1.Manager", "PrepareForSleep");
        self.0.system.emit((LOGIND, MANAGER), signal, ("b", vec![asleep.into()]));
    }

    /// Waits until a signal with this name, and with this in its arguments, was sent on the system's bus; the last such.
    #[track_caller]
    pub fn signal(&self, member: &str, text: &str) -> Signal {
        self.0.system.witness.signal(member, text)
    }

    fn session<B>(&self, member: &str, body: &B)
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        self.0.system.call(LOGIND, SESSION, (SESSION_INTERFACE, member), body);
    }
}

/// Both screen savers get active, or stop being so.
pub(super) fn screen_savers(desktop: &Desktop, active: bool) {
    desktop.screen_savers.get_or_init(|| SCREEN_SAVERS.map(|saver| start(desktop, saver)));
    for (service, path) in SCREEN_SAVERS {
        desktop.session.call(service, path, (service, "SetActive"), &active);
    }
}

fn start(desktop: &Desktop, (service, path): (&str, &str)) -> Running {
    let running = dbusmock(&desktop.run).args(["--session", service, path, service]).spawn();
    desktop.session.witness.name(service);
    let set = "self.active = args[0]; self.EmitSignal('', 'ActiveChanged', 'b', [self.active])";
    let methods =
        [("GetActive", "", "b", "ret = getattr(self, 'active', False)"), ("SetActive", "b", "", set)];
    desktop.session.mock(service, path, "AddMethods", &(service, methods.to_vec()));
    running
}
