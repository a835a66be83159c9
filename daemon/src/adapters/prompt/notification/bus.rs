//! The notification service of a session bus: its calls, and its signals in the order they came.
//!
//! Whoever is on the bus may send us a signal that looks like the service's, as many as they like: each says who sent it, and
//! while a call is answered they are listened to, because an answer behind them would not be heard otherwise. It must not
//! decide what a signal means.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;

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

/// How much of what a server says is kept while it answers a call. One says a word or two in that time, unless it is out of
/// order.
const EARLY: usize = 64;

/// The longest action or reply that can mean anything, in bytes.
const MAX_TEXT: usize = 1024;

/// The urgencies of the specification.
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;

/// A connection to a session bus that listens to its notification service.
#[derive(Debug)]
pub(super) struct Bus {
    connection: Connection,
    signals: MessageStream,
    owners: MessageStream,
    /// Who answered the last call.
    server: Option<String>,
    /// What was heard while a call was answered.
    early: VecDeque<Signal>,
}

/// A notification of a server's, at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Posted {
    /// The server's number for it.
    pub(super) id: u32,
    /// The server: the unique name of its connection.
    pub(super) server: Option<String>,
    /// When the server said so. What it said before it said that a notification is there is about another one, even if that
    /// had the same number.
    pub(super) at: Sequence,
}

impl Posted {
    /// Whether both are of one server's notification with one number.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && self.server == other.server
    }
}

/// What the service, or the bus, tells of itself.
#[derive(Debug)]
pub(super) enum Signal {
    /// Somebody, who need not be the server, says that something has happened to a notification.
    Happened(Posted, What),
    /// Another server is there now, or none.
    Server(Option<String>),
}

/// What has happened to a notification.
#[derive(Debug)]
pub(super) enum What {
    /// A button, or the notification, was clicked.
    Invoked(String),
    /// A reply was typed.
    Replied(SecretString),
    /// It is not on the screen any more, for one of the specification's reasons.
    Closed(u32),
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
        // The server comes last: from then on somebody has to listen all the time.
        let owners = MessageStream::for_match_rule(owners, &connection, None).await?;
        let signals = MessageStream::for_match_rule(signals, &connection, None).await?;
        Ok(Self { connection, signals, owners, server: None, early: VecDeque::new() })
    }

    /// What the server can do. Starts one where the bus knows how.
    pub(super) async fn features(&mut self) -> zbus::Result<Features> {
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
        &mut self,
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
        Ok(posted(&reply, reply.body().deserialize()?))
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
        if let Some(early) = self.early.pop_front() {
            return Some(early);
        }
        loop {
            let message = heard(&mut self.signals, &mut self.owners).await?;
            // What cannot be understood is not meant for awsd.
            if let Some(signal) = signal(&message) {
                return Some(signal);
            }
        }
    }

    /// Calls the server, and listens until it answers: the connection reads no further than to what nobody listens to.
    async fn call<B>(&mut self, method: &str, arguments: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let connection = self.connection.clone();
        let mut call = pin!(connection.call_method(Some(SERVICE), OBJECT, Some(SERVICE), method, arguments));
        let reply = loop {
            tokio::select! {
                biased;
                reply = &mut call => break reply?,
                message = heard(&mut self.signals, &mut self.owners) => match message {
                    Some(message) => self.keep(signal(&message)),
                    // The bus is gone, which the call will say.
                    None => break call.await?,
                },
            }
        };
        self.server = sender(&reply);
        Ok(reply)
    }

    /// Keeps what was heard while a call was answered, as far as it may be about a notification of ours.
    fn keep(&mut self, signal: Option<Signal>) {
        match signal {
            Some(Signal::Happened(of, _)) if self.early.len() >= EARLY || of.server != self.server => {}
            Some(Signal::Server(_)) => {
                // Only who is there now matters.
                self.early.retain(|kept| !matches!(kept, Signal::Server(_)));
                self.early.extend(signal);
            }
            other => self.early.extend(other),
        }
    }
}

/// The next message; none if the bus is gone. In this order: what a server said before it died counts.
async fn heard(signals: &mut MessageStream, owners: &mut MessageStream) -> Option<Message> {
    let message = tokio::select! {
        biased;
        message = signals.next() => message,
        message = owners.next() => message,
    };
    message?.ok()
}

fn sender(message: &Message) -> Option<String> {
    message.header().sender().map(ToString::to_string)
}

/// The notification that this message is about.
fn posted(message: &Message, id: u32) -> Posted {
    Posted { id, server: sender(message), at: message.recv_position() }
}

fn signal(message: &Message) -> Option<Signal> {
    let (header, body) = (message.header(), message.body());
    let (id, what) = match header.member()?.as_str() {
        "ActionInvoked" => {
            let (id, action): (u32, String) = body.deserialize().ok()?;
            (id, What::Invoked(short(action)?))
        }
        "NotificationReplied" => {
            let (id, text): (u32, String) = body.deserialize().ok()?;
            (id, What::Replied(SecretString::from(short(text)?)))
        }
        "NotificationClosed" => {
            let (id, reason) = body.deserialize().ok()?;
            (id, What::Closed(reason))
        }
        "NameOwnerChanged" => {
            let (_name, _old, new): (String, String, String) = body.deserialize().ok()?;
            return Some(Signal::Server((!new.is_empty()).then_some(new)));
        }
        _ => return None,
    };
    Some(Signal::Happened(posted(message, id), what))
}

fn short(text: String) -> Option<String> {
    (text.len() <= MAX_TEXT).then_some(text)
}
