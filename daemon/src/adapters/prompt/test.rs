//! A question that is only a test: whether this desktop can ask, before it has to.

use std::time::Duration;

use awsd_core::event::QuestionId;
use awsd_proto::PromptCheck;
use tokio::time::timeout;

use super::{Card, Desktop, Display, Kind, Said, Tools};

/// How long the person has.
const LIMIT: Duration = Duration::from_mins(1);

/// Asks, and says what came of it. Dropping the future takes everything off the desktop.
pub(crate) async fn ask(display: Display, tools: Tools) -> PromptCheck {
    let mut desktop = Desktop::new();
    desktop.show(Card {
        question: QuestionId(0),
        kind: Kind::Code { straight_to_dialog: false },
        title: "A test of awsd".to_owned(),
        lines: vec![
            "This is how awsd asks for an MFA code".to_owned(),
            "Type any six digits, or press Not now: nothing is done with it".to_owned(),
        ],
        reason: None,
        verifying: false,
        display,
        tools,
    });
    let said = timeout(LIMIT, desktop.next()).await;
    desktop.farewell().await;
    let check = |ok, sentence: String, hint: Option<&str>| PromptCheck {
        surface: "desktop".to_owned(),
        ok,
        sentence,
        hint: hint.map(str::to_owned),
    };
    match said {
        Ok(Said::Code { .. }) => {
            check(true, "A question was shown on the desktop and answered.".to_owned(), None)
        }
        Ok(Said::Unreachable { why, .. }) => check(
            false,
            format!("The desktop cannot be asked: {why}."),
            Some("start a notification service, or install pinentry or zenity"),
        ),
        Ok(_) => check(true, "A question was shown on the desktop and put off.".to_owned(), None),
        Err(_) => check(
            false,
            format!("A question was shown on the desktop, and nobody answered it in {} s.", LIMIT.as_secs()),
            Some("look for it on the screen, and try again: awsd doctor --prompts"),
        ),
    }
}
