//! Notifications with a helper that plays a part.

use std::fs;

use awsd_core::event::{QuestionId, RequestId};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::adapters::prompt::tests::{Held, display};
use crate::adapters::prompt::{Card, Choice, Kind, Tools};
use crate::test_bus::PATIENCE;

const WINDOWS: Features = features(false);
const MACOS: Features = features(true);

const fn features(inline_reply: bool) -> Features {
    Features { server: String::new(), actions: true, inline_reply, markup: false, draws_default: true }
}

const CODE: Kind = Kind::Code { straight_to_dialog: false };

fn card(kind: Kind, display: Display) -> Card {
    Card {
        question: QuestionId(1),
        kind,
        title: "MFA code\nfor alice".to_owned(),
        lines: vec!["<b>prod</b>".to_owned()],
        reason: None,
        attempts: 0,
        newest: None,
        at_terminals: false,
        verifying: false,
        display,
        tools: Tools::default(),
    }
}

/// A question whose helper gives always the same answer, or waits where that is empty.
struct Stage {
    directory: TempDir,
    views: watch::Sender<View>,
    heard: mpsc::Receiver<Heard>,
    running: JoinHandle<()>,
}

impl Stage {
    fn new(kind: Kind, features: Features, answer: &str) -> Self {
        Self::with("helper-plays", kind, features, answer)
    }

    fn with(helper: &str, kind: Kind, features: Features, answer: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let variables = [("XDG_RUNTIME_DIR", directory.path().to_str().unwrap()), ("LC_MESSAGES", answer)];
        let card = card(kind, display(&variables));
        let (views, seen) = watch::channel(View { card, note: None, recalls: 0 });
        let (tell, heard) = mpsc::channel(8);
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/adapters/prompt/notification/center");
        let running = tokio::spawn(show_with(here.join(helper), features, seen, tell));
        Self { directory, views, heard, running }
    }

    async fn heard(&mut self) -> Heard {
        timeout(PATIENCE, self.heard.recv()).await.expect("something is heard").unwrap()
    }

    /// What comes of the notification that was just shown.
    async fn answer(&mut self) -> Heard {
        assert!(matches!(self.heard().await, Heard::Shown { .. }));
        self.heard().await
    }

    /// The words and the notes with which helpers were started.
    fn told(&self) -> Vec<(String, Note)> {
        let told = fs::read_to_string(self.directory.path().join("told")).unwrap();
        let note = |line: &str| {
            let (words, note) = line.split_once(' ').unwrap();
            (words.to_owned(), serde_json::from_str(note).unwrap())
        };
        told.lines().map(note).collect()
    }

    /// Nothing more is heard of the question, even when it is withdrawn.
    async fn ends_in_silence(mut self) {
        drop(self.views);
        timeout(PATIENCE, self.running).await.expect("it ends").unwrap();
        assert!(self.heard.recv().await.is_none());
    }
}

fn labels(note: &Note) -> Vec<&str> {
    note.buttons.iter().map(|(_, label)| label.as_str()).collect()
}

#[tokio::test]
async fn a_code_is_typed_where_there_is_a_field_for_it() {
    let mut stage = Stage::new(CODE, MACOS, r#"{"replied":"123456"}"#);
    let heard = stage.answer().await;
    assert!(matches!(&heard, Heard::Reply(code) if code.expose_secret() == "123456"));
    let [(words, note)] = &stage.told()[..] else { panic!("one helper") };
    assert_eq!(words, SHOW_NOTIFICATION);
    assert_eq!((note.title.as_str(), note.body.as_str()), ("MFA code�for alice", "<b>prod</b>"));
    assert!(note.reply && note.urgent);
    assert_eq!(labels(note), ["Not now"]);
}

#[tokio::test]
async fn a_button_opens_the_dialog_where_there_is_no_field() {
    let mut stage = Stage::new(CODE, WINDOWS, r#"{"pressed":"enter"}"#);
    assert!(matches!(stage.answer().await, Heard::Enter));
    let [(_, note)] = &stage.told()[..] else { panic!("one helper") };
    assert!(!note.reply);
    assert_eq!(labels(note), ["Enter code", "Not now"]);
}

#[tokio::test]
async fn each_answer_has_its_meaning() {
    let code = |answer| Stage::new(CODE, WINDOWS, answer);
    assert!(matches!(code(r#""clicked""#).answer().await, Heard::Enter));
    assert!(matches!(code(r#"{"pressed":"skip"}"#).answer().await, Heard::NotNow));
    let offer = |answer| Stage::new(Kind::Offer { pause: Some(Duration::from_mins(15)) }, MACOS, answer);
    assert!(matches!(offer(r#"{"pressed":"never"}"#).answer().await, Heard::Chosen(Choice::NotToday)));
    let mut offered = offer(r#"{"pressed":"later"}"#);
    assert!(matches!(offered.answer().await, Heard::Chosen(Choice::Later)));
    let (_, note) = &offered.told()[0];
    assert_eq!(labels(note), ["Renew", "In 15 minutes", "Not today"]);
    assert!(!note.reply && !note.urgent);
}

#[tokio::test]
async fn what_cannot_be_shown_is_said() {
    let why = |heard| match heard {
        Heard::Silent(why) => why,
        other => panic!("{other:?}"),
    };
    let failed = Stage::new(CODE, MACOS, "{\"failed\":\"no\\u001bone\"}").answer().await;
    assert_eq!(why(failed), "no notification can be shown (no�one)");
    let gone = Stage::new(CODE, MACOS, r#""gone""#).answer().await;
    assert_eq!(why(gone), "no notification is shown; they may be switched off");
    let nonsense = Stage::new(CODE, MACOS, "x").answer().await;
    assert!(why(nonsense).starts_with("no notification can be shown (expected value"));
    let missing = Stage::with("nothing", CODE, MACOS, "x").answer().await;
    assert!(why(missing).contains("No such file"));
}

#[tokio::test]
async fn only_news_are_shown_again() {
    let mut stage = Stage::new(CODE, MACOS, r#"{"replied":"1"}"#);
    assert!(matches!(stage.answer().await, Heard::Reply(_)));
    // Checked, and one more program waits.
    stage.views.send_modify(|view| view.card.verifying = true);
    stage.views.send_modify(|view| view.card.lines.push("and one more".to_owned()));
    stage
        .views
        .send_modify(|view| (view.card.verifying, view.card.reason) = (false, Some("Wrong".to_owned())));
    assert!(matches!(stage.answer().await, Heard::Reply(_)));
    stage.views.send_modify(|view| view.card.lines.push("and two more".to_owned()));
    stage.views.send_modify(|view| view.recalls += 1);
    assert!(matches!(stage.answer().await, Heard::Reply(_)));
    let bodies: Vec<_> = stage.told().into_iter().map(|(_, note)| note.body).collect();
    let again = "Wrong\n<b>prod</b>\nand one more";
    assert_eq!(bodies, ["<b>prod</b>", again, &format!("{again}\nand two more")]);
    stage.ends_in_silence().await;
}

/// A change of what is to be shown.
type Change = fn(&mut View);

#[tokio::test]
async fn what_the_person_took_away_comes_back_for_news() {
    let mut stage = Stage::new(CODE, WINDOWS, r#""dismissed""#);
    assert!(matches!(stage.answer().await, Heard::PutAside));
    stage.views.send_modify(|view| view.card.reason = Some("Wrong".to_owned()));
    assert!(matches!(stage.answer().await, Heard::PutAside));
    stage.views.send_modify(|view| view.card.lines.push("and one less".to_owned()));
    stage.ends_in_silence().await;
}

#[tokio::test]
async fn what_is_off_the_screen_comes_back_for_news_and_for_somebody_new() {
    let fewer: Change = |view| view.card.lines.push("and one less".to_owned());
    let more: Change = |view| view.card.newest = Some(RequestId(9));
    let wrong: Change = |view| view.card.reason = Some("Wrong".to_owned());
    let no_answer: Change = |view| view.recalls += 1;
    let checked: Change = |view| (view.card.verifying, view.card.newest) = (true, Some(RequestId(9)));
    for (place, change, comes) in [
        (Place::Shown, fewer, false),
        (Place::Shown, more, false),
        (Place::Shown, no_answer, false),
        (Place::Shown, wrong, true),
        (Place::Gone, fewer, false),
        (Place::Gone, more, true),
        (Place::Gone, no_answer, true),
        (Place::Dismissed, fewer, false),
        (Place::Dismissed, checked, false),
        (Place::Dismissed, more, true),
        (Place::Dismissed, wrong, true),
        (Place::Dismissed, no_answer, true),
        (Place::Absent, fewer, false),
        (Place::Absent, more, true),
    ] {
        let (tell, mut heard) = mpsc::channel(8);
        let card = Card { newest: Some(RequestId(5)), ..card(CODE, Display::default()) };
        let view = View { card, note: None, recalls: 0 };
        let (program, features) = (PathBuf::new(), WINDOWS);
        let mut notice = Notice { program, features, view: view.clone(), shown: None, place, tell };
        let mut changed = view;
        change(&mut changed);
        notice.update(changed).await;
        assert_eq!(heard.try_recv().is_ok(), comes, "{place:?}");
    }
}

/// Nobody can answer what has left the screen by itself.
#[tokio::test]
async fn what_goes_by_itself_is_said_to_be_gone() {
    let (tell, mut heard) = mpsc::channel(8);
    let view = View { card: card(CODE, Display::default()), note: None, recalls: 0 };
    let since = Instant::now() - PROMPTLY;
    let shown = Some(Shown { since, answer: Box::pin(std::future::pending()) });
    let (program, features) = (PathBuf::new(), WINDOWS);
    let mut notice = Notice { program, features, view, shown, place: Place::Shown, tell };
    notice.answered(Answer::Gone).await;
    assert!(matches!(heard.try_recv(), Ok(Heard::Silent(why)) if why.contains("not on the screen")));
}

#[tokio::test]
async fn a_helper_ends_with_its_question() {
    let directory = tempfile::tempdir().unwrap();
    let mut held = Held::new(&directory.path().join("open"));
    let mut stage = Stage::new(CODE, MACOS, "");
    let runtime = display(&[("XDG_RUNTIME_DIR", directory.path().to_str().unwrap())]);
    stage
        .views
        .send_modify(|view| (view.card.display, view.card.reason) = (runtime, Some("Again".to_owned())));
    assert!(matches!(stage.heard().await, Heard::Shown { .. }));
    assert_eq!(held.line().await, "waits\n");
    drop(stage);
    assert_eq!(held.line().await, "");
}
