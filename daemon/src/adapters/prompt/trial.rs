//! Questions that are only tests: whether this desktop can ask, before it has to.
//!
//! The notification comes first and goes before the dialog comes, so that each tells of itself alone.

use std::time::Duration;

use awsd_core::event::QuestionId;
use awsd_proto::PromptCheck;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::dialog::{self, End};
use super::notification::{self, Heard, View};
use super::text::{self, TITLE};
use super::{Card, Display, Kind, Tools};

/// How long the person has for each.
const LIMIT: Duration = Duration::from_mins(1);

/// How long taking the notification off the screen may take: a server that hangs is not waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the notification may report before it is heard.
const UNHEARD: usize = 8;

/// Who showed a notification that was answered.
struct Shown {
    server: String,
    has_field: bool,
}

/// Asks, and says what came of it: of the notification, and of the dialog. Dropping the future takes both off the desktop.
pub(crate) async fn ask(display: Display, tools: Tools) -> Vec<PromptCheck> {
    let card = |line: &str| Card {
        question: QuestionId(0),
        kind: Kind::Code { straight_to_dialog: false },
        title: "A test of awsd".to_owned(),
        lines: vec!["This is how awsd asks for an MFA code".to_owned(), line.to_owned()],
        reason: None,
        attempts: 0,
        newest: None,
        at_terminals: false,
        verifying: false,
        display: display.clone(),
        tools: tools.clone(),
    };
    let notification = notification(card("Press any button: nothing is done with it")).await;
    let dialog = dialog(card("Type any six digits: nothing is done with them")).await;
    vec![judged_notification(notification, dialog.ok, &display), dialog]
}

/// Shows a notification until it is answered. An error is a sentence.
async fn notification(card: Card) -> Result<Shown, String> {
    let (view, seen) = watch::channel(View { card, note: None, recalls: 0 });
    let (tell, heard) = mpsc::channel(UNHEARD);
    // A task of its own, because it closes the notification after its question is dropped.
    let shows = tokio::spawn(notification::run(seen, tell));
    let answered = timeout(LIMIT, answer(heard)).await;
    drop(view);
    let _left = timeout(FAREWELL, shows).await;
    answered.unwrap_or_else(|_| {
        Err(format!("A notification was shown, and nobody answered it in {} s.", LIMIT.as_secs()))
    })
}

async fn answer(mut heard: mpsc::Receiver<Heard>) -> Result<Shown, String> {
    let mut shown = Shown { server: String::new(), has_field: false };
    while let Some(heard) = heard.recv().await {
        match heard {
            Heard::Shown { server, has_field } => shown = Shown { server, has_field },
            Heard::Silent(why) => return Err(format!("A notification cannot ask: {why}.")),
            Heard::PutAside => {}
            Heard::Enter | Heard::Reply(_) | Heard::NotNow | Heard::Chosen(_) => return Ok(shown),
        }
    }
    Err("A notification cannot ask: it was lost to a mistake in awsd.".to_owned())
}

/// Of a notification without a field for the code, the dialog is the other half.
fn judged_notification(tried: Result<Shown, String>, dialog_works: bool, display: &Display) -> PromptCheck {
    let surface = "notification";
    match tried {
        Ok(shown) => {
            let server = text::line(&shown.server, TITLE);
            let sentence = format!("A notification was shown by {server} and answered.");
            if shown.has_field || dialog_works {
                return check(surface, true, sentence, None);
            }
            let hint = "no code can be typed into it: for that the dialog must work";
            check(surface, false, sentence, Some(hint))
        }
        Err(sentence) => {
            let mend = "start a notification service, or look whether the desktop holds notifications back";
            let hint = if display.desktop().is_some() { mend } else { NO_DESKTOP };
            check(surface, false, sentence, Some(hint))
        }
    }
}

async fn dialog(card: Card) -> PromptCheck {
    let has_screen = card.display.has_screen();
    let tried = timeout(LIMIT, dialog::ask_with_any(dialog::Request::new(&card, true))).await;
    let (ok, sentence, hint) = match tried {
        Ok((Some(program), End::Code(_))) => {
            (true, format!("A dialog was shown by {program} and answered."), None)
        }
        Ok((Some(program), End::Cancelled)) => {
            (true, format!("A dialog was shown by {program} and put off."), None)
        }
        Ok((_, End::Unusable(why))) => {
            let mend = "install pinentry-gnome3, pinentry-qt, zenity or kdialog";
            let hint = if has_screen { mend } else { NO_DESKTOP };
            (false, format!("A dialog cannot ask: {why}."), Some(hint))
        }
        Ok(_) => (false, "A dialog was shown, and closed by somebody else.".to_owned(), Some(LOOK)),
        Err(_) => {
            let sentence = format!("A dialog was shown, and nobody answered it in {} s.", LIMIT.as_secs());
            (false, sentence, Some(LOOK))
        }
    };
    check("dialog", ok, sentence, hint)
}

/// What to do where nothing that is installed or started could show a question, as over ssh.
const NO_DESKTOP: &str =
    "try it at a desktop; elsewhere codes are given at the terminal, or with: awsd mfa CODE";

/// What to do about a question that nobody has answered.
const LOOK: &str = "look for it on the screen, and try again: awsd doctor --prompts";

fn check(surface: &str, ok: bool, sentence: String, hint: Option<&str>) -> PromptCheck {
    PromptCheck { surface: surface.to_owned(), ok, sentence, hint: hint.map(str::to_owned) }
}
