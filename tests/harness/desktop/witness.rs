//! Sees everything that is said on a bus, whoever says it to whom, and whether or not anybody answers.
//!
//! It never takes part: a test can tell what was really shown, without a word from the program that showed it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use zbus::{
    Message,
    blocking::{Connection, MessageIterator, fdo::MonitoringProxy},
    message::{Header, Type},
    names::MemberName,
    zvariant::{OwnedValue, Structure},
};

use super::NOTIFICATIONS;
use crate::harness::{leaks::Shared, run::PATIENCE};

/// A notification that a server has taken.
#[derive(Clone, Debug)]
pub struct Notification {
    /// What the server calls it.
    pub id: u32,
    /// Who asked for it: the name of that connection.
    pub caller: String,
    /// The title.
    pub summary: String,
    /// The text.
    pub body: String,
    /// What can be chosen: key and label.
    pub actions: Vec<(String, String)>,
    /// Hints by name, each as `byte 0x02` or `"text"`.
    pub hints: BTreeMap<String, String>,
    /// Milliseconds until it goes by itself; 0 is never, -1 as the server likes.
    pub expires: i32,
    /// The notification in whose place it came, or 0.
    pub replaces: u32,
    /// Nobody has closed it, no newer one has replaced it, and its server lives.
    pub open: bool,
}

/// A signal that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The object that sent it.
    pub path: String,
    /// Its name without the interface.
    pub member: String,
    /// Its arguments as `(uint32 7, "default")`; empty where it has none.
    pub arguments: String,
}

/// What has been said so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) notifications: Vec<Notification>,
    pub(super) signals: Vec<Signal>,
    pub(super) names: BTreeSet<String>,
    /// Asked for, and not yet taken by the server: by the caller's name and the number of the call.
    asked: BTreeMap<(String, u32), Notification>,
    /// Everything that any notification said, for those who look for secrets.
    text: Shared,
}

#[derive(Debug)]
struct Log {
    seen: Mutex<Seen>,
    more: Condvar,
}

/// Watches a bus as long as the bus is there.
pub(super) struct Witness(Arc<Log>);

impl Witness {
    /// Turns the connection into one that hears everything. What notifications say is written down in `text`.
    pub(super) fn watch(connection: &Connection, text: Shared) -> Self {
        let log = Arc::new(Log { seen: Mutex::new(Seen { text, ..Seen::default() }), more: Condvar::new() });
        // It listens before it asks for anything, and so misses nothing.
        let messages = MessageIterator::from(connection);
        MonitoringProxy::new(connection)
            .and_then(|monitoring| monitoring.become_monitor(&[], 0).map_err(Into::into))
            .expect("a bus of our own lets us listen");
        let record = Arc::clone(&log);
        thread::spawn(move || {
            for message in messages.map_while(Result::ok) {
                record.seen.lock().unwrap_or_else(PoisonError::into_inner).note(&message);
                record.more.notify_all();
            }
        });
        Self(log)
    }

    /// Waits until `look` finds what it looks for in what was said so far.
    #[track_caller]
    pub(super) fn wait<T>(&self, what: &str, mut look: impl FnMut(&Seen) -> Option<T>) -> T {
        let mut found = None;
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.more.wait_timeout_while(seen, PATIENCE, |seen| {
            found = look(seen);
            found.is_none()
        });
        let (seen, _timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        found.unwrap_or_else(|| panic!("{what} did not come within {PATIENCE:?}; {seen:#?}"))
    }

    /// Waits until somebody owns this name.
    #[track_caller]
    pub(super) fn name(&self, name: &str) {
        self.wait(&format!("{name} on the bus"), |seen| seen.names.contains(name).then_some(()));
    }

    /// Waits until a signal with this name, and with this in its arguments, was sent; the last such.
    #[track_caller]
    pub(super) fn signal(&self, member: &str, text: &str) -> Signal {
        self.wait(&format!("the signal {member} with {text:?}"), |seen| {
            let same = |signal: &&Signal| signal.member == member && signal.arguments.contains(text);
            seen.signals.iter().rfind(same).cloned()
        })
    }

    /// What has been said so far.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.0.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Seen {
    /// Whether one was asked for, taken or not.
    pub(super) fn has_notifications(&self) -> bool {
        !self.notifications.is_empty() || !self.asked.is_empty()
    }

    /// Notes what matters in a message.
    ///
    /// A message that is not as it should be is not ours to judge: what matters in it is then missing.
    fn note(&mut self, message: &Message) {
        let header = message.header();
        let member = header.member().map(MemberName::as_str);
        match (header.message_type(), member) {
            (Type::MethodCall, Some("Notify")) => self.asked(&header, message),
            (Type::MethodReturn, _) => self.answered(&header, message),
            (Type::Signal, Some(member)) => self.signalled(&header, member, message),
            _ => {}
        }
    }

    fn asked(&mut self, header: &Header<'_>, message: &Message) {
        type Notify = (String, u32, String, String, String, Vec<String>, BTreeMap<String, OwnedValue>, i32);
        let (Some(caller), Ok(call)) = (header.sender(), message.body().deserialize::<Notify>()) else {
            return;
        };
        let (_application, replaces, _icon, summary, body, actions, hints, expires) = call;
        let pairs = actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        let notification = Notification {
            id: 0,
            caller: caller.to_string(),
            summary,
            body,
            actions: pairs.collect(),
            hints: hints.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
            expires,
            replaces,
            open: true,
        };
        let text = format!("{notification:?}\n");
        self.text.lock().unwrap_or_else(PoisonError::into_inner).extend(text.bytes());
        self.asked.insert((caller.to_string(), message.primary_header().serial_num().get()), notification);
    }

    fn answered(&mut self, header: &Header<'_>, message: &Message) {
        let (Some(caller), Some(serial)) = (header.destination(), header.reply_serial()) else { return };
        let Some(notification) = self.asked.remove(&(caller.to_string(), serial.get())) else { return };
        let Ok(id) = message.body().deserialize::<u32>() else { return };
        self.close(|other| other.id == id);
        self.notifications.push(Notification { id, ..notification });
    }

    fn signalled(&mut self, header: &Header<'_>, member: &str, message: &Message) {
        let body = message.body();
        match member {
            "NotificationClosed" => {
                if let Ok((id, _reason)) = body.deserialize::<(u32, u32)>() {
                    self.close(|shown| shown.id == id);
                }
            }
            "NameOwnerChanged" => {
                if let Ok((name, _before, now)) = body.deserialize::<(String, String, String)>() {
                    self.owner_changed(name, &now);
                }
                return;
            }
            // Every connection is told so, which is nothing to those who look at what was said.
            "NameAcquired" | "NameLost" => return,
            _ => {}
        }
        self.signals.push(Signal {
            path: header.path().map(ToString::to_string).unwrap_or_default(),
            member: member.to_owned(),
            arguments: body.deserialize::<Structure<'_>>().map(|all| all.to_string()).unwrap_or_default(),
        });
    }

    fn owner_changed(&mut self, name: String, now: &str) {
        if name == NOTIFICATIONS {
            // What the server had shown went with it.
            self.close(|_| true);
        }
        if now.is_empty() {
            self.names.remove(&name);
        } else {
            self.names.insert(name);
        }
    }

    fn close(&mut self, which: impl Fn(&Notification) -> bool) {
        for notification in self.notifications.iter_mut().filter(|notification| which(notification)) {
            notification.open = false;
        }
    }
}
