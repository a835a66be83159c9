//! A private message bus: its daemon, a connection to it, and the witness of all that is said there.
//!
//! Nothing is started by it, and nothing of the machine's own buses can be reached from it.

use std::{fs, path::Path};

use serde::Serialize;
use zbus::{
    blocking::{Connection, connection::Builder},
    zvariant::{DynamicType, Value},
};

use super::{wait, witness::Witness};
use crate::harness::run::{PATIENCE, Run, Running};

/// The interface of objects that python-dbusmock plays.
const MOCK: &str = "org.freedesktop.DBus.Mock";

/// A bus, which ends when it is dropped.
pub(super) struct Bus {
    pub(super) address: String,
    pub(super) witness: Witness,
    connection: Connection,
    _daemon: Running,
}

impl Bus {
    /// Starts a bus whose socket is `directory/name`.
    pub(super) fn start(run: &Run, directory: &Path, name: &str) -> Self {
        let socket = directory.join(name);
        let address = format!("unix:path={}", socket.display());
        let configuration = directory.join(format!("{name}.conf"));
        let text = include_str!("bus.conf").replace("@SOCKET@", &socket.to_string_lossy());
        fs::write(&configuration, text).expect("the configuration of the bus can be written");
        let daemon = run
            .another("dbus-daemon")
            .args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"])
            .args([configuration])
            .spawn();
        wait("the message bus", || daemon.stdout().ends_with('\n').then_some(()));
        let connect = || {
            Builder::address(address.as_str())
                .and_then(|builder| builder.method_timeout(PATIENCE).build())
                .expect("the bus takes connections")
        };
        Self {
            witness: Witness::watch(&connect(), run.output(&format!("the notifications on the {name} bus"))),
            connection: connect(),
            address,
            _daemon: daemon,
        }
    }

    /// Returns when the witness has heard everything that was said before.
    #[track_caller]
    pub(super) fn settle(&self) {
        const MARK: (&str, &str) = (MOCK, "Mark");
        let mark = fastrand::u64(..);
        let sent = self.connection.emit_signal(None::<&str>, "/mark", MARK.0, MARK.1, &mark);
        sent.expect("a bus of our own takes signals");
        self.witness.signal(MARK.1, &mark.to_string());
    }

    /// Calls a method, which must succeed.
    #[track_caller]
    pub(super) fn call<B>(&self, service: &str, path: &str, method: (&str, &str), body: &B)
    where
        B: Serialize + DynamicType,
    {
        let (interface, member) = method;
        self.connection
            .call_method(Some(service), path, Some(interface), member, body)
            .unwrap_or_else(|error| panic!("{service} does not do {member}: {error}"));
    }

    /// Calls a method that python-dbusmock adds to the objects it plays.
    #[track_caller]
    pub(super) fn mock<B: Serialize + DynamicType>(&self, service: &str, path: &str, member: &str, body: &B) {
        self.call(service, path, (MOCK, member), body);
    }

    /// Sends a signal to one connection, as anybody on the bus can who knows its name.
    #[track_caller]
    pub(super) fn send<B>(&self, to: &str, path: &str, signal: (&str, &str), body: &B)
    where
        B: Serialize + DynamicType,
    {
        let sent = self.connection.emit_signal(Some(to), path, signal.0, signal.1, body);
        sent.expect("a bus of our own takes signals");
    }

    /// Has an object that python-dbusmock plays send a signal.
    #[track_caller]
    pub(super) fn emit(&self, object: (&str, &str), signal: (&str, &str), arguments: (&str, Vec<Value<'_>>)) {
        let (service, path) = object;
        let ((interface, member), (signature, values)) = (signal, arguments);
        self.mock(service, path, "EmitSignal", &(interface, member, signature, values));
    }
}
