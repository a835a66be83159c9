//! What a notification says, and what its buttons mean. Servers differ in what they can; this knows how.

use std::time::Duration;

use super::super::text::{self, LINE, TITLE};
use super::super::{Choice, Kind, Stage};
use super::{Heard, View};

/// The action of a server's own field for a reply: KDE's name for it, and its capability's.
pub(super) const INLINE_REPLY: &str = "inline-reply";

/// The action of a click on the notification itself.
pub(super) const DEFAULT: &str = "default";

/// Draws the default action as one more button, where others react to a click anywhere.
#[cfg(all(unix, not(target_os = "macos")))]
const DRAWS_DEFAULT: &str = "Xfce Notify Daemon";

/// What a server can do.
#[allow(clippy::struct_excessive_bools, reason = "servers combine them freely")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Features {
    /// Its name for itself.
    pub(super) server: String,
    pub(super) actions: bool,
    pub(super) inline_reply: bool,
    pub(super) markup: bool,
    pub(super) draws_default: bool,
}

impl Features {
    /// From what a server says of itself.
    #[cfg(all(unix, not(target_os = "macos")))]
    pub(super) fn new(capabilities: &[String], server: String) -> Self {
        let has = |name: &str| capabilities.iter().any(|capability| capability == name);
        Self {
            actions: has("actions"),
            inline_reply: has(INLINE_REPLY),
            markup: has("body-markup"),
            draws_default: server == DRAWS_DEFAULT,
            server,
        }
    }

    /// The question can be answered there.
    pub(super) fn can_answer(&self) -> bool {
        self.actions || self.inline_reply
    }
}

/// A notification as a server takes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Notification {
    pub(super) summary: String,
    pub(super) body: String,
    /// Keys and labels by turns.
    pub(super) actions: Vec<String>,
    pub(super) urgent: bool,
}

impl Notification {
    /// The view for a server with these features.
    pub(super) fn new(view: &View, features: &Features) -> Self {
        Self {
            summary: text::line(&view.card.title, TITLE),
            body: body(view, features),
            actions: if view.card.verifying { Vec::new() } else { actions(view.card.kind, features) },
            // Somebody waits for a code; nobody waits for the answer to an offer, which may respect "do not disturb".
            urgent: matches!(view.card.kind, Kind::Code { .. }),
        }
    }
}

fn body(view: &View, features: &Features) -> String {
    let by_hand = match view.card.kind {
        Kind::Code { .. } if !features.can_answer() => Some("Answer with: awsd mfa 123456"),
        Kind::Code { .. } | Kind::Offer { .. } | Kind::SignIn { .. } => None,
    };
    let first =
        if view.card.verifying { Some("The code is being checked…") } else { view.card.reason.as_deref() };
    let lines = first.into_iter().chain(view.card.lines.iter().map(String::as_str));
    let lines = lines.chain(view.note.or(by_hand)).map(|line| text::line(line, LINE));
    let lines: Vec<_> = lines.map(|line| if features.markup { escaped(&line) } else { line }).collect();
    lines.join("\n")
}

/// For servers that read the body as markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn actions(kind: Kind, features: &Features) -> Vec<String> {
    if !features.can_answer() {
        return Vec::new();
    }
    let button = |key: &'static str, label: &str| Some((key, label.to_owned()));
    let not_today = button("never", "Not today");
    let [main, later, last] = match kind {
        Kind::Code { .. } if features.inline_reply => {
            [button(INLINE_REPLY, "Enter code"), None, button("skip", "Not now")]
        }
        Kind::Code { .. } => [button("enter", "Enter code"), None, button("skip", "Not now")],
        Kind::Offer { pause } => {
            [button("renew", "Renew"), pause.and_then(|pause| button("later", &in_words(pause))), not_today]
        }
        Kind::SignIn { stage: Stage::Offered, pause } => {
            [button("renew", "Sign in"), button("later", &in_words(pause)), not_today]
        }
        Kind::SignIn { stage: Stage::ByHand, pause } => [None, button("later", &in_words(pause)), not_today],
        Kind::SignIn { stage: Stage::Runs, .. } => [None, button("later", "Stop"), None],
    };
    // A server without visible buttons (dunst, mako) reacts to a click only if there is a default action. What a click
    // anywhere does must do no harm: nothing is stopped by it.
    let is_harmless = !matches!(kind, Kind::SignIn { stage: Stage::Runs, .. });
    let first = main.as_ref().or(later.as_ref()).filter(|_| is_harmless && !features.draws_default);
    let default = first.map(|(_, label)| (DEFAULT, label.clone()));
    let buttons = [default, main, later, last].into_iter().flatten();
    buttons.flat_map(|(key, label)| [key.to_owned(), label]).collect()
}

/// "In 10 minutes", in the largest unit that fits.
fn in_words(pause: Duration) -> String {
    let seconds = pause.as_secs();
    let (number, unit) = match seconds {
        _ if seconds.is_multiple_of(3600) => (seconds / 3600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("In {number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// What an action means. A reply that comes without its text (some servers open no field) means that a dialog is needed.
pub(super) fn meaning(kind: Kind, action: &str) -> Option<Heard> {
    match (kind, action) {
        (Kind::Code { .. }, DEFAULT | INLINE_REPLY | "enter") => Some(Heard::Enter),
        (Kind::Code { .. }, "skip") => Some(Heard::NotNow),
        (Kind::Offer { .. } | Kind::SignIn { stage: Stage::Offered, .. }, DEFAULT | "renew") => {
            Some(Heard::Chosen(Choice::Renew))
        }
        (Kind::SignIn { stage: Stage::ByHand, .. }, DEFAULT)
        | (Kind::Offer { .. } | Kind::SignIn { .. }, "later") => Some(Heard::Chosen(Choice::Later)),
        (Kind::Offer { .. } | Kind::SignIn { .. }, "never") => Some(Heard::Chosen(Choice::NotToday)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The buttons of a sign-in, for a server with these features.
    fn buttons(stage: Stage, features: &Features) -> Vec<String> {
        let kind = Kind::SignIn { stage, pause: Duration::from_mins(15) };
        actions(kind, features).chunks_exact(2).map(|pair| format!("{}: {}", pair[0], pair[1])).collect()
    }

    #[test]
    fn a_click_anywhere_signs_in_or_puts_off_and_never_stops_anything() {
        let server = Features { actions: true, ..Features::default() };
        let [renew, later, never] = ["renew: Sign in", "later: In 15 minutes", "never: Not today"];
        assert_eq!(buttons(Stage::Offered, &server), ["default: Sign in", renew, later, never]);
        assert_eq!(buttons(Stage::ByHand, &server), ["default: In 15 minutes", later, never]);
        assert_eq!(buttons(Stage::Runs, &server), ["later: Stop"]);
        let kind = |stage| Kind::SignIn { stage, pause: Duration::ZERO };
        assert!(matches!(meaning(kind(Stage::Offered), DEFAULT), Some(Heard::Chosen(Choice::Renew))));
        assert!(matches!(meaning(kind(Stage::ByHand), DEFAULT), Some(Heard::Chosen(Choice::Later))));
        assert!(
            meaning(kind(Stage::Runs), DEFAULT).is_none() && meaning(kind(Stage::Runs), "renew").is_none()
        );
        let draws = Features { draws_default: true, ..server };
        assert_eq!(buttons(Stage::Offered, &draws), [renew, later, never]);
        assert_eq!(buttons(Stage::Offered, &Features::default()), [""; 0]);
    }

    #[test]
    fn the_button_says_how_long_the_offer_rests() {
        let minutes = Duration::from_mins;
        let words = [minutes(15), minutes(1), minutes(60), minutes(90), minutes(120), Duration::from_secs(5)];
        assert_eq!(
            words.map(in_words),
            ["In 15 minutes", "In 1 minute", "In 1 hour", "In 90 minutes", "In 2 hours", "In 5 seconds"]
        );
    }
}
