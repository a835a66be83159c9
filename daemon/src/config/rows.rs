//! The settings as they are shown: every one of them, its value, and where that comes from.

use std::path::Path;
use std::time::Duration;

use awsd_proto::{Setting, duration};

use super::{Dialog, Set, Settings};

/// A value as it would be written in the file, and its line. What can only be said by saying nothing is in parentheses.
type Shown = (String, Option<usize>);

/// Each setting, in the order in which the README explains them. `session_name` is the name of role sessions that
/// nobody has set.
pub(super) fn rows(settings: &Settings, file: &Path, session_name: &str) -> Vec<Setting> {
    let Settings {
        mfa_duration,
        via,
        wait,
        role_session_name,
        desktop,
        notify_after,
        offer_before,
        offer_pause,
        offer_if_used,
        offer_not_today,
        not_now,
        lock_on_screen_lock,
        dialog,
        pinentry,
        allow_long_lived,
        source_refresh_command,
    } = settings;
    let tried: Vec<_> = Dialog::TRIED.iter().map(|dialog| dialog.name()).collect();
    let any_dialog = format!("(the first that works: {})", tried.join(", "));
    let defaults = [
        ("mfa_duration", time(mfa_duration)),
        ("via", (quoted(via.value.name()), via.line)),
        ("wait", time(wait)),
        (
            "role_session_name",
            optional(role_session_name.as_ref(), |name| quoted(name), quoted(session_name)),
        ),
        ("desktop", flag(desktop)),
        ("notify_after", time(notify_after)),
        ("not_now", time(not_now)),
        ("dialog", optional(dialog.as_ref(), |dialog| quoted(dialog.name()), any_dialog)),
        (
            "pinentry",
            optional(
                pinentry.as_ref(),
                |path| quoted(&path.display().to_string()),
                "(pinentry in PATH)".to_owned(),
            ),
        ),
        ("offer_before", time(offer_before)),
        ("offer_pause", time(offer_pause)),
        ("offer_if_used", time(offer_if_used)),
        ("offer_not_today", time(offer_not_today)),
        ("lock_on_screen_lock", flag(lock_on_screen_lock)),
    ];
    let defaults = defaults.map(|(key, shown)| (format!("defaults.{key}"), shown));
    let of_any_profile =
        [("allow_long_lived", "false"), ("source_refresh_command", "(the person signs in without awsd)")]
            .map(|(key, value)| (format!("profile.*.{key}"), (value.to_owned(), None)));
    let allowed = allow_long_lived.iter().map(|(profile, set)| (profile, "allow_long_lived", flag(set)));
    let commands = source_refresh_command
        .iter()
        .map(|(profile, set)| (profile, "source_refresh_command", (command(&set.value), set.line)));
    let of_profiles =
        allowed.chain(commands).map(|(profile, key, shown)| (format!("profile.{profile}.{key}"), shown));
    let origin =
        |line: Option<usize>| line.map_or("built in".to_owned(), |line| format!("{}:{line}", file.display()));
    let row = |(key, (value, line))| Setting { key, value, origin: origin(line) };
    defaults.into_iter().chain(of_any_profile).chain(of_profiles).map(row).collect()
}

fn time(set: &Set<Duration>) -> Shown {
    (quoted(&duration::format(set.value)), set.line)
}

fn flag(set: &Set<bool>) -> Shown {
    (set.value.to_string(), set.line)
}

fn command(words: &[String]) -> String {
    quoted(&shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default())
}

fn optional<T>(set: Option<&Set<T>>, show: impl Fn(&T) -> String, otherwise: String) -> Shown {
    set.map_or((otherwise, None), |set| (show(&set.value), set.line))
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// What is shown for this text of the file.
    fn shown(text: &str) -> Vec<[String; 3]> {
        let file = Path::new("/c.toml");
        let settings = parse::settings(file, text).unwrap();
        rows(&settings, file, "awsd-alice").into_iter().map(|row| [row.key, row.value, row.origin]).collect()
    }

    #[test]
    fn what_is_set_is_shown_with_its_line() {
        let rows = shown(
            "[defaults]\nmfa_duration = \"8h\"\nwait = \"2m\"\nrole_session_name = \"alice@laptop\"\n\
             desktop = false\nnotify_after = \"1s\"\noffer_before = \"20m\"\noffer_pause = \"1h\"\n\
             lock_on_screen_lock = true\ndialog = \"zenity\"\npinentry = \"/bin/pinentry\"\nvia = \"server\"\n\
             not_now = \"5m\"\noffer_if_used = \"2h\"\noffer_not_today = \"8h\"\n\
             [profile.\"my account\"]\nallow_long_lived = true\n\
             source_refresh_command = \"saml2aws login  -a 'my account'\"\n",
        );
        let expected = [
            ["defaults.mfa_duration", "\"8h\"", "/c.toml:2"],
            ["defaults.via", "\"server\"", "/c.toml:12"],
            ["defaults.wait", "\"2m\"", "/c.toml:3"],
            ["defaults.role_session_name", "\"alice@laptop\"", "/c.toml:4"],
            ["defaults.desktop", "false", "/c.toml:5"],
            ["defaults.notify_after", "\"1s\"", "/c.toml:6"],
            ["defaults.not_now", "\"5m\"", "/c.toml:13"],
            ["defaults.dialog", "\"zenity\"", "/c.toml:10"],
            ["defaults.pinentry", "\"/bin/pinentry\"", "/c.toml:11"],
            ["defaults.offer_before", "\"20m\"", "/c.toml:7"],
            ["defaults.offer_pause", "\"1h\"", "/c.toml:8"],
            ["defaults.offer_if_used", "\"2h\"", "/c.toml:14"],
            ["defaults.offer_not_today", "\"8h\"", "/c.toml:15"],
            ["defaults.lock_on_screen_lock", "true", "/c.toml:9"],
            ["profile.*.allow_long_lived", "false", "built in"],
            ["profile.*.source_refresh_command", "(the person signs in without awsd)", "built in"],
            ["profile.my account.allow_long_lived", "true", "/c.toml:17"],
            ["profile.my account.source_refresh_command", "\"saml2aws login -a 'my account'\"", "/c.toml:18"],
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn what_nobody_has_set_is_shown_as_well() {
        let rows = shown("");
        for key in parse::DEFAULTS {
            assert!(rows.iter().any(|[shown, ..]| *shown == format!("defaults.{key}")), "{key}");
        }
        for key in parse::PROFILE {
            assert!(rows.iter().any(|[shown, ..]| *shown == format!("profile.*.{key}")), "{key}");
        }
        assert_eq!(rows.len(), parse::DEFAULTS.len() + parse::PROFILE.len());
        assert!(rows.iter().all(|[.., origin]| origin == "built in"));
        for (key, value) in [
            ("role_session_name", "\"awsd-alice\""),
            ("dialog", "(the first that works: pinentry, zenity, kdialog)"),
            ("pinentry", "(pinentry in PATH)"),
        ] {
            let key = format!("defaults.{key}");
            assert!(rows.iter().any(|[shown, found, _]| *shown == key && found == value), "{rows:?}");
        }
    }
}
