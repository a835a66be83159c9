//! The notification service of a session bus: its calls, and its signals in the order they came.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use secrecy::SecretString;
use zbus::message::{Flags, Message, Sequence, Type};
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream, connection};

use super::wording::{Features, Notification};

/// The service, which is also the name of its interface.
const SERVICE: &str = "org.freedesktop.Notifications";

/// Its only object.
const OBJECT: &str = "/org/freedesktop/Notifications";

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";

/// Stays until it is closed.
const NEVER_EXPIRES: i32 = 0;

/// The urgencies of the specification.
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;

/// A connection to a session bus that listens to its notification service.
#[derive(Debug)]
pub(super) struct Bus {
    connection: Connection,
    signals: MessageStream,
    owners: MessageStream,
}

/// A notification on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Posted {
    /// The server's number for it.
    pub(super) id: u32,
    /// The server: the unique name of its connection.
    pub(super) server: Option<String>,
    /// When the server said that it is there: what it said before is about another one, even if that had the same number.
    pub(super) at: Sequence,
}

/// What the service, or the bus, tells of itself.
#[derive(Debug)]
pub(super) enum Signal {
    /// A button, or the notification, was clicked.
    Invoked { id: u32, action: String },
    /// A reply was typed.
    Replied { id: u32, text: SecretString },
    /// It is not on the screen any more, for one of the specification's reasons.
    Closed { id: u32, reason: u32, at: Sequence },
    /// Another server is there now, or none.
    Server(Option<String>),
}

impl Bus {
    /// Connects, and listens from then on: an answer that comes before `Notify` has returned is not lost.
    pub(super) async fn connect(address: &str) -> zbus::Result<Self> {
        let connection = connection::Builder::address(address)?.build().await?;
        let signals = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SERVICE)?
            .path(OBJECT)?
            .interface(SERVICE)?
            .build();
        let owners = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(BUS)?
            .interface(BUS)?
            .member("NameOwnerChanged")?
            .add_arg(SERVICE)?
            .build();
        let signals = MessageStream::for_match_rule(signals, &connection, None).await?;
        let owners = MessageStream::for_match_rule(owners, &connection, None).await?;
        Ok(Self { connection, signals, owners })
    }

    /// What the server can do. Starts one where the bus knows how.
    pub(super) async fn features(&self) -> zbus::Result<Features> {
        let capabilities: Vec<String> = self.call("GetCapabilities", &()).await?.body().deserialize()?;
        let information = self.call("GetServerInformation", &()).await?;
        let (name, ..): (String, String, String, String) = information.body().deserialize()?;
        Ok(Features::new(&capabilities, name))
    }

    /// A call that the server answers unless it hangs; how it answers does not matter.
    pub(super) fn call_out(&self) -> impl Future<Output = ()> + Send + 'static {
        let connection = self.connection.clone();
        async move {
            let method = "GetServerInformation";
            let _lives = connection.call_method(Some(SERVICE), OBJECT, Some(SERVICE), method, &()).await;
        }
    }

    /// Shows a notification, in place of another one if that is on the screen.
    pub(super) async fn notify(
        &self,
        notification: &Notification,
        replaces: Option<u32>,
    ) -> zbus::Result<Posted> {
        let urgency = if notification.urgent { CRITICAL } else { NORMAL };
        let hints = HashMap::from([
            ("urgency", Value::from(urgency)),
            ("x-kde-reply-placeholder-text", Value::from("six digits")),
            ("x-kde-reply-submit-button-text", Value::from("Send")),
        ]);
        let arguments = (
            "awsd",
            replaces.unwrap_or(0),
            "dialog-password",
            notification.summary.as_str(),
            notification.body.as_str(),
            notification.actions.as_slice(),
            hints,
            NEVER_EXPIRES,
        );
        let reply = self.call("Notify", &arguments).await?;
        let server = reply.header().sender().map(ToString::to_string);
        Ok(Posted { id: reply.body().deserialize()?, server, at: reply.recv_position() })
    }

    /// Has it closed. Waits for nothing: a server that hangs does it when it comes round.
    pub(super) async fn close(&self, id: u32) -> zbus::Result<()> {
        let message = Message::method_call(OBJECT, "CloseNotification")?
            .destination(SERVICE)?
            .interface(SERVICE)?
            .with_flags(Flags::NoReplyExpected)?
            .build(&(id,))?;
        self.connection.send(&message).await
    }

    /// The next signal; none if the bus is gone. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Signal> {
        loop {
            // In this order: what a server said before it died counts.
            let message = tokio::select! {
                biased;
                message = self.signals.next() => message?,
                message = self.owners.next() => message?,
            };
            // What cannot be understood is not meant for awsd.
            if let Some(signal) = signal(&message.ok()?) {
                return Some(signal);
            }
        }
    }

    async fn call<B>(&self, method: &str, arguments: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        self.connection.call_method(Some(SERVICE), OBJECT, Some(SERVICE), method, arguments).await
    }
}

fn signal(message: &Message) -> Option<Signal> {
    let (header, body) = (message.header(), message.body());
    match header.member()?.as_str() {
        "ActionInvoked" => {
            let (id, action) = body.deserialize().ok()?;
            Some(Signal::Invoked { id, action })
        }
        "NotificationReplied" => {
            let (id, text): (u32, String) = body.deserialize().ok()?;
            Some(Signal::Replied { id, text: SecretString::from(text) })
        }
        "NotificationClosed" => {
            let (id, reason) = body.deserialize().ok()?;
            Some(Signal::Closed { id, reason, at: message.recv_position() })
        }
        "NameOwnerChanged" => {
            let (_name, _old, new): (String, String, String) = body.deserialize().ok()?;
            Some(Signal::Server((!new.is_empty()).then_some(new)))
        }
        _ => None,
    }
}
