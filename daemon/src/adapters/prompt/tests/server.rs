//! A notification server that the test controls.

use std::collections::HashMap;

use tokio::sync::{mpsc, watch};
use zbus::Connection;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

pub(super) use crate::test_bus::{PATIENCE, TestBus};

const SERVICE: &str = "org.freedesktop.Notifications";
const OBJECT: &str = "/org/freedesktop/Notifications";

/// Closed by the person.
pub(super) const DISMISSED: u32 = 2;

/// The hints for a server's own field for a reply: what stands in it, and on its button.
const REPLY_HINTS: [&str; 2] = ["x-kde-reply-placeholder-text", "x-kde-reply-submit-button-text"];

/// A call to the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    Notify {
        replaces: u32,
        id: u32,
        summary: String,
        body: String,
        actions: Vec<String>,
        urgency: u8,
        reply: [String; 2],
    },
    Close(u32),
}

/// A notification server. Dropping it takes it off the bus.
pub(super) struct Server {
    connection: Connection,
    calls: mpsc::UnboundedReceiver<Call>,
}

/// What the server is like.
pub(super) struct Manner {
    pub(super) name: &'static str,
    pub(super) capabilities: &'static [&'static str],
    /// `Notify` returns while this is true.
    pub(super) answers: watch::Receiver<bool>,
    /// The action that is invoked before `Notify` returns.
    pub(super) at_once: Option<&'static str>,
    /// The reply that is typed before `Notify` returns.
    pub(super) replies_at_once: Option<&'static str>,
    /// What is replaced was closed by then, and is said to be before `Notify` returns.
    pub(super) closes_first: bool,
    /// How many other notifications are said to be closed before `Notify` returns.
    pub(super) noise: u32,
}

impl Manner {
    pub(super) fn able(capabilities: &'static [&'static str]) -> Self {
        Self {
            name: "test",
            capabilities,
            answers: watch::channel(true).1,
            at_once: None,
            replies_at_once: None,
            closes_first: false,
            noise: 0,
        }
    }
}

struct Interface {
    manner: Manner,
    calls: mpsc::UnboundedSender<Call>,
    last: u32,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Interface {
    fn get_capabilities(&self) -> Vec<&str> {
        self.manner.capabilities.to_vec()
    }

    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        (self.manner.name, "awsd", "1", "1.2")
    }

    #[allow(clippy::too_many_arguments, reason = "the specification has them")]
    async fn notify(
        &mut self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        application: String,
        replaces: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expires: i32,
    ) -> u32 {
        let _manner_dropped = self.manner.answers.wait_for(|answers| *answers).await.map(|_| ());
        assert_eq!((application.as_str(), icon.as_str(), expires), ("awsd", "dialog-password", 0));
        let id = if replaces == 0 { self.last + 1 } else { replaces };
        self.last = id;
        let urgency = u8::try_from(&hints["urgency"]).unwrap();
        let reply = REPLY_HINTS.map(|hint| {
            hints.get(hint).map(|text| <&str>::try_from(text).unwrap().to_owned()).unwrap_or_default()
        });
        self.calls.send(Call::Notify { replaces, id, summary, body, actions, urgency, reply }).unwrap();
        for other in 0..self.manner.noise {
            Self::notification_closed(&emitter, id + 1 + other, DISMISSED).await.unwrap();
        }
        if replaces != 0 && self.manner.closes_first {
            Self::notification_closed(&emitter, replaces, DISMISSED).await.unwrap();
        }
        if let Some(action) = self.manner.at_once {
            Self::action_invoked(&emitter, id, action).await.unwrap();
        }
        if let Some(text) = self.manner.replies_at_once {
            Self::notification_replied(&emitter, id, text).await.unwrap();
        }
        id
    }

    fn close_notification(&self, id: u32) {
        self.calls.send(Call::Close(id)).unwrap();
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_replied(emitter: &SignalEmitter<'_>, id: u32, text: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
}

impl Server {
    pub(super) async fn start(bus: &TestBus, manner: Manner) -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let connection = bus.connect().await;
        let interface = Interface { manner, calls: sender, last: 0 };
        connection.object_server().at(OBJECT, interface).await.unwrap();
        connection.request_name(SERVICE).await.unwrap();
        Self { connection, calls }
    }

    pub(super) async fn stop(self) {
        self.connection.close().await.unwrap();
    }

    pub(super) async fn call(&mut self) -> Call {
        let call = tokio::time::timeout(PATIENCE, self.any_call()).await.expect("a call comes");
        call.expect("the server is there")
    }

    /// For tests with a clock of their own.
    pub(super) async fn any_call(&mut self) -> Option<Call> {
        self.calls.recv().await
    }

    /// The number of the notification that is shown next.
    pub(super) async fn shown(&mut self) -> u32 {
        match self.call().await {
            Call::Notify { id, .. } => id,
            close @ Call::Close(_) => panic!("{close:?} in place of a notification"),
        }
    }

    /// A call that has come already.
    pub(super) fn called(&mut self) -> Option<Call> {
        self.calls.try_recv().ok()
    }

    /// Nothing was called since the last call that was looked at.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.called().is_none()
    }

    pub(super) async fn click(&self, id: u32, action: &str) {
        Interface::action_invoked(&self.emitter(), id, action).await.unwrap();
    }

    pub(super) async fn reply(&self, id: u32, text: &str) {
        Interface::notification_replied(&self.emitter(), id, text).await.unwrap();
    }

    pub(super) async fn closed(&self, id: u32, reason: u32) {
        Interface::notification_closed(&self.emitter(), id, reason).await.unwrap();
    }

    fn emitter(&self) -> SignalEmitter<'_> {
        SignalEmitter::new(&self.connection, OBJECT).unwrap()
    }
}
