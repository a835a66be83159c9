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
#[cfg(all(unix, not(target_os = "macos")))]
mod pulse;
#[cfg(all(unix, not(target_os = "macos")))]
mod showings;
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
    /// Counts how often nothing came of a click or an answer: a notification that went away with it is shown again.
    pub(super) recalls: u32,
}

/// What a change of a view is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nobody sees it.
    None,
    /// What a look at the notification tells: who waits, how many.
    Detail,
    /// Worth the person's attention: what is asked, why again, whether it can be answered.
    News,
}

impl View {
    /// What came between this view and a later one.
    pub(super) fn until(&self, later: &Self) -> Change {
        let told = |view: &Self| {
            let Card { kind, title, reason, attempts, verifying, .. } = view.card.clone();
            (kind, title, reason, attempts, verifying, view.note)
        };
        match later {
            _ if told(self) != told(later) => Change::News,
            _ if self.card.lines != later.card.lines => Change::Detail,
            _ => Change::None,
        }
    }

    /// Whether it asks something that `before` has not asked, and is not just another number of those who wait.
    fn asks_anew(&self, before: &Self) -> bool {
        let is_checked = before.card.verifying && !self.card.verifying;
        let told = |view: &Self| (view.card.reason.clone(), view.card.attempts, view.note);
        is_checked || told(self) != told(before)
    }

    /// Whether it is worth being shown again where `before` is not on the screen any more.
    fn is_wanted_back(&self, before: &Self) -> bool {
        self.recalls != before.recalls || self.card.newest > before.card.newest || self.asks_anew(before)
    }
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
    /// It was closed, and nothing was said.
    PutAside,
    /// The button of an offer.
    Chosen(Choice),
}
