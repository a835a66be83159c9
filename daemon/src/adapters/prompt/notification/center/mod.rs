//! A question in the notification center of macOS or Windows, from the first notification until it is withdrawn.
//!
//! The library for it waits for the answer for as long as that takes, on macOS in the main thread and nowhere else. So
//! every notification is shown by a helper: this program once more, as a process of its own, which is killed when the
//! question is withdrawn. What was typed comes back through a pipe.
//!
//! Neither system lets this library change a notification or take it away. A question that changes is shown once more; one
//! that was answered elsewhere stays in the list of notifications and does nothing there any more.

#[cfg(any(target_os = "macos", windows))]
mod helper;
mod note;

#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::super::Display;
use super::super::text::{self, LINE};
use super::wording::{self, Features, Notification};
use super::{Change, Heard, View};
use crate::args::SHOW_NOTIFICATION;
use crate::child::{Child, command};
use note::{Answer, Note};

#[cfg(any(target_os = "macos", windows))]
pub(crate) use helper::show_one;

/// The most that a helper answers, in bytes.
const MAX_ANSWER: usize = 4096;

/// A notification that ends sooner than this, with nobody having done anything, was never on the screen: the system waits
/// for two seconds for its notification center.
const PROMPTLY: Duration = Duration::from_secs(5);

/// What the notification centers can do. macOS has either a field for a reply or buttons.
#[cfg(any(target_os = "macos", windows))]
fn features() -> Features {
    let server = if cfg!(windows) { "Windows" } else { "the Notification Center" }.to_owned();
    let inline_reply = cfg!(target_os = "macos");
    Features { server, actions: true, inline_reply, markup: false, draws_default: true }
}

/// Shows the views until they end, which means that the question is withdrawn.
#[cfg(any(target_os = "macos", windows))]
pub(in super::super) async fn run(views: watch::Receiver<View>, tell: mpsc::Sender<Heard>) {
    match std::env::current_exe() {
        Ok(program) => show_with(program, features(), views, tell).await,
        Err(error) => {
            let why = format!("awsd does not find itself to show a notification ({error})");
            let _withdrawn = tell.send(Heard::Silent(why)).await;
        }
    }
}

/// The same with any helper.
async fn show_with(
    program: PathBuf,
    features: Features,
    mut views: watch::Receiver<View>,
    tell: mpsc::Sender<Heard>,
) {
    let view = views.borrow_and_update().clone();
    let mut notice = Notice { program, features, view, shown: None, place: Place::Absent, tell };
    notice.show().await;
    loop {
        tokio::select! {
            changed = views.changed() => match changed {
                Ok(()) => {
                    let view = views.borrow_and_update().clone();
                    notice.update(view).await;
                }
                Err(_withdrawn) => break,
            },
            answer = answered(&mut notice.shown) => notice.answered(answer).await,
        }
    }
}

/// A notification, or the wish for one.
struct Notice {
    program: PathBuf,
    features: Features,
    view: View,
    shown: Option<Shown>,
    place: Place,
    tell: mpsc::Sender<Heard>,
}

/// A notification that a helper shows. Dropping it ends the helper.
struct Shown {
    since: Instant,
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
}

/// Where the notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It could not be shown, or not for long.
    Absent,
    /// On the screen or in the list, as far as is known.
    Shown,
    /// Clicked. Wanted back if nothing comes of it.
    Gone,
    /// Taken away by the person: only something new, or for somebody new, is shown again.
    Dismissed,
}

impl Notice {
    async fn update(&mut self, view: View) {
        // Beside what is on the screen, only news are worth another notification.
        let wanted = match self.place {
            Place::Shown => self.view.until(&view) == Change::News,
            Place::Absent | Place::Gone | Place::Dismissed => view.is_wanted_back(&self.view),
        };
        self.view = view;
        // That a code is being checked is not worth a notification of its own.
        if wanted && !self.view.card.verifying {
            self.show().await;
        }
    }

    async fn show(&mut self) {
        let note = Note::from(Notification::new(&self.view, &self.features));
        let display = self.view.card.display.clone();
        let answer = Box::pin(ask(self.program.clone(), display, note));
        self.shown = Some(Shown { since: Instant::now(), answer });
        self.place = Place::Shown;
        let Features { server, inline_reply: has_field, .. } = self.features.clone();
        self.say(Heard::Shown { server, has_field }).await;
    }

    async fn answered(&mut self, answer: Answer) {
        let was_shown = self.shown.take().is_some_and(|shown| shown.since.elapsed() >= PROMPTLY);
        self.place = Place::Gone;
        match answer {
            Answer::Clicked => self.pressed(wording::DEFAULT).await,
            Answer::Pressed(key) => self.pressed(&key).await,
            Answer::Replied(code) => self.say(Heard::Reply(SecretString::from(code.expose()))).await,
            Answer::Dismissed => {
                self.place = Place::Dismissed;
                self.say(Heard::PutAside).await;
            }
            Answer::Gone if was_shown => self.absent("the notification is not on the screen any more").await,
            Answer::Gone => self.absent("no notification is shown; they may be switched off").await,
            Answer::Failed(why) => {
                let why = text::line(&why, LINE);
                self.absent(&format!("no notification can be shown ({why})")).await;
            }
        }
    }

    async fn pressed(&mut self, key: &str) {
        if let Some(meaning) = wording::meaning(self.view.card.kind, key) {
            self.say(meaning).await;
        }
    }

    async fn absent(&mut self, why: &str) {
        self.place = Place::Absent;
        self.say(Heard::Silent(why.to_owned())).await;
    }

    async fn say(&mut self, heard: Heard) {
        // Nobody listens once the question is withdrawn.
        let _withdrawn = self.tell.send(heard).await;
    }
}

/// How the notification ended; pending while none is shown.
async fn answered(shown: &mut Option<Shown>) -> Answer {
    match shown {
        Some(shown) => (&mut shown.answer).await,
        None => std::future::pending().await,
    }
}

/// Has a helper show it. Dropping the future ends the helper.
async fn ask(program: PathBuf, display: Display, note: Note) -> Answer {
    match converse(&program, &display, &note).await {
        Ok(answer) => answer,
        Err(error) => Answer::Failed(error.to_string()),
    }
}

async fn converse(program: &Path, display: &Display, note: &Note) -> io::Result<Answer> {
    let mut command = command(program.as_os_str(), display);
    command.arg(SHOW_NOTIFICATION);
    // The helper's input stays open for as long as this lives: its end is the helper's.
    let (_child, mut stdin, stdout) = Child::converse(command)?;
    let mut line = serde_json::to_vec(note)?;
    line.push(b'\n');
    stdin.write_all(&line).await?;
    let mut answer = Zeroizing::new(Vec::with_capacity(MAX_ANSWER));
    let limit = u64::try_from(MAX_ANSWER).unwrap_or(u64::MAX);
    stdout.take(limit).read_to_end(&mut answer).await?;
    Ok(serde_json::from_slice(&answer)?)
}
