//! Where a person is: the few variables of a client's environment that say so.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use awsd_core::event::{self, Desktop};
use awsd_proto::display;

/// The variables that programs get from the daemon itself. Windows has more of them without which programs do not start.
#[cfg(not(windows))]
const OWN: [&str; 2] = ["HOME", "PATH"];
#[cfg(windows)]
const OWN: [&str; 11] = [
    "APPDATA",
    "ComSpec",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "SystemDrive",
    "SystemRoot",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "windir",
];

/// What says where a desktop is: its screen and its bus. Two callers with the same values here look at the same desktop,
/// whatever terminal and language they have.
const DESKTOP: [&str; 5] =
    ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"];

/// A user of these systems has one desktop, which no variable names.
const ONE_DESKTOP: bool = cfg!(any(target_os = "macos", windows));

/// The allow-listed variables of the client that asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Display(Arc<BTreeMap<String, String>>);

impl Display {
    /// Takes what is allowed, and leaves the rest: clients are not trusted to have done so.
    pub(crate) fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let allowed = variables.into_iter().filter(|(name, value)| display::is_allowed(name, value));
        Self(Arc::new(allowed.collect()))
    }

    /// What the daemon's own environment says: the desktop from which it was started, which may be none.
    pub(crate) fn own() -> Self {
        Self::new(display::of(|name| std::env::var_os(name)))
    }

    /// The desktop that it names.
    pub(crate) fn desktop(&self) -> Option<Desktop> {
        let is_named = self.has_screen() || self.get("DBUS_SESSION_BUS_ADDRESS").is_some();
        let says_where = |name: &str| match name {
            _ if ONE_DESKTOP => false,
            "XAUTHORITY" => self.get("DISPLAY").is_some(),
            _ => DESKTOP.contains(&name),
        };
        let place = self.0.iter().filter(|(name, _)| says_where(name));
        is_named
            .then(|| Desktop(Arc::new(place.map(|(name, value)| (name.clone(), value.clone())).collect())))
    }

    /// Somebody can see a window, as far as the variables tell.
    pub(crate) fn has_screen(&self) -> bool {
        ONE_DESKTOP || self.get("DISPLAY").or_else(|| self.get("WAYLAND_DISPLAY")).is_some()
    }

    /// The address of the session bus. Only sockets count: an address can also name a host, or a program to be run.
    pub(crate) fn bus(&self) -> Option<String> {
        if let Some(addresses) = self.get("DBUS_SESSION_BUS_ADDRESS") {
            return addresses.split(';').find(|address| address.starts_with("unix:")).map(str::to_owned);
        }
        self.get("XDG_RUNTIME_DIR").map(|directory| format!("unix:path={directory}/bus"))
    }

    /// The login manager's name for the session.
    pub(crate) fn session(&self) -> Option<&str> {
        self.get("XDG_SESSION_ID")
    }

    /// The whole environment of a program that asks this person.
    pub(crate) fn environment(&self) -> BTreeMap<OsString, OsString> {
        let own = OWN.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
        own.chain(self.0.iter().map(|(name, value)| (name.into(), value.into()))).collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl From<Display> for event::Display {
    fn from(display: Display) -> Self {
        Self { desktop: display.desktop(), variables: display.0 }
    }
}

impl From<&event::Display> for Display {
    fn from(display: &event::Display) -> Self {
        Self(Arc::clone(&display.variables))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display(variables: &[(&str, &str)]) -> Display {
        Display::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn only_what_is_allowed_is_taken_over() {
        let display =
            display(&[("DISPLAY", ":1"), ("LD_PRELOAD", "/x.so"), ("LANG", "a\0b"), ("PATH", "/evil")]);
        assert_eq!(display, super::tests::display(&[("DISPLAY", ":1")]));
        let environment = display.environment();
        assert_eq!(environment.get(&OsString::from("PATH")), std::env::var_os("PATH").as_ref());
        assert!(environment.keys().all(|name| name == "DISPLAY" || OWN.iter().any(|own| name == own)));
    }

    #[test]
    fn a_bus_is_a_socket() {
        let bus =
            |address| display(&[("DBUS_SESSION_BUS_ADDRESS", address), ("XDG_RUNTIME_DIR", "/r")]).bus();
        assert_eq!(bus("unix:path=/b,guid=1").as_deref(), Some("unix:path=/b,guid=1"));
        assert_eq!(bus("tcp:host=h;unix:path=/b").as_deref(), Some("unix:path=/b"));
        assert_eq!(bus("unixexec:path=/bin/sh"), None);
        assert_eq!(bus("autolaunch:"), None);
        assert_eq!(display(&[("XDG_RUNTIME_DIR", "/r")]).bus().as_deref(), Some("unix:path=/r/bus"));
        assert_eq!(Display::default().bus(), None);
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn a_desktop_has_a_screen_or_a_bus() {
        let named = |name, value| display(&[(name, value)]).desktop().is_some();
        assert!(named("DISPLAY", ":1") && named("WAYLAND_DISPLAY", "wayland-1"));
        assert!(named("DBUS_SESSION_BUS_ADDRESS", "unix:path=/b"));
        // A terminal over ssh has a runtime directory, too.
        assert!(!named("XDG_RUNTIME_DIR", "/r") && !named("DISPLAY", ""));
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn desktops_differ_in_where_they_are() {
        let of = |more: &[(&str, &str)]| {
            display(&[&[("DISPLAY", ":1"), ("XDG_RUNTIME_DIR", "/r")], more].concat()).desktop()
        };
        for same in [("TERM", "xterm"), ("GPG_TTY", "/dev/pts/1"), ("LANG", "C"), ("XDG_SESSION_ID", "7")] {
            assert_eq!(of(&[same]), of(&[]), "{same:?}");
        }
        for other in [
            ("DISPLAY", ":2"),
            ("WAYLAND_DISPLAY", "wayland-1"),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/b"),
            ("XAUTHORITY", "/x"),
        ] {
            assert_ne!(of(&[other]), of(&[]), "{other:?}");
        }
        let bus = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/b");
        assert_eq!(display(&[bus, ("XAUTHORITY", "/x")]).desktop(), display(&[bus]).desktop());
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn a_screen_is_of_x11_or_wayland() {
        assert!(display(&[("DISPLAY", ":1")]).has_screen());
        assert!(display(&[("WAYLAND_DISPLAY", "wayland-1")]).has_screen());
        assert!(!display(&[("DISPLAY", ""), ("TERM", "xterm")]).has_screen());
    }
}
