//! Asks for a code in a window, with the first program that can.
//!
//! A dialog is a window on the person's screen: a program that would draw on a terminal instead is not used, because the
//! clients ask on their terminals themselves.

mod assuan;
mod boxes;
mod osascript;
mod pinentry;
mod powershell;

#[cfg(test)]
mod tests;

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

use super::text::{self, LINE, TITLE};
use super::{Card, Dialog, Display, Tools};

/// How long a dialog stays open. Codes change twice a minute; who has not typed one by then has gone.
const OPEN: Duration = Duration::from_mins(5);

/// How much longer a dialog may take to close by itself.
const GRACE: Duration = Duration::from_secs(5);

/// The longest line of a dialog, in characters.
const WIDTH: usize = 72;

/// How a dialog ended.
#[derive(Debug)]
pub(super) enum End {
    /// A code was typed.
    Code(SecretString),
    /// The person closed it.
    Cancelled,
    /// It closed for another reason: nobody typed anything for minutes, or its program was ended.
    Closed,
    /// There was none; part of a sentence.
    Unusable(String),
}

/// What a dialog says. All of it is safe to show as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    title: String,
    lines: Vec<String>,
    error: Option<String>,
    cancel: &'static str,
    tools: Tools,
    display: Display,
}

impl Request {
    /// Asks for the card's code. A dialog that is the person's only way to answer is also the only way to say "Not now".
    pub(super) fn new(card: &Card, is_alone: bool) -> Self {
        Self {
            title: text::line(&card.title, TITLE),
            lines: card.lines.iter().map(|line| shown(line)).collect(),
            error: card.reason.as_deref().map(shown),
            cancel: if is_alone { "Not now" } else { "Cancel" },
            tools: card.tools.clone(),
            display: card.display.clone(),
        }
    }

    /// The title, and below it the lines: not every desktop shows the titles of windows.
    fn text(&self) -> String {
        let title = [self.title.as_str(), ""];
        title.into_iter().chain(self.lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n")
    }

    /// The same below the error, for windows that have no place of its own for it.
    fn text_with_error(&self) -> String {
        match &self.error {
            Some(error) => format!("{error}\n\n{}", self.text()),
            None => self.text(),
        }
    }
}

fn shown(line: &str) -> String {
    text::wrapped(&text::line(line, LINE), WIDTH)
}

/// Asks. Dropping the future closes the dialog.
pub(super) async fn ask(request: Request) -> End {
    ask_with_any(request).await.1
}

/// Asks, and says which program did; none where none could.
pub(super) async fn ask_with_any(request: Request) -> (Option<&'static str>, End) {
    if !request.display.has_screen() {
        return (None, End::Unusable("the caller has no screen (DISPLAY, WAYLAND_DISPLAY)".to_owned()));
    }
    let mut reasons = Vec::new();
    for tool in request.tools.dialog.as_ref().map_or(Dialog::TRIED, std::slice::from_ref) {
        match timeout(OPEN + GRACE, ask_with(*tool, &request)).await.unwrap_or(End::Closed) {
            End::Unusable(reason) => reasons.push(reason),
            end => return (Some(tool.name()), end),
        }
    }
    (None, End::Unusable(format!("no dialog can be shown: {}", reasons.join(", "))))
}

async fn ask_with(tool: Dialog, request: &Request) -> End {
    match tool {
        Dialog::Pinentry => pinentry::ask(request).await,
        Dialog::Zenity => boxes::ask(&boxes::ZENITY, request).await,
        Dialog::Kdialog => boxes::ask(&boxes::KDIALOG, request).await,
        Dialog::Osascript => boxes::ask(&osascript::OSASCRIPT, request).await,
        Dialog::PowerShell => boxes::ask(&powershell::POWERSHELL, request).await,
    }
}
