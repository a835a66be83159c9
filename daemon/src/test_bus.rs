//! A message bus of a test's own, and services on it that python-dbusmock plays.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::StreamExt as _;
use tempfile::TempDir;
use zbus::fdo::DBusProxy;
use zbus::{Connection, connection};

/// The system's own interpreter: it is the one that has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A bus without any services, in a directory of its own.
pub(crate) struct TestBus {
    daemon: Child,
    pub(crate) directory: TempDir,
    pub(crate) address: String,
}

impl Drop for TestBus {
    fn drop(&mut self) {
        let _ended = self.daemon.kill();
        let _reaped = self.daemon.wait();
    }
}

impl TestBus {
    /// `None`, after saying so, where there is no bus to be had.
    pub(crate) fn start() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let configuration = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><policy context='default'>\
             <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>",
            directory.path().join("bus").display()
        );
        let file = directory.path().join("bus.conf");
        std::fs::write(&file, configuration).unwrap();
        let started = Command::new("dbus-daemon")
            .arg("--nofork")
            .arg("--print-address")
            .arg(format!("--config-file={}", file.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut daemon) = started else {
            println!("SKIPPED: there is no dbus-daemon in PATH");
            return None;
        };
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Some(Self { daemon, directory, address: address.trim().to_owned() })
    }

    /// Somebody else on the bus.
    pub(crate) async fn connect(&self) -> Connection {
        connection::Builder::address(self.address.as_str()).unwrap().build().await.unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Somebody else's idea of a service. Dropping it takes it off the bus.
pub(crate) struct Mock(Child);

impl Drop for Mock {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Mock {
    /// Starts python-dbusmock with these arguments, and waits until it is this service. `None`, after saying so, where it
    /// is not installed.
    pub(crate) async fn start(bus: &TestBus, service: &str, arguments: &[&str]) -> Option<Self> {
        let there = Command::new(PYTHON).args(["-c", "import dbusmock"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            println!("SKIPPED: {PYTHON} has no dbusmock");
            return None;
        }
        let observer = bus.connect().await;
        let names = DBusProxy::new(&observer).await.unwrap();
        let mut changes = names.receive_name_owner_changed_with_args(&[(0, service)]).await.unwrap();
        let mock = Command::new(PYTHON)
            .args(["-m", "dbusmock"])
            .args(arguments)
            .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &bus.address)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mock = Self(mock);
        tokio::time::timeout(PATIENCE, changes.next()).await.expect("it takes its name");
        Some(mock)
    }
}
