//! What a helper is told, and what it answers: one line of JSON each. Both are of the same program and version.

use awsd_proto::Secret;
use serde::{Deserialize, Serialize};

use super::wording::{self, Notification};

/// A notification as a helper is to show it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) title: String,
    pub(super) body: String,
    /// It has a field for a reply.
    pub(super) reply: bool,
    /// Keys and labels.
    pub(super) buttons: Vec<(String, String)>,
    /// It stays until somebody does something.
    pub(super) urgent: bool,
}

/// How it ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    /// The notification was clicked, and none of its buttons.
    Clicked,
    /// The button with this key.
    Pressed(String),
    /// A reply was typed.
    Replied(Secret),
    /// The person took it away.
    Dismissed,
    /// It is not shown, or no longer; nobody did anything.
    Gone,
    /// It could not be shown; part of a sentence.
    Failed(String),
}

impl From<Notification> for Note {
    fn from(notification: Notification) -> Self {
        let Notification { summary, body, actions, urgent } = notification;
        let mut buttons: Vec<_> =
            actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let all = buttons.len();
        buttons.retain(|(key, _)| key != wording::INLINE_REPLY);
        Self { title: summary, body, reply: buttons.len() < all, buttons, urgent }
    }
}
