//! What the daemon tells about itself, its sessions and the person's files, a row at a time. Never a secret.

use serde::{Deserialize, Serialize};

/// A row of `awsd list`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProfileRow {
    /// The profile's name.
    pub name: String,
    /// `role`, `user`, `keys` (a source with a session token), `source` (another kind of source) or `broken`.
    pub kind: String,
    /// The role's ARN (or bare name), if it is a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The profile where the long-lived key or the source is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The MFA device, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The region, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Seconds of life left of the session that would be served, where one is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    /// Its place among the profiles that were asked for since the daemon started: 1 for the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<u32>,
    /// Why it does not work: one sentence each, with file and line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// What is unusual: one sentence each, with file and line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A session the daemon holds. Never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// `mfa`, `user` (a session without MFA), `role` or `source` (what `credential_process`, SSO and the like gave).
    pub kind: String,
    /// The role's ARN, or the device, or the access key id (last four characters).
    pub name: String,
    /// Profiles that were served from it.
    pub profiles: Vec<String>,
    /// Seconds of life left.
    pub remaining: u64,
    /// Seconds of life at the start.
    pub life: u64,
    /// Whether it is being renewed now.
    #[serde(default)]
    pub refreshing: bool,
}

/// The daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its process.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime: u64,
    /// Questions that wait for a person.
    pub questions: u32,
    /// AWS's clock minus this machine's, in seconds, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<i64>,
    /// Why the desktop asks nothing at the moment. Of several that are locked, the one that has been so for the longest time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_lock: Option<ScreenLock>,
    /// Its log file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// The screen counts as locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenLock {
    /// By whose word.
    pub by: LockedBy,
    /// For how long, in seconds.
    pub age: u64,
    /// Which desktop's it is, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desktop: Option<String>,
}

/// Who says that the screen is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockedBy {
    /// The login manager.
    LoginManager,
    /// A screen saver.
    ScreenSaver,
    /// Nobody: that was asked for a moment ago, and no locker has said yet that it did so.
    Request,
    /// Somebody whom this build does not know.
    #[serde(other)]
    Other,
}

/// A setting, its value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// As in the file (`defaults.wait`); `profile.*.` is what holds for profiles without the setting.
    pub key: String,
    /// As it would be written in the file; in parentheses what holds as long as nothing is written.
    pub value: String,
    /// `built in`, or the file and line.
    pub origin: String,
}

/// What `awsd doctor` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// For programs (`mfa-arn`, `unknown-source-profile`, …).
    pub code: String,
    /// What is wrong; one sentence.
    pub sentence: String,
    /// Why it matters; one sentence.
    pub reason: String,
    /// The command or the edit that mends it.
    pub fix: String,
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something works otherwise than it looks.
    Warning,
}

/// What became of the test of one way to ask (`awsd doctor --prompts`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptCheck {
    /// For programs: `notification`, `dialog`, `program`, [`PromptCheck::TERMINAL`], [`PromptCheck::SCREEN`], …
    pub surface: String,
    /// Whether a person can answer there.
    pub ok: bool,
    /// What was tried, and what came of it; one sentence.
    pub sentence: String,
    /// What mends it, or what there is to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl PromptCheck {
    /// The surface that every client with a terminal has, whatever the desktop is like.
    pub const TERMINAL: &'static str = "terminal";

    /// The screen itself: where it is locked, the desktop asks nothing.
    pub const SCREEN: &'static str = "screen";

    /// Whether programs can be answered that have no terminal.
    pub fn any_works_without_terminal(checks: &[Self]) -> bool {
        let works = |check: &Self| check.ok && check.surface != Self::TERMINAL;
        let hidden = |check: &Self| !check.ok && check.surface == Self::SCREEN;
        checks.iter().any(works) && !checks.iter().any(hidden)
    }
}
