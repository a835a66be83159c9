//! The text of `config.toml`: every key is known and every value is in its range, or the file is refused with the line.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use awsd_proto::{Via, duration};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Broken, Dialog, Set, Settings};

/// What AWS allows for `GetSessionToken`.
const MFA_DURATION: RangeInclusive<Duration> = Duration::from_mins(15)..=Duration::from_hours(36);

/// Long enough for a person to find the phone, short enough not to be for ever.
const WAIT: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(24);

/// Without any, an offer that is put off would be back at once, for ever.
const PAUSE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);

/// A key as it stands in the file, and its value.
type Entry<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// The keys of `[defaults]`.
pub(super) const DEFAULTS: [&str; 14] = [
    "mfa_duration",
    "via",
    "wait",
    "role_session_name",
    "desktop",
    "notify_after",
    "not_now",
    "offer_before",
    "offer_pause",
    "offer_if_used",
    "offer_not_today",
    "lock_on_screen_lock",
    "dialog",
    "pinentry",
];

/// The keys of `[profile.NAME]`.
pub(super) const PROFILE: [&str; 2] = ["allow_long_lived", "source_refresh_command"];

/// Reads the settings.
pub(super) fn settings(path: &Path, text: &str) -> Result<Settings, Broken> {
    let file = File { path, text };
    let root = DeTable::parse(text).map_err(|error| file.broken(error.span(), error.message().to_owned()))?;
    let mut settings = Settings::default();
    for (key, value) in root.get_ref() {
        match key.get_ref().as_ref() {
            "defaults" => file.defaults(&mut settings, value)?,
            "profile" => {
                for (name, profile) in file.table(value)? {
                    file.profile(&mut settings, name.get_ref(), profile)?;
                }
            }
            other => return Err(file.unknown(key.span(), other, &["defaults", "profile"])),
        }
    }
    Ok(settings)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn defaults(&self, settings: &mut Settings, table: &Spanned<DeValue<'_>>) -> Result<(), Broken> {
        for entry @ (key, value) in self.table(table)? {
            match key.get_ref().as_ref() {
                "mfa_duration" => settings.mfa_duration = self.duration(entry, &MFA_DURATION)?,
                "via" => settings.via = self.via(entry)?,
                "wait" => settings.wait = self.duration(entry, &WAIT)?,
                "desktop" => settings.desktop = self.yes_or_no(entry)?,
                "notify_after" => settings.notify_after = self.duration(entry, &WAIT)?,
                "offer_before" => settings.offer_before = self.duration(entry, &WAIT)?,
                "offer_pause" => settings.offer_pause = self.duration(entry, &PAUSE)?,
                "offer_if_used" => settings.offer_if_used = self.duration(entry, &WAIT)?,
                "offer_not_today" => settings.offer_not_today = self.duration(entry, &PAUSE)?,
                "not_now" => settings.not_now = self.duration(entry, &WAIT)?,
                "lock_on_screen_lock" => settings.lock_on_screen_lock = self.yes_or_no(entry)?,
                "dialog" => settings.dialog = Some(self.dialog(entry)?),
                "pinentry" => settings.pinentry = Some(self.set(key, self.program(value)?)),
                "role_session_name" => {
                    let name = self.string(value)?;
                    if !is_session_name(name) {
                        let problem =
                            "a role session name has 2 to 64 letters, digits and _+=,.@-".to_owned();
                        return Err(self.broken(Some(value.span()), problem));
                    }
                    settings.role_session_name = Some(self.set(key, name.to_owned()));
                }
                other if PROFILE.contains(&other) => {
                    return Err(self.misplaced(key.span(), other, "[profile.NAME]"));
                }
                other => return Err(self.unknown(key.span(), other, &DEFAULTS)),
            }
        }
        Ok(())
    }

    fn profile(
        &self,
        settings: &mut Settings,
        name: &str,
        table: &Spanned<DeValue<'_>>,
    ) -> Result<(), Broken> {
        for (key, value) in self.table(table)? {
            match key.get_ref().as_ref() {
                "allow_long_lived" => {
                    settings.allow_long_lived.insert(name.to_owned(), self.yes_or_no((key, value))?);
                }
                "source_refresh_command" => {
                    settings.source_refresh_command.insert(name.to_owned(), self.command((key, value))?);
                }
                other if DEFAULTS.contains(&other) => {
                    return Err(self.misplaced(key.span(), other, "[defaults]"));
                }
                other => return Err(self.unknown(key.span(), other, &PROFILE)),
            }
        }
        Ok(())
    }

    /// Its words are what a shell would make of the line.
    fn command(&self, (key, value): Entry<'_, '_>) -> Result<Set<Arc<[String]>>, Broken> {
        let line = self.string(value)?;
        match shlex::split(line) {
            Some(words) if !words.is_empty() && !line.contains('\0') => Ok(self.set(key, words.into())),
            _ => {
                let problem =
                    format!("{} is a program and its arguments, with quotes that are closed", key.get_ref());
                Err(self.broken(Some(value.span()), problem))
            }
        }
    }

    fn yes_or_no(&self, (key, value): Entry<'_, '_>) -> Result<Set<bool>, Broken> {
        let problem = || self.broken(Some(value.span()), format!("{} is true or false", key.get_ref()));
        value.get_ref().as_bool().map(|yes| self.set(key, yes)).ok_or_else(problem)
    }

    fn dialog(&self, (key, value): Entry<'_, '_>) -> Result<Set<Dialog>, Broken> {
        let named = self.string(value)?;
        let known = Dialog::ALL.into_iter().find(|dialog| dialog.name() == named);
        known.map(|dialog| self.set(key, dialog)).ok_or_else(|| {
            self.broken(
                Some(value.span()),
                "dialog is pinentry, zenity, kdialog, osascript or powershell".to_owned(),
            )
        })
    }

    fn via(&self, (key, value): Entry<'_, '_>) -> Result<Set<Via>, Broken> {
        let named = self.string(value)?;
        let known = Via::ALL.into_iter().find(|via| via.name() == named);
        known
            .map(|via| self.set(key, via))
            .ok_or_else(|| self.broken(Some(value.span()), "via is env, process or server".to_owned()))
    }

    /// A relative path would depend on where the daemon was started.
    fn program(&self, value: &Spanned<DeValue<'_>>) -> Result<PathBuf, Broken> {
        let path = PathBuf::from(self.string(value)?);
        let problem =
            || self.broken(Some(value.span()), "pinentry is the absolute path of a program".to_owned());
        if path.is_absolute() { Ok(path) } else { Err(problem()) }
    }

    fn duration(
        &self,
        (key, value): Entry<'_, '_>,
        range: &RangeInclusive<Duration>,
    ) -> Result<Set<Duration>, Broken> {
        let parsed = duration::parse(self.string(value)?)
            .map_err(|error| self.broken(Some(value.span()), format!("{}: {error}", key.get_ref())))?;
        if !range.contains(&parsed) {
            let problem = format!(
                "{} must be from {} to {}",
                key.get_ref(),
                duration::format(*range.start()),
                duration::format(*range.end())
            );
            return Err(self.broken(Some(value.span()), problem));
        }
        Ok(self.set(key, parsed))
    }

    fn table<'a, 'i>(&self, value: &'a Spanned<DeValue<'i>>) -> Result<&'a DeTable<'i>, Broken> {
        let problem = || self.broken(Some(value.span()), "a table is expected here".to_owned());
        value.get_ref().as_table().ok_or_else(problem)
    }

    fn string<'a>(&self, value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Broken> {
        let problem = || self.broken(Some(value.span()), "a text in quotes is expected here".to_owned());
        value.get_ref().as_str().ok_or_else(problem)
    }

    fn set<T>(&self, key: &Spanned<DeString<'_>>, value: T) -> Set<T> {
        Set { value, line: Some(self.line(key.span().start)) }
    }

    fn unknown(&self, span: Range<usize>, key: &str, known: &[&str]) -> Broken {
        let nearest = known
            .iter()
            .map(|candidate| (strsim::damerau_levenshtein(candidate, key), candidate))
            .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
            .min();
        let fix = match nearest {
            Some((_, name)) => format!("the nearest known name is {name}"),
            None => format!("what may stand here: {}", known.join(", ")),
        };
        Broken { fix: Some(fix), ..self.broken(Some(span), format!("there is no setting {key:?} here")) }
    }

    fn misplaced(&self, span: Range<usize>, key: &str, place: &str) -> Broken {
        let fix = Some(format!("move it to {place}"));
        Broken { fix, ..self.broken(Some(span), format!("{key} belongs into {place}")) }
    }

    fn broken(&self, span: Option<Range<usize>>, problem: String) -> Broken {
        let line = span.map(|span| self.line(span.start));
        Broken { file: self.path.to_owned(), line, problem, fix: None }
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }
}

/// `[\w+=,.@-]{2,64}` (STS's model).
fn is_session_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (2..=64).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, Broken> {
        settings(Path::new("/c.toml"), text)
    }

    #[test]
    fn long_lived_keys_are_allowed_by_profile() {
        let settings = read("[profile.\"my account\"]\nallow_long_lived = true\n").unwrap();
        assert!(settings.allows_long_lived("my account"));
        assert!(!settings.allows_long_lived("other"));
    }

    #[test]
    fn an_empty_file_is_the_built_in_settings() {
        assert_eq!(read("").unwrap(), Settings::default());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_name() {
        for (text, line, nearest) in [
            ("[defaults]\nmfa_durations = \"8h\"\n", 2, "mfa_duration"),
            ("\n[default]\n", 2, "defaults"),
            ("[profile.p]\n\nallow_longlived = true\n", 3, "allow_long_lived"),
        ] {
            let broken = read(text).unwrap_err();
            assert_eq!(broken.line, Some(line), "{broken}");
            assert!(broken.fix.as_ref().unwrap().ends_with(nearest), "{broken:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_near_is_not_offered() {
        for (text, fix) in [
            (
                "[defaults]\nregion = \"x\"\n",
                "what may stand here: mfa_duration, via, wait, role_session_name, desktop, notify_after, not_now, \
                 offer_before, offer_pause, offer_if_used, offer_not_today, lock_on_screen_lock, dialog, pinentry",
            ),
            ("[work]\n", "what may stand here: defaults, profile"),
            ("[profile.p]\nsecret = 1\n", "what may stand here: allow_long_lived, source_refresh_command"),
            ("[profile.p]\nmfa_duration = \"8h\"\n", "move it to [defaults]"),
            ("[defaults]\nallow_long_lived = true\n", "move it to [profile.NAME]"),
        ] {
            assert_eq!(read(text).unwrap_err().fix.as_deref(), Some(fix), "{text}");
        }
    }

    #[test]
    fn a_value_out_of_range_or_of_another_type_is_an_error_with_its_line() {
        for text in [
            "[defaults]\nmfa_duration = \"14m\"",
            "[defaults]\nmfa_duration = \"37h\"",
            "[defaults]\nmfa_duration = 12",
            "[defaults]\nwait = \"soon\"",
            "[defaults]\nrole_session_name = \"a b\"",
            "[profile.p]\nallow_long_lived = \"yes\"",
            "[profile.p]\nsource_refresh_command = \"\"",
            "[profile.p]\nsource_refresh_command = \"saml2aws 'login\"",
            "[profile.p]\nsource_refresh_command = [\"saml2aws\"]",
            "\nprofile = 3",
            "[defaults]\nwait = ",
        ] {
            let broken = read(text).unwrap_err();
            assert_eq!(broken.line, Some(2), "{text}: {broken}");
        }
    }
}
