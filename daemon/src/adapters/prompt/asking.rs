//! One question on the desktop: its notification, and the dialog that the notification opens.
//!
//! Both run side by side, so that a notification server that hangs never keeps a dialog from being answered.

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
                Ok(()) => asking.update(cards.borrow_and_update().clone()),
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
    dialog: Option<Dialog>,
    /// The dialog was opened with nothing to return to, so it has "Not now" in place of "Cancel".
    is_alone: bool,
    /// The last code came from the dialog: if it was wrong, the dialog asks again.
    typed_there: bool,
}

impl Asking {
    fn new(views: watch::Sender<View>, voice: Voice) -> Self {
        let (server, dialog) = (Server::Unknown, None);
        Self { views, voice, server, dialog, is_alone: false, typed_there: false }
    }

    fn begin(&mut self) {
        let kind = self.views.borrow().card.kind;
        if kind == (Kind::Code { straight_to_dialog: true }) {
            self.open_dialog();
        }
    }

    /// A dialog that is open stays as it is, even where a code given elsewhere was wrong: it may hold half a code, and
    /// the person who looks at it did not give the other one.
    fn update(&mut self, card: Card) {
        let is_new = card.attempts != self.views.borrow().card.attempts;
        let typed_wrong = self.typed_there && is_new && card.reason.is_some();
        self.views.send_modify(|view| view.card = card);
        if typed_wrong || self.is_silent() {
            self.open_dialog();
        }
    }

    async fn heard(&mut self, heard: Heard) {
        let question = self.voice.question;
        match heard {
            Heard::Shown { .. } => self.server = Server::Shows,
            Heard::Silent(why) => self.no_notification(why).await,
            Heard::Enter => self.open_dialog(),
            Heard::Reply(code) => self.voice.say(Said::Code { question, code }).await,
            Heard::NotNow => self.voice.say(Said::NotNow(question)).await,
            Heard::PutAside => self.voice.say(Said::PutAside(question)).await,
            Heard::Chosen(choice) => self.voice.say(Said::Offer { question, choice }).await,
        }
    }

    async fn no_notification(&mut self, why: String) {
        let kind = self.views.borrow().card.kind;
        self.server = Server::Silent(why.clone());
        match kind {
            Kind::Code { .. } => self.open_dialog(),
            // A dialog would take the keyboard away from somebody who has not asked for anything.
            Kind::Offer { .. } => {
                self.voice.say(Said::Unreachable { question: self.voice.question, why }).await;
            }
        }
    }

    fn open_dialog(&mut self) {
        let is_alone = self.is_silent();
        let request = {
            let card = &self.views.borrow().card;
            if self.dialog.is_some() || card.verifying || matches!(card.kind, Kind::Offer { .. }) {
                return;
            }
            dialog::Request::new(card, is_alone)
        };
        (self.is_alone, self.typed_there) = (is_alone, false);
        self.dialog = Some(Box::pin(dialog::ask(request)));
    }

    fn is_silent(&self) -> bool {
        matches!(self.server, Server::Silent(_))
    }

    async fn dialog_ended(&mut self, end: End) {
        self.dialog = None;
        let question = self.voice.question;
        match end {
            End::Code(code) => {
                self.typed_there = true;
                self.voice.say(Said::Code { question, code }).await;
            }
            End::Cancelled if self.is_alone => self.voice.say(Said::NotNow(question)).await,
            End::Cancelled | End::Closed => self.views.send_modify(|view| view.recalls += 1),
            End::Unusable(no_dialog) => self.no_dialog(&no_dialog).await,
        }
    }

    async fn no_dialog(&mut self, no_dialog: &str) {
        self.views.send_modify(|view| view.note = Some(BY_HAND));
        if let Server::Silent(no_notification) = &self.server {
            let why = format!("{no_notification}, and {no_dialog}");
            self.voice.say(Said::Unreachable { question: self.voice.question, why }).await;
        }
    }
}
