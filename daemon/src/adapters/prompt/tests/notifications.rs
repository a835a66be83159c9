//! Notifications, with a server that the test plays.

use std::time::Duration;

use tokio::sync::watch;

use super::server::{Call, DISMISSED, Manner, Server};
use super::*;
use crate::adapters::prompt::Choice;

pub(super) const BUTTONS: &[&str] = &["actions", "body", "body-markup"];

pub(super) const OFFER: Kind = Kind::Offer { pause: Some(Duration::from_mins(15)) };

/// Closed by the server.
pub(super) const UNDEFINED: u32 = 4;

/// A bus with this server on it, or nothing where there can be none.
pub(super) async fn stage(manner: Manner) -> Option<(TestBus, Server, Desktop)> {
    let bus = TestBus::start()?;
    let server = Server::start(&bus, manner).await;
    Some((bus, server, Desktop::new()))
}

#[tokio::test]
async fn a_question_is_shown_replaced_and_closed() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let actions = ["default", "Enter code", "enter", "Enter code", "skip", "Not now"];
    let first = Call::Notify {
        replaces: 0,
        id: 1,
        summary: "MFA code for alice".to_owned(),
        body: "for profile &lt;prod&gt; &amp; co\nterraform waits".to_owned(),
        actions: actions.map(str::to_owned).to_vec(),
        urgency: 2,
        reply: ["six digits", "Send"].map(str::to_owned),
    };
    assert_eq!(server.call().await, first);
    desktop.show(card(&bus));
    desktop.show(again(card(&bus), "the code was wrong"));
    let Call::Notify { replaces: 1, id: 1, body, .. } = server.call().await else {
        panic!("it is not replaced")
    };
    assert_eq!(body, "the code was wrong\nfor profile &lt;prod&gt; &amp; co\nterraform waits");
    desktop.show(Card { verifying: true, ..card(&bus) });
    let Call::Notify { replaces: 1, actions, .. } = server.call().await else { panic!("it is not replaced") };
    assert_eq!(actions, [""; 0]);
    desktop.withdraw(QUESTION);
    assert_eq!(server.call().await, Call::Close(1));
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_server_without_markup_gets_none_and_one_that_draws_the_default_action_gets_it_once() {
    let manner = Manner { name: "Xfce Notify Daemon", ..Manner::able(&["actions"]) };
    let Some((bus, mut server, mut desktop)) = stage(manner).await else { return };
    desktop.show(card(&bus));
    let Call::Notify { body, actions, .. } = server.call().await else { panic!("it is not shown") };
    assert_eq!(body, "for profile <prod> & co\nterraform waits");
    assert_eq!(actions, ["enter", "Enter code", "skip", "Not now"]);
}

#[tokio::test]
async fn buttons_say_what_they_say() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    server.click(id + 1, "skip").await;
    server.click(id, "something").await;
    server.click(id, "skip").await;
    assert!(matches!(next(&mut desktop).await, Said::NotNow(QUESTION)));
    desktop.withdraw(QUESTION);
    let offer = QuestionId(8);
    desktop.show(Card { question: offer, kind: OFFER, ..card(&bus) });
    assert_eq!(server.call().await, Call::Close(id));
    let Call::Notify { id, actions, urgency: 1, .. } = server.call().await else {
        panic!("it is not offered")
    };
    assert_eq!(actions.join("|"), "default|Renew|renew|Renew|later|In 15 minutes|never|Not today");
    for (action, meant) in [
        ("default", Choice::Renew),
        ("renew", Choice::Renew),
        ("later", Choice::Later),
        ("never", Choice::NotToday),
    ] {
        server.click(id, action).await;
        let said = next(&mut desktop).await;
        assert!(matches!(said, Said::Offer { question, choice } if question == offer && choice == meant));
    }
    desktop.show(Card { question: QuestionId(9), kind: Kind::Offer { pause: None }, ..card(&bus) });
    let Call::Notify { actions, .. } = server.call().await else { panic!("it is not offered") };
    assert_eq!(actions.join("|"), "default|Renew|renew|Renew|never|Not today", "later is too late");
}

#[tokio::test]
async fn a_reply_is_a_code() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(&["inline-reply", "actions"])).await else {
        return;
    };
    desktop.show(card(&bus));
    let Call::Notify { id, actions, .. } = server.call().await else { panic!("it is not shown") };
    assert_eq!(actions[2..4], ["inline-reply", "Enter code"]);
    server.reply(id, "123456").await;
    server.closed(id, DISMISSED).await;
    assert_eq!(code(&mut desktop).await, "123456");
    desktop.show(Card { verifying: true, ..card(&bus) });
    // Shown anew, because it went away with the reply; and not shown while the code was being checked.
    desktop.show(again(card(&bus), "wrong"));
    let Call::Notify { replaces: 0, body, .. } = server.call().await else { panic!("it is not shown again") };
    assert!(body.starts_with("wrong\n"));
}

#[tokio::test]
async fn the_end_of_what_was_replaced_is_not_the_end_of_what_replaced_it() {
    let manner = Manner { closes_first: true, ..Manner::able(&["inline-reply", "actions"]) };
    let Some((bus, mut server, mut desktop)) = stage(manner).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    for reason in ["six digits", "wrong"] {
        desktop.show(again(card(&bus), reason));
        let Call::Notify { replaces: 1, id: 1, .. } = server.call().await else {
            panic!("it is not replaced")
        };
    }
    // It is on the screen, where something newer takes its place and its end takes it away.
    desktop.withdraw(QUESTION);
    assert_eq!(server.call().await, Call::Close(id));
    assert!(server.is_quiet());
}

/// KDE Plasma takes what was answered off the screen a moment later, by its number.
#[tokio::test]
async fn what_was_answered_is_taken_away_and_something_new_is_shown() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(&["inline-reply", "actions"])).await else {
        return;
    };
    desktop.show(card(&bus));
    let id = server.shown().await;
    server.reply(id, "12345").await;
    assert_eq!(code(&mut desktop).await, "12345");
    desktop.show(again(card(&bus), "six digits"));
    assert_eq!(server.call().await, Call::Close(id));
    let Call::Notify { replaces: 0, id: new, .. } = server.call().await else {
        panic!("it is not shown anew")
    };
    server.closed(id, DISMISSED).await;
    server.reply(new, "123456").await;
    assert_eq!(code(&mut desktop).await, "123456");
}

#[tokio::test]
async fn an_answer_that_comes_before_the_notification_is_known_counts() {
    let manner = Manner { at_once: Some("skip"), ..Manner::able(BUTTONS) };
    let Some((bus, _server, mut desktop)) = stage(manner).await else { return };
    desktop.show(card(&bus));
    assert!(matches!(next(&mut desktop).await, Said::NotNow(QUESTION)));
}

#[tokio::test]
async fn nothing_is_said_once_a_question_is_withdrawn() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    server.click(id, "skip").await;
    // Both answers are under way when the question is withdrawn and asked anew: they belong to the first asking.
    server.click(id, "skip").await;
    assert!(matches!(next(&mut desktop).await, Said::NotNow(QUESTION)));
    desktop.withdraw(QUESTION);
    desktop.show(card(&bus));
    let (mut closed, mut shown) = (false, None);
    while !closed || shown.is_none() {
        match while_listening(&mut desktop, server.call()).await {
            Call::Close(closing) => closed = closing == id,
            Call::Notify { id, .. } => shown = Some(id),
        }
    }
}

#[tokio::test]
async fn an_idle_desktop_is_on_no_bus() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    let observer = bus.connect().await;
    let names = zbus::fdo::DBusProxy::new(&observer).await.unwrap();
    let before = names.list_names().await.unwrap();
    let mut changes = names.receive_name_owner_changed().await.unwrap();
    desktop.show(card(&bus));
    server.shown().await;
    desktop.withdraw(QUESTION);
    let gone = async {
        while let Some(change) = futures_util::StreamExt::next(&mut changes).await {
            if change.args().unwrap().new_owner().is_none() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the connection ends");
    assert_eq!(names.list_names().await.unwrap(), before);
}

#[tokio::test]
async fn a_farewell_takes_everything_off_the_desktop() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    tokio::time::timeout(PATIENCE, desktop.farewell()).await.expect("it ends");
    assert_eq!(server.call().await, Call::Close(id));
}

#[tokio::test]
async fn what_the_person_closed_is_shown_again_only_if_there_is_something_new() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    server.closed(id, DISMISSED).await;
    desktop.show(card(&bus));
    desktop.show(Card { verifying: true, ..card(&bus) });
    desktop.show(again(card(&bus), "wrong"));
    let Call::Notify { body, .. } = while_listening(&mut desktop, server.call()).await else {
        panic!("closed")
    };
    assert!(body.starts_with("wrong\n"));
}

fn counted(card: Card, callers: usize) -> Card {
    Card { lines: vec![format!("{callers} wait")], ..card }
}

#[tokio::test]
async fn a_crowd_is_counted_once_on_the_notification_that_is_there() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    for callers in 2..=50 {
        desktop.show(counted(card(&bus), callers));
        tokio::task::yield_now().await;
    }
    let Call::Notify { replaces, body, .. } = while_listening(&mut desktop, server.call()).await else {
        panic!("it is closed")
    };
    assert_eq!((replaces, body.as_str()), (id, "50 wait"));
    assert!(server.is_quiet());
}

#[tokio::test]
async fn who_put_the_question_aside_is_not_told_that_one_more_waits() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    server.closed(id, DISMISSED).await;
    assert!(matches!(next(&mut desktop).await, Said::PutAside(QUESTION)));
    desktop.show(counted(card(&bus), 2));
    desktop.withdraw(QUESTION);
    // The next thing that the server hears of.
    desktop.show(again(card(&bus), "wrong"));
    let Call::Notify { replaces: 0, body, .. } = server.call().await else { panic!("closed") };
    assert!(body.starts_with("wrong\n"));
}

#[tokio::test]
async fn what_is_wrong_for_the_same_reason_is_said_again() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(&["inline-reply", "actions"])).await else {
        return;
    };
    let mut asked = card(&bus);
    desktop.show(asked.clone());
    for _ in 0..3 {
        let id = server.shown().await;
        server.reply(id, "12345").await;
        server.closed(id, DISMISSED).await;
        assert_eq!(code(&mut desktop).await, "12345");
        asked = again(asked, "six digits");
        desktop.show(asked.clone());
    }
    server.shown().await;
}

#[tokio::test]
async fn what_the_person_closed_is_shown_again_to_somebody_new() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    server.closed(id, DISMISSED).await;
    // Those who come before that is known see what is still on the screen.
    for newest in 1.. {
        desktop.show(Card { newest: Some(RequestId(newest)), ..card(&bus) });
        tokio::select! {
            biased;
            call = server.call() => {
                assert!(matches!(call, Call::Notify { replaces: 0, .. }), "{call:?}");
                break;
            }
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_not_enough_is_asked_for_in_the_same_words() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(&["inline-reply"])).await else { return };
    let asked = again(card(&bus), "six digits");
    desktop.show(asked.clone());
    for _ in 0..3 {
        let id = server.shown().await;
        server.reply(id, "12345").await;
        server.closed(id, UNDEFINED).await;
        assert_eq!(code(&mut desktop).await, "12345");
        desktop.show(asked.clone());
    }
    server.shown().await;
}

#[tokio::test]
async fn a_server_that_dies_is_replaced_by_a_dialog_and_the_next_server_shows_the_question() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    let mut open = Held::new(&bus.path().join("open"));
    desktop.show(card_with_dialog(&bus, "pinentry-waits"));
    server.shown().await;
    server.stop().await;
    assert_eq!(while_listening(&mut desktop, open.line()).await, "open\n");
    let mut next = Server::start(&bus, Manner::able(BUTTONS)).await;
    let Call::Notify { replaces: 0, .. } = while_listening(&mut desktop, next.call()).await else {
        panic!("it is not shown again");
    };
}

/// The clock of this test is ahead of everything that has to be waited for.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_counts_as_absent() {
    let (_hangs, answers) = watch::channel(false);
    let manner = Manner { answers, ..Manner::able(BUTTONS) };
    let Some((bus, _server, mut desktop)) = stage(manner).await else { return };
    desktop.show(card(&bus));
    assert!(matches!(desktop.next().await, Said::Unreachable { why, .. } if why.contains("does not answer")));
}
