//! awsd's own settings: `config.toml` in the platform's configuration directory.
//!
//! It is a few lines, so it is simply read for each request that depends on it. A broken one fails those requests, never
//! the daemon: `status`, `logout` and `doctor` must work so that it can be mended.

mod parse;
mod rows;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use awsd_core::session;
use awsd_proto::{Setting, Via};

use crate::regular;

/// Larger than any settings a person writes.
const MAX_FILE: usize = 256 * 1024;

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set<T> {
    /// The value.
    pub(crate) value: T,
    /// The line in the file; none where the value is built in.
    line: Option<usize>,
}

impl<T> Set<T> {
    const fn built_in(value: T) -> Self {
        Self { value, line: None }
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `defaults.mfa_duration`
    pub(crate) mfa_duration: Set<Duration>,
    /// `defaults.via`
    pub(crate) via: Set<Via>,
    /// `defaults.wait`
    pub(crate) wait: Set<Duration>,
    /// `defaults.role_session_name`
    pub(crate) role_session_name: Option<Set<String>>,
    /// `defaults.desktop`
    pub(crate) desktop: Set<bool>,
    /// `defaults.notify_after`
    pub(crate) notify_after: Set<Duration>,
    /// `defaults.offer_before`
    pub(crate) offer_before: Set<Duration>,
    /// `defaults.offer_pause`
    pub(crate) offer_pause: Set<Duration>,
    /// `defaults.offer_if_used`
    pub(crate) offer_if_used: Set<Duration>,
    /// `defaults.offer_not_today`
    pub(crate) offer_not_today: Set<Duration>,
    /// `defaults.not_now`
    pub(crate) not_now: Set<Duration>,
    /// `defaults.lock_on_screen_lock`
    pub(crate) lock_on_screen_lock: Set<bool>,
    /// `defaults.dialog`
    pub(crate) dialog: Option<Set<Dialog>>,
    /// `defaults.pinentry`
    pub(crate) pinentry: Option<Set<PathBuf>>,
    /// `profile.NAME.allow_long_lived`
    allow_long_lived: BTreeMap<String, Set<bool>>,
    /// `profile.NAME.source_refresh_command`, as the words of a command line
    source_refresh_command: BTreeMap<String, Set<Arc<[String]>>>,
}

/// A program that asks for codes in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// That of `GnuPG`, or one that speaks its protocol.
    Pinentry,
    /// GNOME's.
    Zenity,
    /// KDE's.
    Kdialog,
    /// That of macOS.
    Osascript,
    /// That of Windows.
    PowerShell,
}

impl Dialog {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Pinentry, Self::Zenity, Self::Kdialog, Self::Osascript, Self::PowerShell];

    /// What is tried on this system, in this order: the one with the best protocol first, and last the one that is always
    /// there.
    pub(crate) const TRIED: &[Self] = if cfg!(target_os = "macos") {
        &[Self::Pinentry, Self::Osascript]
    } else if cfg!(windows) {
        &[Self::PowerShell]
    } else {
        &[Self::Pinentry, Self::Zenity, Self::Kdialog]
    };

    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pinentry => "pinentry",
            Self::Zenity => "zenity",
            Self::Kdialog => "kdialog",
            Self::Osascript => "osascript",
            Self::PowerShell => "powershell",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // AWS's own default for GetSessionToken: a working day.
            mfa_duration: Set::built_in(Duration::from_hours(12)),
            // Go's SDK gives up on a credential process after 60 s.
            wait: Set::built_in(Duration::from_secs(50)),
            // Every program understands it.
            via: Set::built_in(Via::Env),
            role_session_name: None,
            desktop: Set::built_in(true),
            notify_after: Set::built_in(Duration::from_secs(5)),
            offer_before: Set::built_in(Duration::from_mins(15)),
            offer_pause: Set::built_in(Duration::from_mins(15)),
            offer_if_used: Set::built_in(Duration::from_hours(1)),
            // Said in the morning.
            offer_not_today: Set::built_in(Duration::from_hours(12)),
            not_now: Set::built_in(Duration::from_mins(15)),
            lock_on_screen_lock: Set::built_in(false),
            dialog: None,
            pinentry: None,
            allow_long_lived: BTreeMap::new(),
            source_refresh_command: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Whether the long-lived key itself may be handed out for this profile.
    pub(crate) fn allows_long_lived(&self, profile: &str) -> bool {
        self.allow_long_lived.get(profile).is_some_and(|set| set.value)
    }

    /// The command that brings new temporary keys into this profile, in words.
    pub(crate) fn source_refresh_command(&self, profile: &str) -> Option<&Arc<[String]>> {
        self.source_refresh_command.get(profile).map(|set| &set.value)
    }

    /// The profiles with such a command, each with its line.
    pub(crate) fn source_refresh_commands(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        self.source_refresh_command.iter().map(|(profile, set)| (profile.as_str(), set.line))
    }

    /// The profiles that have settings of their own, each with the line of one of them.
    pub(crate) fn profiles(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let allowed = self.allow_long_lived.iter().map(|(profile, set)| (profile.as_str(), set.line));
        allowed.chain(self.source_refresh_commands()).collect::<BTreeMap<_, _>>().into_iter()
    }

    /// What the core needs of them.
    pub(crate) fn for_core(&self) -> session::Settings {
        session::Settings {
            mfa_duration: self.mfa_duration.value,
            default_wait: self.wait.value,
            desktop: self.desktop.value,
            notify_after: self.notify_after.value,
            offer_before: self.offer_before.value,
            offer_pause: self.offer_pause.value,
            offer_if_used: self.offer_if_used.value,
            offer_not_today: self.offer_not_today.value,
            not_now: self.not_now.value,
            lock_on_screen_lock: self.lock_on_screen_lock.value,
        }
    }

    /// Each setting, its value and its origin; `session_name` where nobody has set a name for role sessions.
    pub(crate) fn rows(&self, file: &Path, session_name: &str) -> Vec<Setting> {
        rows::rows(self, file, session_name)
    }
}

/// The file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The file.
    pub(crate) file: PathBuf,
    /// Counted from 1.
    pub(crate) line: Option<usize>,
    /// What is wrong, without a full stop.
    pub(crate) problem: String,
    /// What to write instead, where that is known.
    pub(crate) fix: Option<String>,
}

impl Broken {
    /// What to do about it, as the end of a line that is not a sentence.
    pub(crate) fn remedy(self) -> String {
        match (self.fix, self.line) {
            (Some(fix), _) => fix,
            (None, Some(_)) => "correct the line, or remove it".to_owned(),
            (None, None) => format!("look at it with: ls -l {}", self.file.display()),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// The settings of this file as they are now. One that does not exist says nothing.
pub(crate) fn read(path: &Path) -> Result<Settings, Broken> {
    let broken = |problem: String| Broken { file: path.to_owned(), line: None, problem, fix: None };
    let contents = match regular::read(path, MAX_FILE) {
        Ok(contents) if contents.len() > MAX_FILE => return Err(broken("it is too large".to_owned())),
        Ok(contents) => contents,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => return Err(broken(regular::reason(&error))),
    };
    let text = str::from_utf8(&contents).map_err(|_| Broken {
        fix: Some("save the file as UTF-8".to_owned()),
        ..broken("it is not UTF-8".to_owned())
    })?;
    parse::settings(path, text)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// As the AWS files: who leaves a file out says so with the empty device, and none may hold up the daemon.
    #[test]
    fn the_file_is_read_as_any_other_that_somebody_else_chose() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        assert_eq!(read(&path), Ok(Settings::default()));
        symlink("/dev/null", &path).unwrap();
        assert_eq!(read(&path), Ok(Settings::default()));
        let problem = |path: &Path| read(path).unwrap_err().problem;
        assert_eq!(problem(directory.path()), "it is a directory");
        assert_eq!(problem(Path::new("/dev/zero")), "it is not a regular file");
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"# caf\xe9\n").unwrap();
        assert_eq!(problem(&path), "it is not UTF-8");
        fs::write(&path, " ".repeat(MAX_FILE)).unwrap();
        assert_eq!(read(&path), Ok(Settings::default()));
        fs::write(&path, " ".repeat(MAX_FILE + 1)).unwrap();
        assert_eq!(problem(&path), "it is too large");
    }
}
