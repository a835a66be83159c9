//! The helper's side: shows one notification, prints the answer and ends.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::process::ExitCode;

#[cfg(target_os = "macos")]
use notify_rust::NsNotificationExt as _;
use notify_rust::{CloseReason, Notification, NotificationResponse};

use awsd_proto::Secret;

use super::note::{Answer, Note};

/// The program under whose name macOS shows the notification: a program without a bundle has none of its own.
#[cfg(target_os = "macos")]
const APPLICATION: &str = "com.apple.Terminal";

/// Shows the notification that standard input describes, waits for the answer, and prints it. Must be called in the main
/// thread, which is where macOS reports answers.
pub(crate) fn show_one() -> ExitCode {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).map_err(|error| error.to_string());
    let note = read.and_then(|_| serde_json::from_str(&line).map_err(|error| error.to_string()));
    end_with_the_daemon();
    let answer = note.and_then(|note| show(&note)).unwrap_or_else(Answer::Failed);
    match serde_json::to_string(&answer).map(Secret::new) {
        Ok(answer) if io::stdout().write_all(answer.expose().as_bytes()).is_ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The daemon holds the other end of standard input for as long as it wants the answer.
fn end_with_the_daemon() {
    std::thread::spawn(|| {
        let _said = io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

fn show(note: &Note) -> Result<Answer, String> {
    let sentence = |error: notify_rust::error::Error| error.to_string();
    #[cfg(target_os = "macos")]
    notify_rust::set_application(APPLICATION).map_err(|error| error.to_string())?;
    let mut answer = Answer::Gone;
    let shown = notification(note).show().map_err(sentence)?;
    shown
        .wait_for_response(|response: &NotificationResponse| answer = meaning(note, response))
        .map_err(sentence)?;
    Ok(answer)
}

/// A field for a reply leaves room for one button, which also closes the notification.
#[cfg(target_os = "macos")]
fn notification(note: &Note) -> Notification {
    let mut notification = basics(note);
    if note.reply {
        notification.reply("six digits");
        if let Some((_, label)) = note.buttons.first() {
            notification.close_button(label);
        }
    } else {
        notification.actions_label("Answer").close_button("Close");
        add_buttons(&mut notification, note);
    }
    notification
}

#[cfg(windows)]
fn notification(note: &Note) -> Notification {
    let mut notification = basics(note);
    add_buttons(&mut notification, note);
    if note.urgent {
        notification.urgency(notify_rust::Urgency::Critical);
    }
    notification
}

fn basics(note: &Note) -> Notification {
    let mut notification = Notification::new();
    notification.appname("awsd").summary(&note.title).body(&note.body);
    notification
}

fn add_buttons(notification: &mut Notification, note: &Note) {
    for (key, label) in &note.buttons {
        notification.action(key, label);
    }
}

fn meaning(note: &Note, response: &NotificationResponse) -> Answer {
    match response {
        NotificationResponse::Default => Answer::Clicked,
        NotificationResponse::Action(key) => Answer::Pressed(key.clone()),
        NotificationResponse::Reply(text) => Answer::Replied(Secret::new(text.as_str())),
        NotificationResponse::Closed(CloseReason::Dismissed) => match note.buttons.first() {
            Some((key, _)) if note.reply => Answer::Pressed(key.clone()),
            _ => Answer::Dismissed,
        },
        NotificationResponse::Closed(_) => Answer::Gone,
    }
}
