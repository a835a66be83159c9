//! Dialogs, beside notifications or without.

use super::notifications::{BUTTONS, OFFER, UNDEFINED, stage};
use super::server::{Call, Manner, Server};
use super::*;

#[tokio::test]
async fn a_dialog_stays_for_who_is_at_the_same_desktop_and_goes_to_another() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    let mut open = Held::new(&bus.path().join("open"));
    let card = card_with_dialog(&bus, "pinentry-waits");
    desktop.show(Card { kind: Kind::Code { straight_to_dialog: true }, ..card.clone() });
    let id = server.shown().await;
    assert_eq!(open.line().await, "open\n");
    let elsewhere = |name: &str, value: &str| Card {
        display: display(&[
            ("DBUS_SESSION_BUS_ADDRESS", bus.address.as_str()),
            ("DISPLAY", ":none"),
            ("XDG_RUNTIME_DIR", bus.path().to_str().unwrap()),
            (name, value),
        ]),
        ..card.clone()
    };
    desktop.show(elsewhere("TERM", "dumb"));
    let Call::Notify { replaces, .. } = while_listening(&mut desktop, server.call()).await else {
        panic!("it is closed")
    };
    assert_eq!(replaces, id);
    desktop.show(elsewhere("DISPLAY", ":other"));
    assert_eq!(while_listening(&mut desktop, open.line()).await, "", "the dialog is gone");
}

#[tokio::test]
async fn a_dialog_that_cannot_be_opened_leads_back_to_the_notification_every_time() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let mut id = server.shown().await;
    for _ in 0..3 {
        server.click(id, "enter").await;
        // The one that was clicked goes first.
        assert!(
            matches!(while_listening(&mut desktop, server.call()).await, Call::Close(closed) if closed == id)
        );
        let Call::Notify { id: shown, body, .. } = while_listening(&mut desktop, server.call()).await else {
            panic!("nothing is shown")
        };
        assert!(body.ends_with("awsd mfa 123456"), "{body}");
        id = shown;
    }
}

#[tokio::test]
async fn a_dialog_is_opened_by_the_button_and_again_for_a_wrong_code() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    let card = card_with_dialog(&bus, "pinentry-answers");
    desktop.show(card.clone());
    let id = server.shown().await;
    server.click(id, "enter").await;
    server.closed(id, UNDEFINED).await;
    assert_eq!(code(&mut desktop).await, "000000");
    desktop.show(Card { verifying: true, ..card.clone() });
    desktop.show(again(card, "wrong"));
    assert_eq!(code(&mut desktop).await, "111111");
}

#[tokio::test]
async fn a_dialog_can_be_closed_and_the_notification_comes_back() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card_with_dialog(&bus, "pinentry-cancels"));
    let id = server.shown().await;
    server.closed(id, UNDEFINED).await;
    server.click(id, "enter").await;
    let Call::Notify { .. } = while_listening(&mut desktop, server.call()).await else { panic!("closed") };
}

#[tokio::test]
async fn a_dialog_goes_with_its_question() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    let mut open = Held::new(&bus.path().join("open"));
    let card = card_with_dialog(&bus, "pinentry-waits");
    desktop.show(Card { kind: Kind::Code { straight_to_dialog: true }, ..card });
    server.shown().await;
    assert_eq!(open.line().await, "open\n");
    desktop.withdraw(QUESTION);
    assert_eq!(while_listening(&mut desktop, open.line()).await, "");
}

#[tokio::test]
async fn without_a_server_there_is_a_dialog_and_it_can_say_not_now() {
    let Some(bus) = TestBus::start() else { return };
    let mut desktop = Desktop::new();
    desktop.show(card_with_dialog(&bus, "pinentry-answers"));
    assert_eq!(code(&mut desktop).await, "000000");
    desktop.withdraw(QUESTION);
    desktop.show(card_with_dialog(&bus, "pinentry-cancels"));
    assert!(matches!(next(&mut desktop).await, Said::NotNow(QUESTION)));
    // A server that comes later shows what is still open.
    let mut server = Server::start(&bus, Manner::able(BUTTONS)).await;
    while_listening(&mut desktop, server.shown()).await;
}

#[tokio::test]
async fn where_nobody_can_be_asked_it_is_said_why() {
    let Some(bus) = TestBus::start() else { return };
    let mut desktop = Desktop::new();
    for (card, reasons) in [
        (card(&bus), ["no notification can be shown", "no screen"]),
        (Card { display: Display::default(), ..card(&bus) }, ["no session bus", "no screen"]),
        (
            Card { display: display(&[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/bus")]), ..card(&bus) },
            ["bus cannot be reached", "no screen"],
        ),
        (Card { kind: OFFER, ..card(&bus) }, ["no notification can be shown", ""]),
    ] {
        desktop.show(card);
        let Said::Unreachable { question: QUESTION, why } = next(&mut desktop).await else {
            panic!("reachable")
        };
        assert!(reasons.iter().all(|reason| why.contains(reason)), "{why}");
        desktop.withdraw(QUESTION);
    }
}
