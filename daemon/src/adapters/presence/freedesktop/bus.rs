//! A message bus on which services are listened to and never started.
//!
//! Calls and signals are those of a connection, not of a name: calling a name would start a service that is not there,
//! and any user of the system's bus may send signals that look like the login manager's.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::time::timeout;
use zbus::message::{Message, Type};
use zbus::names::OwnedUniqueName;
use zbus::zvariant::DynamicType;
use zbus::{Connection, Error, MatchRule, MessageStream, connection, match_rule};

/// How long connecting, and each call, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The bus itself: its name, and that of its interface.
const BUS: &str = "org.freedesktop.DBus";

/// Its object.
const BUS_OBJECT: &str = "/org/freedesktop/DBus";

/// A connection to a bus.
#[derive(Debug)]
pub(super) struct Bus(Connection);

/// Whoever has a name: one of its connections.
#[derive(Debug, Clone)]
pub(super) struct Peer<'a> {
    bus: &'a Bus,
    name: OwnedUniqueName,
}

impl Bus {
    pub(super) async fn connect(address: &str) -> zbus::Result<Self> {
        let connecting = connection::Builder::address(address)?.method_timeout(PATIENCE).build();
        let late = |_| Error::Failure("the bus does not answer".to_owned());
        Ok(Self(timeout(PATIENCE, connecting).await.map_err(late)??))
    }

    /// Attends to whoever has this name, or to the fact that nobody has it, each time from the beginning. Ends when
    /// that fails, or the bus does.
    pub(super) async fn attend<'a, F>(
        &'a self,
        name: &str,
        attend_to: impl Fn(Option<Peer<'a>>) -> F,
    ) -> zbus::Result<Infallible>
    where
        F: Future<Output = zbus::Result<Infallible>>,
    {
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS)?.interface(BUS)?;
        let rule = rule.member("NameOwnerChanged")?.add_arg(name)?.build();
        let mut handovers = MessageStream::for_match_rule(rule, &self.0, None).await?;
        let mut owner = self.owner(name).await?;
        loop {
            let holder = owner.map(|name| Peer { bus: self, name });
            owner = tokio::select! {
                // What it said before it went counts.
                biased;
                ended = attend_to(holder) => return ended,
                handover = next(&mut handovers) => {
                    let (_name, _old, new): (String, String, String) = handover?.body().deserialize()?;
                    OwnedUniqueName::try_from(new).ok()
                }
            };
        }
    }

    async fn owner(&self, name: &str) -> zbus::Result<Option<OwnedUniqueName>> {
        match self.0.call_method(Some(BUS), BUS_OBJECT, Some(BUS), "GetNameOwner", &(name,)).await {
            Ok(reply) => Ok(Some(reply.body().deserialize()?)),
            Err(Error::MethodError(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Peer<'_> {
    /// Calls a method.
    pub(super) async fn call<B>(
        &self,
        object: &str,
        interface: &str,
        method: &str,
        arguments: &B,
    ) -> zbus::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        self.bus.0.call_method(Some(&self.name), object, Some(interface), method, arguments).await
    }

    /// Its signals, of which the rule chooses some, from now on.
    pub(super) async fn signals<'r>(
        &'r self,
        choose: impl FnOnce(match_rule::Builder<'r>) -> zbus::Result<match_rule::Builder<'r>>,
    ) -> zbus::Result<MessageStream> {
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(&self.name)?;
        MessageStream::for_match_rule(choose(rule)?.build(), &self.bus.0, None).await
    }
}

/// The next message; an error if the bus is gone. Dropping the future loses nothing.
pub(super) async fn next(messages: &mut MessageStream) -> zbus::Result<Message> {
    messages.next().await.unwrap_or_else(|| Err(Error::Failure("the bus is gone".to_owned())))
}
