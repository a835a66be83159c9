//! Questions on a desktop that the test controls.

mod dialogs;
mod floods;
mod mock;
mod notifications;
mod programs;
mod server;
mod sign_ins;

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use awsd_core::event::{QuestionId, RequestId};
use secrecy::ExposeSecret as _;
use server::{PATIENCE, TestBus};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;

use super::{Card, Desktop, Dialog, Display, Kind, Said, Tools};

const QUESTION: QuestionId = QuestionId(7);

/// A card for somebody on this bus who has no screen.
fn card(bus: &TestBus) -> Card {
    Card {
        question: QUESTION,
        kind: Kind::Code { straight_to_dialog: false },
        title: "MFA code for alice".to_owned(),
        lines: vec!["for profile <prod> & co".to_owned(), "terraform waits".to_owned()],
        reason: None,
        attempts: 0,
        newest: None,
        at_terminals: false,
        verifying: false,
        display: display(&[("DBUS_SESSION_BUS_ADDRESS", &bus.address)]),
        tools: Tools::default(),
    }
}

/// A card for somebody on this bus whose pinentry is one of the scripts beside this file.
fn card_with_dialog(bus: &TestBus, script: &str) -> Card {
    let directory = bus.path().to_str().unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/adapters/prompt/tests").join(script);
    Card {
        display: display(&[
            ("DBUS_SESSION_BUS_ADDRESS", &bus.address),
            ("DISPLAY", ":none"),
            ("XDG_RUNTIME_DIR", directory),
        ]),
        tools: Tools { dialog: Some(Dialog::Pinentry), pinentry: Some(program) },
        ..card(bus)
    }
}

/// A program of `/bin/sh`.
fn shell(script: &str) -> Arc<[String]> {
    ["/bin/sh", "-c", script].map(str::to_owned).into()
}

fn again(card: Card, reason: &str) -> Card {
    Card { reason: Some(reason.to_owned()), attempts: card.attempts + 1, ..card }
}

pub(super) fn display(variables: &[(&str, &str)]) -> Display {
    Display::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// What is said next, save that something is on the screen, which the server of the test knows.
async fn next(desktop: &mut Desktop) -> Said {
    let said = async {
        loop {
            match desktop.next().await {
                Said::Shown(..) => {}
                said => return said,
            }
        }
    };
    tokio::time::timeout(PATIENCE, said).await.expect("something is said")
}

async fn code(desktop: &mut Desktop) -> String {
    match next(desktop).await {
        Said::Code { question: QUESTION, code } | Said::ProgramCode { question: QUESTION, code } => {
            code.expose_secret().to_owned()
        }
        other => panic!("{other:?} in place of a code"),
    }
}

/// Takes what is said as long as something else goes on.
async fn while_listening<T>(desktop: &mut Desktop, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            said = desktop.next() => assert!(matches!(said, Said::Shown(..)), "{said:?} out of nowhere"),
            done = &mut work => return done,
        }
    }
}

/// A pipe that programs hold open until they end.
pub(super) struct Held(BufReader<pipe::Receiver>);

impl Held {
    pub(super) fn new(path: &Path) -> Self {
        rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap();
        Self(BufReader::new(pipe::OpenOptions::new().open_receiver(path).unwrap()))
    }

    /// Waits for a line; empty once everybody who held the pipe has ended.
    pub(super) async fn line(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("a line comes").unwrap();
        line
    }
}
