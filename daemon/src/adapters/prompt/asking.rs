//! One question on the desktop: its notification, and the dialog that the notification opens.
//!
//! Both run side by side, so that a notification server that hangs never keeps a dialog from being answered. Whatever
//! becomes of them, the question must never be on no screen without anybody knowing: either something is shown again, or it
//! is said that the desktop reaches nobody. Only a person who closes the notification has it gone and the question open.
//!
//! A dialog takes the keyboard. Where everybody who waits is asked at a terminal, none is opened but by a click.

use std::mem;
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::dialog::{self, End};
use super::notification::{self, Heard, View};
use super::voice::Voice;
use super::{Card, Kind, Said};

/// What the notification may report before it is heard.
const UNHEARD: usize = 8;

/// How long a server that hangs may take to take the notification off the screen after all: longer than this, and it stays.
const LATE: Duration = Duration::from_mins(1);

/// What a dialog that cannot be opened leaves the person with.
const BY_HAND: &str = "No dialog can be shown here. Answer with: awsd mfa 123456";

/// Asks until the cards end, which means that the question is withdrawn.
pub(super) async fn ask(mut cards: watch::Receiver<Card>, voice: Voice) {
    let card = cards.borrow_and_update().clone();
    let (views, seen) = watch::channel(View { card, note: None, recalls: 0 });
    let (tell, mut heard) = mpsc::channel(UNHEARD);
    let mut notice = pin!(notification::run(seen, tell));
    let mut notice_ended = false;
    let mut asking = Asking::new(views, voice);
    asking.begin();
    loop {
        tokio::select! {
            changed = cards.changed() => match changed {
                Ok(()) => {
                    let card = cards.borrow_and_update().clone();
                    asking.update(card).await;
                }
                Err(_withdrawn) => break,
            },
            Some(heard) = heard.recv() => asking.heard(heard).await,
            end = ended(&mut asking.dialog) => asking.dialog_ended(end).await,
            () = &mut notice, if !notice_ended => notice_ended = true,
        }
    }
    // The dialog's program is killed at once; the notification is closed as soon as its server listens.
    drop((asking, heard));
    if !notice_ended {
        let _stuck = timeout(LATE, notice).await;
    }
}

/// A dialog that is open.
type Dialog = Pin<Box<dyn Future<Output = End> + Send>>;

/// How the dialog ended; pending while none is open.
async fn ended(dialog: &mut Option<Dialog>) -> End {
    match dialog {
        Some(open) => open.await,
        None => std::future::pending().await,
    }
}

/// What is known of the notification server.
enum Server {
    /// Nothing yet.
    Unknown,
    /// It shows the question, or would if the person had not closed it.
    Shows,
    /// It cannot show the question, for this reason.
    Silent(String),
}

struct Asking {
    /// What the notification shows.
    views: watch::Sender<View>,
    voice: Voice,
    server: Server,
    /// What was said of the notification: that it is on the screen, or that it is not.
    is_told: bool,
    dialog: Option<Dialog>,
    /// The dialog was opened with nothing to return to, so it has "Not now" in place of "Cancel".
    is_alone: bool,
    /// Where an answer was given that is being looked at. If nothing comes of it, the next card asks there again.
    given: Option<Given>,
}

/// Where an answer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Notification,
    Dialog,
}

impl Asking {
    fn new(views: watch::Sender<View>, voice: Voice) -> Self {
        let (server, dialog) = (Server::Unknown, None);
        Self { views, voice, server, is_told: false, dialog, is_alone: false, given: None }
    }

    fn begin(&mut self) {
        let kind = self.views.borrow().card.kind;
        if kind == (Kind::Code { straight_to_dialog: true }) {
            self.open_dialog();
        }
    }

    /// A dialog that is open stays as it is, even where a code given elsewhere was wrong: it may hold half a code, and
    /// the person who looks at it did not give the other one.
    async fn update(&mut self, card: Card) {
        let is_judged = {
            let shown = &self.views.borrow().card;
            // The same once more: what was given was not enough.
            card.attempts != shown.attempts || card.reason != shown.reason || card == *shown
        };
        let given = if is_judged { mem::take(&mut self.given) } else { None };
        let typed_wrong = given == Some(Given::Dialog) && card.reason.is_some();
        self.views.send_modify(|view| {
            view.card = card;
            view.recalls += u32::from(given.is_some());
        });
        let silent = match &self.server {
            Server::Silent(why) => Some(why.clone()),
            Server::Unknown | Server::Shows => None,
        };
        match silent {
            _ if typed_wrong => self.open_dialog(),
            Some(why) => self.without_notification(why).await,
            None => {}
        }
    }

    async fn heard(&mut self, heard: Heard) {
        let question = self.voice.question;
        match heard {
            Heard::Shown { .. } => {
                self.server = Server::Shows;
                self.tell(true).await;
            }
            Heard::Silent(why) => self.no_notification(why).await,
            Heard::Enter => self.open_dialog(),
            Heard::Reply(code) => self.answer(Given::Notification, Said::Code { question, code }).await,
            Heard::NotNow => self.answer(Given::Notification, Said::NotNow(question)).await,
            Heard::PutAside => {
                self.is_told = false;
                self.voice.say(Said::PutAside(question)).await;
            }
            Heard::Chosen(choice) => self.voice.say(Said::Offer { question, choice }).await,
        }
    }

    async fn answer(&mut self, given: Given, said: Said) {
        self.given = Some(given);
        self.voice.say(said).await;
    }

    /// Tells whether the notification is on the screen, where that is news.
    async fn tell(&mut self, is_shown: bool) {
        if self.is_told != is_shown {
            self.is_told = is_shown;
            self.voice.say(Said::Shown(self.voice.question, is_shown)).await;
        }
    }

    async fn unreachable(&mut self, why: String) {
        self.voice.say(Said::Unreachable { question: self.voice.question, why }).await;
    }

    async fn no_notification(&mut self, why: String) {
        let kind = self.views.borrow().card.kind;
        self.server = Server::Silent(why.clone());
        self.tell(false).await;
        match kind {
            // What was given is being looked at: if nothing comes of it, the next card asks on.
            Kind::Code { .. } if self.given.is_some() => {}
            Kind::Code { .. } => self.without_notification(why).await,
            // A dialog would take the keyboard away from somebody who has not asked for anything.
            Kind::Offer { .. } | Kind::SignIn { .. } => self.unreachable(why).await,
        }
    }

    /// A dialog is all that is left of the desktop.
    async fn without_notification(&mut self, why: String) {
        let is_in_the_way = {
            let card = &self.views.borrow().card;
            card.at_terminals && !card.verifying && self.dialog.is_none()
        };
        if is_in_the_way {
            self.unreachable(why).await;
        } else {
            self.open_dialog();
        }
    }

    fn open_dialog(&mut self) {
        let is_alone = self.is_silent();
        let request = {
            let card = &self.views.borrow().card;
            if self.dialog.is_some() || card.verifying || !matches!(card.kind, Kind::Code { .. }) {
                return;
            }
            dialog::Request::new(card, is_alone)
        };
        self.is_alone = is_alone;
        self.dialog = Some(Box::pin(dialog::ask(request)));
    }

    fn is_silent(&self) -> bool {
        matches!(self.server, Server::Silent(_))
    }

    async fn dialog_ended(&mut self, end: End) {
        self.dialog = None;
        let question = self.voice.question;
        match (end, &self.server) {
            (End::Code(code), _) => self.answer(Given::Dialog, Said::Code { question, code }).await,
            (End::Cancelled, _) if self.is_alone => {
                self.answer(Given::Dialog, Said::NotNow(question)).await;
            }
            // It was to lead back to a notification that is not there any more. The next one has "Not now".
            (End::Cancelled, Server::Silent(why)) => {
                let why = why.clone();
                self.without_notification(why).await;
            }
            (End::Closed, Server::Silent(no_notification)) => {
                self.unreachable(format!("{no_notification}, and the dialog ended without an answer")).await;
            }
            (End::Cancelled | End::Closed, _) => self.recall(None),
            (End::Unusable(no_dialog), Server::Silent(no_notification)) => {
                self.unreachable(format!("{no_notification}, and {no_dialog}")).await;
            }
            (End::Unusable(_), _) => self.recall(Some(BY_HAND)),
        }
    }

    /// Back to the notification. A server that has not shown it yet is about to, or will say that it cannot.
    fn recall(&self, note: Option<&'static str>) {
        self.views.send_modify(|view| {
            view.recalls += 1;
            view.note = note.or(view.note);
        });
    }
}

#[cfg(test)]
mod tests;
