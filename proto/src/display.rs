//! Where a person can be asked: the few variables of a client's environment that say so.
//!
//! The client sends them and the daemon filters them again, by this one list. Nothing else of an environment may ever go
//! this way: the daemon hands these to the programs that ask, and most variables could change what a program does
//! (`LD_PRELOAD`, `PATH`, …).

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The variables that are sent: which screen and bus, in which language, at which terminal.
pub const VARIABLES: [&str; 14] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GPG_TTY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "TERM",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
];

/// The longest value, in bytes. No path is longer.
pub const MAX_VALUE: usize = 4096;

/// All values together, in bytes: as JSON at most twice as long, so that a request with them stays far below
/// [`crate::frame::MAX_REQUEST`].
const MAX_TOTAL: usize = 4 * MAX_VALUE;

/// Whether a variable may be sent and used with this value. An empty one counts as unset.
pub fn is_allowed(name: &str, value: &str) -> bool {
    VARIABLES.contains(&name)
        && (1..=MAX_VALUE).contains(&value.len())
        && !value.chars().any(char::is_control)
}

/// What an environment says, without what is not allowed or not UTF-8. Where everything together is too much, the values
/// that do not fit any more are left out: a question on the wrong screen is better than a request that is refused.
pub fn of(var: impl Fn(&str) -> Option<OsString>) -> BTreeMap<String, String> {
    let mut room = MAX_TOTAL;
    let mut fits = |value: &String| {
        let left = room.checked_sub(value.len());
        room = left.unwrap_or(room);
        left.is_some()
    };
    VARIABLES
        .into_iter()
        .filter_map(|name| Some((name, var(name)?.into_string().ok()?)))
        .filter(|(name, value)| is_allowed(name, value) && fits(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame;

    fn sent(vars: &[(&str, &str)]) -> Vec<(String, String)> {
        let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
        of(var).into_iter().collect()
    }

    #[test]
    fn only_what_is_on_the_list_is_sent_and_an_empty_value_is_none() {
        let found = sent(&[("DISPLAY", ":1"), ("LD_PRELOAD", "/x.so"), ("PATH", "/evil"), ("LANG", "")]);
        assert_eq!(found, [("DISPLAY".to_owned(), ":1".to_owned())]);
    }

    #[test]
    fn values_that_no_program_sets_are_left_out() {
        let (longest, longer) = ("x".repeat(MAX_VALUE), "x".repeat(MAX_VALUE + 1));
        let found =
            sent(&[("XAUTHORITY", &longest), ("DISPLAY", &longer), ("TERM", "a\nb"), ("LANG", "a\0")]);
        assert_eq!(found, [("XAUTHORITY".to_owned(), longest)]);
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf_8_is_left_out() {
        use std::os::unix::ffi::OsStringExt as _;
        assert!(of(|_| Some(OsString::from_vec(vec![b':', 0xff]))).is_empty());
    }

    #[test]
    fn an_environment_that_is_all_too_long_leaves_room_for_the_request() {
        let found = of(|_| Some("\"".repeat(MAX_VALUE).into()));
        assert_eq!(found.len(), MAX_TOTAL / MAX_VALUE);
        assert!(found.contains_key("DBUS_SESSION_BUS_ADDRESS") && found.contains_key("DISPLAY"));
        assert!(frame::encode(&found).unwrap().len() < frame::MAX_REQUEST * 2 / 3);
        let short = of(|name| Some(if name == "LANG" { "C" } else { found["DISPLAY"].as_str() }.into()));
        assert!(short.contains_key("LANG"), "what still fits is sent");
    }
}
