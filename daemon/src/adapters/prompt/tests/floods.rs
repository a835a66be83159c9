//! Signals that nobody has a reason to send, and more of them than anybody needs: from strangers on the bus, and from a server
//! that is out of order. The question stays, and it is still answered by who may answer it.

use serde::Serialize;
use zbus::Connection;
use zbus::names::OwnedUniqueName;
use zbus::zvariant::DynamicType;

use super::notifications::{BUTTONS, UNDEFINED, stage};
use super::server::{Call, DISMISSED, Manner};
use super::*;

const SERVICE: &str = "org.freedesktop.Notifications";
const OBJECT: &str = "/org/freedesktop/Notifications";

const REPLY: &[&str] = &["actions", "inline-reply"];

/// More than any queue on the way holds.
const MANY: u32 = 500;

/// Somebody who is no notification server, and sends what one would.
struct Stranger {
    connection: Connection,
    victims: Vec<OwnedUniqueName>,
}

impl Stranger {
    /// On the bus together with the question, which has been shown by now.
    async fn come(bus: &TestBus) -> Self {
        let connection = bus.connect().await;
        let names = zbus::fdo::DBusProxy::new(&connection).await.unwrap().list_names().await.unwrap();
        let unique = names.into_iter().filter_map(|name| OwnedUniqueName::try_from(name.to_string()).ok());
        Self { victims: unique.collect(), connection }
    }

    /// To everybody who listens, and to each one: what is sent to one is delivered whatever they listen to.
    async fn send<B: Serialize + DynamicType>(&self, member: &str, body: &B) {
        self.connection.emit_signal(None::<&str>, OBJECT, SERVICE, member, body).await.unwrap();
        for victim in &self.victims {
            self.connection.emit_signal(Some(victim), OBJECT, SERVICE, member, body).await.unwrap();
        }
    }

    /// As if the bus had told that the server is another one.
    async fn hand_over(&self) {
        const BUS: &str = "org.freedesktop.DBus";
        for victim in &self.victims {
            let body = (SERVICE, ":1.1", "");
            let to = Some(victim);
            self.connection
                .emit_signal(to, "/org/freedesktop/DBus", BUS, "NameOwnerChanged", &body)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn who_has_not_shown_the_question_cannot_answer_it_or_take_it_away() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(REPLY)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    let stranger = Stranger::come(&bus).await;
    stranger.send("NotificationReplied", &(id, "000000")).await;
    stranger.send("ActionInvoked", &(id, "skip")).await;
    stranger.send("NotificationClosed", &(id, DISMISSED)).await;
    stranger.hand_over().await;
    // Nor can the server answer it by the number of another one.
    server.reply(id + 1, "000000").await;
    server.click(id + 1, "skip").await;
    server.closed(id + 1, DISMISSED).await;
    // It counts as being where it is: what is new is shown in its place.
    desktop.show(again(card(&bus), "wrong"));
    let Call::Notify { replaces, .. } = while_listening(&mut desktop, server.call()).await else {
        panic!("it is closed")
    };
    assert_eq!(replaces, id);
    server.reply(id, "123456").await;
    assert_eq!(code(&mut desktop).await, "123456");
}

#[tokio::test]
async fn many_signals_of_strangers_change_nothing() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(REPLY)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    let stranger = Stranger::come(&bus).await;
    for number in 0..MANY {
        stranger.send("NotificationClosed", &(id, DISMISSED)).await;
        stranger.send("ActionInvoked", &(number, "skip")).await;
    }
    server.reply(id, "123456").await;
    assert_eq!(code(&mut desktop).await, "123456");
    assert!(server.is_quiet());
}

#[tokio::test]
async fn what_a_server_says_while_it_is_called_is_not_in_the_way_of_its_answer() {
    let manner = Manner { noise: MANY, ..Manner::able(REPLY) };
    let Some((bus, mut server, mut desktop)) = stage(manner).await else { return };
    desktop.show(card(&bus));
    let shown = tokio::time::timeout(PATIENCE, desktop.next()).await.expect("the answer is heard");
    assert!(matches!(shown, Said::Shown(QUESTION, true)), "{shown:?}");
    let id = server.shown().await;
    server.reply(id, "123456").await;
    assert_eq!(code(&mut desktop).await, "123456");
}

#[tokio::test]
async fn what_went_once_does_not_go_again() {
    let Some((bus, mut server, mut desktop)) = stage(Manner::able(BUTTONS)).await else { return };
    desktop.show(card(&bus));
    let id = server.shown().await;
    for _ in 0..MANY {
        server.closed(id, DISMISSED).await;
    }
    assert!(matches!(next(&mut desktop).await, Said::PutAside(QUESTION)));
    assert!(server.is_quiet());
    desktop.show(again(card(&bus), "wrong"));
    let id = while_listening(&mut desktop, server.shown()).await;
    for _ in 0..MANY {
        server.closed(id, UNDEFINED).await;
    }
    assert!(
        matches!(next(&mut desktop).await, Said::Unreachable { why, .. } if why.contains("off the screen"))
    );
    assert!(server.is_quiet());
}

/// Each click has it shown anew, because no dialog can be opened; and each time it is clicked at once.
#[tokio::test]
async fn a_server_that_presses_the_button_itself_is_given_up() {
    let manner = Manner { at_once: Some("enter"), ..Manner::able(BUTTONS) };
    let Some((bus, mut server, mut desktop)) = stage(manner).await else { return };
    desktop.show(card(&bus));
    assert!(
        matches!(next(&mut desktop).await, Said::Unreachable { why, .. } if why.contains("keeps nothing"))
    );
    let mut shown = 0;
    while let Some(call) = server.called() {
        shown += usize::from(matches!(call, Call::Notify { .. }));
    }
    assert!((2..=20).contains(&shown), "it is shown {shown} times");
}

/// The core has every one of them asked for again.
#[tokio::test]
async fn a_server_that_replies_itself_is_given_up() {
    let manner = Manner { replies_at_once: Some(""), ..Manner::able(REPLY) };
    let Some((bus, _server, mut desktop)) = stage(manner).await else { return };
    let mut asked = card(&bus);
    desktop.show(asked.clone());
    let mut replies = 0;
    loop {
        match next(&mut desktop).await {
            Said::Code { .. } => replies += 1,
            Said::Unreachable { .. } => break,
            other => panic!("{other:?} in place of a reply"),
        }
        asked = again(asked, "six digits");
        desktop.show(asked.clone());
    }
    assert!((2..=20).contains(&replies), "it replies {replies} times");
}
