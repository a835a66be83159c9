//! A question as a notification.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
#[cfg(all(unix, not(target_os = "macos")))]
mod freedesktop;
#[cfg(all(unix, not(target_os = "macos")))]
mod wording;

#[cfg(all(unix, not(target_os = "macos")))]
pub(super) use freedesktop::run;
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) use nowhere::run;

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

#[cfg(not(all(unix, not(target_os = "macos"))))]
mod nowhere {
    use tokio::sync::{mpsc, watch};

    use super::{Heard, View};

    /// Says that awsd shows no notifications on this system.
    pub(in super::super) async fn run(_views: watch::Receiver<View>, tell: mpsc::Sender<Heard>) {
        let _withdrawn =
            tell.send(Heard::Silent("awsd shows no notifications on this system".to_owned())).await;
    }
}
