//! Somebody else's idea of a notification server: the one of python-dbusmock.

use std::process::{Child, Command, Stdio};

use futures_util::StreamExt as _;
use zbus::fdo::DBusProxy;
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream};

use super::*;

/// The system's own interpreter: it is the one that has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

const SERVICE: &str = "org.freedesktop.Notifications";
const OBJECT: &str = "/org/freedesktop/Notifications";
const MOCK: &str = "org.freedesktop.DBus.Mock";

struct Mock(Child);

impl Drop for Mock {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Mock {
    /// `None`, after saying so, where there is none to be had.
    async fn start(bus: &TestBus, observer: &Connection) -> Option<Self> {
        let there = Command::new(PYTHON).args(["-c", "import dbusmock"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            println!("SKIPPED: {PYTHON} has no dbusmock");
            return None;
        }
        let names = DBusProxy::new(observer).await.unwrap();
        let mut changes = names.receive_name_owner_changed_with_args(&[(0, SERVICE)]).await.unwrap();
        let mock = Command::new(PYTHON)
            .args(["-m", "dbusmock", "--session", "--template", "notification_daemon", "--parameters"])
            .arg(r#"{"capabilities": "body actions inline-reply"}"#)
            .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mock = Self(mock);
        tokio::time::timeout(PATIENCE, changes.next()).await.expect("it takes its name");
        Some(mock)
    }
}

/// Waits until the mock was called with this method.
async fn called(calls: &mut MessageStream, method: &str) {
    let wait = async {
        while let Some(Ok(message)) = calls.next().await {
            let body = message.body();
            let (name, _arguments): (String, Vec<Value<'_>>) = body.deserialize().unwrap();
            if name == method {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it is called");
}

#[tokio::test]
async fn a_code_is_typed_into_the_notification() {
    let Some(bus) = TestBus::start() else { return };
    let observer = bus.connect().await;
    let Some(_mock) = Mock::start(&bus, &observer).await else { return };
    let rule = MatchRule::builder().interface(MOCK).unwrap().member("MethodCalled").unwrap();
    let rule = rule.msg_type(zbus::message::Type::Signal).build();
    let mut calls = MessageStream::for_match_rule(rule, &observer, None).await.unwrap();
    let mut desktop = Desktop::new();
    desktop.show(card(&bus));
    called(&mut calls, "Notify").await;
    let reply = [Value::from(1_u32), Value::from("123456")];
    let signal = (SERVICE, "NotificationReplied", "us", reply.as_slice());
    observer.call_method(Some(SERVICE), OBJECT, Some(MOCK), "EmitSignal", &signal).await.unwrap();
    assert_eq!(code(&mut desktop).await, "123456");
    desktop.withdraw(QUESTION);
    called(&mut calls, "CloseNotification").await;
}
