//! What becomes of a question whose notification or dialog ends: whatever is known of the server, and however the dialog
//! was opened. No notification and no dialog is really there.

use awsd_core::event::QuestionId;
use secrecy::{ExposeSecret as _, SecretString};

use super::*;
use crate::adapters::prompt::voice::Ticket;
use crate::adapters::prompt::{Display, Tools};

const QUESTION: QuestionId = QuestionId(7);

const CODE: Kind = Kind::Code { straight_to_dialog: false };

/// What is known of the server when a dialog ends.
#[derive(Debug, Clone, Copy)]
enum Known {
    Unknown,
    Shows,
    Silent,
}

use Known::{Shows, Silent, Unknown};

/// What comes of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The code goes to the core, whose next card asks again.
    Code,
    /// "Not now" goes to the core.
    NotNow,
    /// The notification comes back, or comes at last.
    Notification,
    /// The same, and says how to answer without a dialog.
    NotificationWithNote,
    /// A dialog is open, in which "Not now" can be said.
    Dialog,
    /// The core is told why the desktop reaches nobody.
    Unreachable(String),
    /// Nothing is said and nothing shown: the question would be nowhere.
    Nothing,
}

struct Stage {
    asking: Asking,
    said: mpsc::Receiver<(QuestionId, Ticket, Said)>,
    seen: watch::Receiver<View>,
}

fn card(kind: Kind) -> Card {
    Card {
        question: QUESTION,
        kind,
        title: String::new(),
        lines: Vec::new(),
        reason: None,
        attempts: 0,
        newest: None,
        at_terminals: false,
        verifying: false,
        display: Display::default(),
        tools: Tools::default(),
    }
}

fn again(reason: Option<&str>) -> Card {
    Card { reason: reason.map(str::to_owned), ..card(CODE) }
}

fn shown() -> Heard {
    Heard::Shown { server: "test".to_owned(), has_field: false }
}

fn silent() -> Heard {
    Heard::Silent("no server".to_owned())
}

fn a_code() -> SecretString {
    SecretString::from("123456")
}

impl Stage {
    fn new(kind: Kind) -> Self {
        let (views, seen) = watch::channel(View { card: card(kind), note: None, recalls: 0 });
        let (tell, said) = mpsc::channel(8);
        let mut asking = Asking::new(views, Voice { question: QUESTION, ticket: Ticket(1), tell });
        asking.begin();
        Self { asking, said, seen }
    }

    /// With a dialog open that was the only way to answer when it was opened, or was not; and this server by now.
    async fn with_dialog(known: Known, is_alone: bool) -> Self {
        let mut stage = Self::new(CODE);
        stage.asking.heard(if is_alone { silent() } else { Heard::Enter }).await;
        match known {
            Unknown => {}
            Shows => stage.asking.heard(shown()).await,
            Silent => stage.asking.heard(silent()).await,
        }
        assert!(stage.asking.dialog.is_some() && stage.asking.is_alone == is_alone);
        stage
    }

    /// What has come of the last thing that happened.
    fn outcome(&mut self) -> Outcome {
        let recalled = self.seen.has_changed().unwrap() && self.seen.borrow().recalls > 0;
        let note = self.seen.borrow_and_update().note;
        let mut said = std::iter::from_fn(|| self.said.try_recv().ok()).map(|(_, _, said)| said);
        match said.find(|said| !matches!(said, Said::Shown(..))) {
            Some(Said::Code { code, .. }) if code.expose_secret() == "123456" => Outcome::Code,
            Some(Said::NotNow(QUESTION)) => Outcome::NotNow,
            Some(Said::Unreachable { why, .. }) => Outcome::Unreachable(why),
            Some(other) => panic!("{other:?}"),
            None if self.asking.dialog.is_some() && self.asking.is_alone => Outcome::Dialog,
            None if recalled && note.is_some() => Outcome::NotificationWithNote,
            None if recalled => Outcome::Notification,
            None => Outcome::Nothing,
        }
    }
}

fn unusable() -> End {
    End::Unusable("no program".to_owned())
}

fn unreachable(why: &str) -> Outcome {
    Outcome::Unreachable(why.to_owned())
}

/// A dialog that was opened from a notification, or as the only way to answer, ends beside this server.
#[tokio::test]
async fn after_a_dialog_something_is_shown_or_somebody_is_told() {
    let ended = || unreachable("no server, and the dialog ended without an answer");
    let neither = || unreachable("no server, and no program");
    let table = [
        (Unknown, false, End::Code(a_code()), Outcome::Code),
        (Unknown, false, End::Cancelled, Outcome::Notification),
        (Unknown, false, End::Closed, Outcome::Notification),
        (Unknown, false, unusable(), Outcome::NotificationWithNote),
        (Shows, false, End::Code(a_code()), Outcome::Code),
        (Shows, false, End::Cancelled, Outcome::Notification),
        (Shows, false, End::Closed, Outcome::Notification),
        (Shows, false, unusable(), Outcome::NotificationWithNote),
        (Silent, false, End::Code(a_code()), Outcome::Code),
        (Silent, false, End::Cancelled, Outcome::Dialog),
        (Silent, false, End::Closed, ended()),
        (Silent, false, unusable(), neither()),
        // Opened without a server; then one came.
        (Shows, true, End::Code(a_code()), Outcome::Code),
        (Shows, true, End::Cancelled, Outcome::NotNow),
        (Shows, true, End::Closed, Outcome::Notification),
        (Shows, true, unusable(), Outcome::NotificationWithNote),
        (Silent, true, End::Code(a_code()), Outcome::Code),
        (Silent, true, End::Cancelled, Outcome::NotNow),
        (Silent, true, End::Closed, ended()),
        (Silent, true, unusable(), neither()),
    ];
    for (known, is_alone, end, outcome) in table {
        let row = format!("{known:?}, alone: {is_alone}, {end:?}");
        let mut stage = Stage::with_dialog(known, is_alone).await;
        stage.asking.dialog_ended(end).await;
        assert_eq!(stage.outcome(), outcome, "{row}");
    }
}

/// The server that nothing was known of when the dialog ended turns out to be none.
#[tokio::test]
async fn a_notification_that_does_not_come_after_all_is_replaced_by_a_dialog() {
    for end in [End::Cancelled, End::Closed, unusable()] {
        let mut stage = Stage::with_dialog(Unknown, false).await;
        stage.asking.dialog_ended(end).await;
        stage.asking.heard(silent()).await;
        assert_eq!(stage.outcome(), Outcome::Dialog);
    }
}

#[tokio::test]
async fn a_notification_that_goes_is_replaced_by_a_dialog() {
    let mut stage = Stage::new(CODE);
    stage.asking.heard(shown()).await;
    stage.asking.heard(silent()).await;
    assert_eq!(stage.outcome(), Outcome::Dialog);
}

/// Nobody is asked by a dialog whether a session is to be renewed.
#[tokio::test]
async fn an_offer_without_a_notification_reaches_nobody() {
    let mut stage = Stage::new(Kind::Offer { pause: Some(Duration::from_mins(15)) });
    stage.asking.heard(silent()).await;
    assert_eq!(stage.outcome(), unreachable("no server"));
    assert!(stage.asking.dialog.is_none());
}

/// Also in the same words, which the desktop passes on after an answer.
#[tokio::test]
async fn where_an_answer_was_not_enough_it_is_asked_again() {
    for reason in [None, Some("wrong")] {
        let mut stage = Stage::new(CODE);
        stage.asking.heard(shown()).await;
        stage.asking.update(again(reason)).await;
        assert_eq!(stage.outcome(), Outcome::Nothing);
        for answer in [Heard::Reply(a_code()), Heard::NotNow] {
            stage.asking.heard(answer).await;
            assert!(matches!(stage.outcome(), Outcome::Code | Outcome::NotNow));
            stage.asking.update(again(reason)).await;
            assert_eq!(stage.outcome(), Outcome::Notification);
            assert!(stage.asking.dialog.is_none());
        }
    }
}

#[tokio::test]
async fn a_dialog_with_a_wrong_code_opens_again() {
    for (known, is_alone) in [(Unknown, false), (Shows, false), (Silent, false), (Silent, true)] {
        let mut stage = Stage::with_dialog(known, is_alone).await;
        stage.asking.dialog_ended(End::Code(a_code())).await;
        assert!(stage.asking.dialog.is_none());
        stage.asking.update(again(Some("wrong"))).await;
        assert!(stage.asking.dialog.is_some());
    }
}

/// A code was given and AWS is being asked: nobody needs a dialog now.
#[tokio::test]
async fn a_server_that_goes_while_a_code_is_checked_is_missed_afterwards() {
    let mut stage = Stage::new(CODE);
    stage.asking.heard(shown()).await;
    stage.asking.heard(Heard::Reply(a_code())).await;
    stage.asking.heard(silent()).await;
    assert!(stage.asking.dialog.is_none());
    stage.asking.update(again(None)).await;
    assert!(stage.asking.dialog.is_some());
}

/// With everybody at a terminal, and a server of which this is heard.
async fn at_terminals(heard: Heard) -> Stage {
    let mut stage = Stage::new(CODE);
    stage.asking.update(Card { at_terminals: true, ..card(CODE) }).await;
    stage.asking.heard(heard).await;
    stage
}

#[tokio::test]
async fn no_dialog_comes_up_unasked_where_everybody_is_at_a_terminal() {
    let mut stage = at_terminals(silent()).await;
    assert_eq!(stage.outcome(), unreachable("no server"));
    assert!(stage.asking.dialog.is_none());
    // It was shown, and then it went.
    let mut stage = at_terminals(shown()).await;
    stage.asking.heard(silent()).await;
    assert_eq!(stage.outcome(), unreachable("no server"));
    assert!(stage.asking.dialog.is_none());
}

#[tokio::test]
async fn a_dialog_that_was_clicked_for_stays_beside_a_terminal_but_does_not_come_back_alone() {
    let mut stage = at_terminals(shown()).await;
    stage.asking.heard(Heard::Enter).await;
    stage.asking.heard(silent()).await;
    assert!(stage.asking.dialog.is_some() && stage.outcome() == Outcome::Nothing);
    stage.asking.dialog_ended(End::Cancelled).await;
    assert_eq!(stage.outcome(), unreachable("no server"));
    assert!(stage.asking.dialog.is_none());
}

#[tokio::test]
async fn where_somebody_comes_without_a_terminal_a_dialog_does() {
    let mut stage = at_terminals(Heard::Enter).await;
    stage.asking.heard(silent()).await;
    stage.asking.dialog = None;
    stage.asking.update(Card { newest: None, ..card(CODE) }).await;
    assert_eq!(stage.outcome(), Outcome::Dialog);
}

#[tokio::test]
async fn what_is_on_the_screen_is_told_when_that_changes() {
    let mut stage = Stage::new(CODE);
    let mut told = Vec::new();
    for heard in [silent(), shown(), shown(), silent(), silent(), shown(), Heard::PutAside, shown()] {
        stage.asking.heard(heard).await;
        while let Ok((_, _, said)) = stage.said.try_recv() {
            match said {
                Said::Shown(QUESTION, is_shown) => told.push(is_shown),
                Said::PutAside(QUESTION) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(told, [true, false, true, true]);
}
