//! Dialogs, with programs that play a part: a scripted peer, shell scripts, and the real pinentry where there is one.

use std::path::{Path, PathBuf};

use awsd_core::event::QuestionId;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex, split};

use super::assuan::Assuan;
use super::*;
use crate::adapters::prompt::Kind;

/// A card whose every text is as bad as it gets.
fn bad_card() -> Card {
    let display = [("DISPLAY".to_owned(), ":none".to_owned())];
    Card {
        question: QuestionId(1),
        kind: Kind::Code { straight_to_dialog: true },
        title: "code for\n<b>x</b> 100%".to_owned(),
        lines: vec!["\u{202e}abc\\n".to_owned(), "x".repeat(300)],
        reason: Some("wrong\rcode".to_owned()),
        attempts: 0,
        newest: None,
        at_terminals: false,
        verifying: false,
        display: Display::new(display),
        tools: Tools::default(),
    }
}

pub(super) fn request() -> Request {
    Request::new(&bad_card(), false)
}

/// Plays a pinentry: greets, and gives each command the answer that fits. Returns what it was told.
async fn play(peer: DuplexStream, answer: fn(&str) -> &'static str) -> Vec<String> {
    let (reader, mut writer) = split(peer);
    let (mut lines, mut told) = (BufReader::new(reader).lines(), Vec::new());
    writer.write_all(b"# a comment\nOK ready\n").await.unwrap();
    while let Some(line) = lines.next_line().await.unwrap() {
        let answer = answer(&line);
        told.push(line);
        // Whoever is asked may have had enough.
        if answer.is_empty() || writer.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
    told
}

async fn converse(answer: fn(&str) -> &'static str) -> (End, Vec<String>) {
    let (ours, theirs) = duplex(4096);
    let (reader, writer) = split(ours);
    let request = request();
    tokio::join!(pinentry::converse(Assuan::new(reader, writer), &request), play(theirs, answer))
}

#[tokio::test]
async fn a_code_is_asked_with_everything_escaped() {
    let (end, told) = converse(|line| match line {
        "GETPIN" => "S STATUS\nD 12%33456\nOK\n",
        "GETINFO flavor" => "D gtk2\nOK\n",
        "OPTION no-grab" => "ERR 83886254 Unknown option\n",
        _ => "OK\n",
    })
    .await;
    assert!(matches!(end, End::Code(code) if code.expose_secret() == "123456"));
    let (row, rest) = ("x".repeat(WIDTH), "x".repeat(LINE - 1 - 2 * WIDTH));
    let desc = format!("SETDESC code for�<b>x</b> 100%25%0A%0A�abc\\n%0A{row}%0A{row}%0A{rest}…");
    assert_eq!(
        told,
        [
            "GETINFO flavor",
            "OPTION no-grab",
            "SETTITLE code for�<b>x</b> 100%25",
            &desc,
            "SETPROMPT Code:",
            "SETCANCEL Cancel",
            "SETTIMEOUT 300",
            "SETERROR wrong�code",
            "GETPIN",
        ]
    );
}

/// The arguments of a program for a question with these texts.
fn arguments(tool: &boxes::Box, title: &str, line: &str) -> Vec<String> {
    let card = Card { title: title.to_owned(), lines: vec![line.to_owned()], reason: None, ..bad_card() };
    (tool.arguments)(&Request::new(&card, true))
}

#[test]
fn zenity_gets_text_in_which_nothing_means_anything() {
    let arguments = |title, line| arguments(&boxes::ZENITY, title, line);
    assert_eq!(
        arguments("for a_b", "<b>&amp;</b> \\n \\066 c_d __e"),
        [
            "--entry",
            "--title=for a_b",
            "--text=for a__b\n\n<b>&amp;</b> \\\\n \\\\066 c__d ____e",
            "--cancel-label=Not now",
            "--timeout=300",
        ]
    );
    let [_, title, text, ..] = &arguments("--help\n\u{202e}", "a\u{7}\u{1b}[31m\nb\u{2066}")[..] else {
        panic!("too few")
    };
    assert_eq!([title.as_str(), text], ["--title=--help��", "--text=--help��\n\na��[31m�b�"]);
}

#[test]
fn kdialog_gets_text_in_which_nothing_means_anything() {
    let arguments = |title, line| arguments(&boxes::KDIALOG, title, line);
    assert_eq!(
        arguments("for a&b", "<b>&amp;</b> \\n \\066 c_d <img src=x>"),
        ["--title", "for a&b", "--inputbox", "for a&&b\n\n‹b›&&amp;‹/b› \\\\n \\\\066 c_d ‹img src=x›", "",]
    );
    // It takes whatever comes after these two options for their text.
    assert_eq!(
        arguments("--help\n\u{202e}", "a\u{7}\u{1b}[31m\nb\u{2066}"),
        ["--title", "--help��", "--inputbox", "--help��\n\na��[31m�b�", ""]
    );
}

#[tokio::test]
async fn each_error_has_its_meaning() {
    let (end, _) = converse(|line| if line == "GETPIN" { "ERR 83886179 cancelled\n" } else { "OK\n" }).await;
    assert!(matches!(end, End::Cancelled));
    let (end, _) = converse(|line| if line == "GETPIN" { "ERR 83886142 timeout\n" } else { "OK\n" }).await;
    assert!(matches!(end, End::Closed));
    let (end, _) = converse(|line| if line == "GETPIN" { "" } else { "OK\n" }).await;
    assert!(matches!(end, End::Closed));
    let (end, _) = converse(|line| if line == "GETPIN" { "ERR 83918950 no tty\n" } else { "OK\n" }).await;
    assert!(matches!(end, End::Unusable(_)));
}

#[tokio::test]
async fn a_pinentry_without_a_window_is_no_dialog() {
    for answer in [|_: &str| "D gtk2:curses\nOK\n", |_: &str| "D tty\nOK\n", |_: &str| ""] {
        let (end, told) = converse(answer).await;
        assert!(matches!(end, End::Unusable(_)));
        assert_eq!(told, ["GETINFO flavor"]);
    }
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let (end, _) = converse(|_| "D x\n# y\n".repeat(1000).leak()).await;
    assert!(matches!(end, End::Unusable(_)));
    let (end, _) = converse(|_| "D x".repeat(1000).leak()).await;
    assert!(matches!(end, End::Unusable(_)));
}

#[tokio::test]
async fn the_real_pinentry_for_terminals_is_no_dialog() {
    let program = PathBuf::from("/usr/bin/pinentry-curses");
    if !program.exists() {
        println!("SKIPPED: there is no {}", program.display());
        return;
    }
    let tools = Tools { dialog: Some(Dialog::Pinentry), pinentry: Some(program) };
    let request = Request::new(&Card { tools, ..bad_card() }, true);
    assert!(matches!(ask(request).await, End::Unusable(why) if why.contains("has no window")));
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let tools = Tools { dialog: Some(Dialog::Pinentry), pinentry: Some(Path::new("/no/pinentry").into()) };
    let card = Card { tools, ..bad_card() };
    let end = ask(Request::new(&card, true)).await;
    assert!(matches!(end, End::Unusable(why) if why.contains("/no/pinentry is not installed")));
    let nowhere = Card { display: Display::default(), ..card };
    assert!(
        matches!(ask(Request::new(&nowhere, true)).await, End::Unusable(why) if why.contains("no screen"))
    );
}
