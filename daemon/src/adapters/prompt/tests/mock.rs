//! Somebody else's idea of a notification server: the one of python-dbusmock.

use futures_util::StreamExt as _;
use zbus::zvariant::Value;
use zbus::{MatchRule, MessageStream};

use super::*;
use crate::test_bus::Mock;

const SERVICE: &str = "org.freedesktop.Notifications";
const OBJECT: &str = "/org/freedesktop/Notifications";
const MOCK: &str = "org.freedesktop.DBus.Mock";

/// What python-dbusmock is to play.
const SERVER: [&str; 5] = [
    "--session",
    "--template",
    "notification_daemon",
    "--parameters",
    r#"{"capabilities": "body actions inline-reply"}"#,
];

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
    let Some(_mock) = Mock::start(&bus, SERVICE, &SERVER).await else { return };
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
