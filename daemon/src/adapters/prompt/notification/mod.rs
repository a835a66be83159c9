//! A question as a notification.
//!
//! On Linux and the BSDs a service on the session bus shows it; on macOS and Windows the system's notification center
//! does. What a notification says is the same everywhere.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
// Its tests need no notification center.
#[cfg(any(test, target_os = "macos", windows))]
mod center;
#[cfg(all(unix, not(target_os = "macos")))]
mod freedesktop;
mod wording;

#[cfg(any(target_os = "macos", windows))]
pub(super) use center::run;
#[cfg(any(target_os = "macos", windows))]
pub(crate) use center::show_one;
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) use freedesktop::run;

use secrecy::SecretString;

use super::{Card, Choice};

/// What the notification is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) card: Card,
    /// A line of awsd's own.
    pub(super) note: Option<&'static str>,
    /// Counts how often a dialog ended without a code: a notification that went away when the dialog was opened is
    /// shown again.
    pub(super) recalls: u32,
}

/// What became of a notification.
#[derive(Debug)]
pub(super) enum Heard {
    /// It is on the screen and can be answered.
    Shown {
        /// The server's name for itself, which may be anything.
        server: String,
        /// A code can be typed into it.
        has_field: bool,
    },
    /// It is not, or it cannot be answered; part of a sentence.
    Silent(String),
    /// "Enter code".
    Enter,
    /// A code that was typed into the notification.
    Reply(SecretString),
    /// "Not now".
    NotNow,
    /// The button of an offer.
    Chosen(Choice),
}
