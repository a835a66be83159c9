//! The daemon's process: found, started once however many clients want it, and stopped.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use awsd_proto::endpoint::Endpoint;
use awsd_proto::{duration, frame, lock};

use crate::connect::{Connection, untrusted};
use crate::failure::{Exit, Failure};
use crate::poll::readable;

/// The daemon's program.
const PROGRAM: &str = "awsd-daemon";

/// How long the daemon may take to say that it is ready. It opens one socket.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long another client may take to start or end the daemon: longer than the limits of all its steps together.
const LOCK_LIMIT: Duration = Duration::from_secs(45);

/// What the daemon sees of the environment of the client that happens to start it, beside `LC_*` and `XDG_*`. Everything
/// else, credentials above all, is the business of a single request.
const ENVIRONMENT: [&str; 15] = [
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "TMPDIR",
    "TZ",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "XAUTHORITY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AWSD_SOCKET",
];

/// Connects to the daemon, which is started if it is not running.
pub(crate) fn connect_or_start(endpoint: &Endpoint) -> Result<Connection, Failure> {
    if let Some(connection) = Connection::open(endpoint)? {
        return Ok(connection);
    }
    if is_left_over(endpoint) {
        return Err(nobody_forwards(endpoint));
    }
    find()?;
    let lock = StartLock::take(endpoint)?;
    // Another client may have started it while this one waited for the lock.
    if let Some(connection) = Connection::open(endpoint)? {
        return Ok(connection);
    }
    start(&lock)?;
    Connection::open(endpoint)?.ok_or_else(|| not_ready("it does not listen"))
}

/// The same where somebody has just been there.
pub(crate) fn connect_again(endpoint: &Endpoint) -> Result<Connection, Failure> {
    if is_home(endpoint) {
        return connect_or_start(endpoint);
    }
    Connection::open(endpoint)?.ok_or_else(|| nobody_forwards(endpoint))
}

/// Whether a daemon of this machine has ever been there.
fn is_home(endpoint: &Endpoint) -> bool {
    endpoint.directory().join(lock::DAEMON).exists()
}

/// Whether there is a socket that no daemon of this machine has made: it was forwarded to here. A daemon in its place would be
/// in the way of the next.
fn is_left_over(endpoint: &Endpoint) -> bool {
    let is_socket = |metadata: Metadata| metadata.file_type().is_socket();
    !is_home(endpoint) && fs::symlink_metadata(endpoint.socket()).is_ok_and(is_socket)
}

fn nobody_forwards(endpoint: &Endpoint) -> Failure {
    let socket = endpoint.socket().display();
    Failure::new(
        Exit::Unreachable,
        format!("nobody answers any more at the socket {socket}: what had forwarded it to here has ended"),
        format!(
            "connect again; ssh makes it anew if it is not there (rm {socket}), or with StreamLocalBindUnlink yes in \
             its sshd_config"
        ),
    )
}

/// The right to start (or stop) the daemon. Of many clients at once, one has it; the others wait here.
pub(crate) struct StartLock {
    _file: File,
}

impl StartLock {
    /// Waits for the right, up to a limit: whoever has it may have been stopped.
    pub(crate) fn take(endpoint: &Endpoint) -> Result<Self, Failure> {
        endpoint.prepare().map_err(|error| untrusted(&error))?;
        let path = endpoint.directory().join("start.lock");
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        match opened.and_then(|file| lock::take(file, LOCK_LIMIT)) {
            Ok(file) => Ok(Self { _file: file }),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Failure::new(
                Exit::Unreachable,
                format!(
                    "another awsd has been starting or ending the daemon for {}",
                    duration::format(LOCK_LIMIT)
                ),
                "if it has been stopped, go on with it or end it; find it with: pgrep -a awsd",
            )),
            Err(error) => Err(Failure::new(
                Exit::Unreachable,
                format!("the lock {} cannot be taken: {error}", path.display()),
                format!("look at it with: ls -l {}", path.display()),
            )),
        }
    }
}

/// Starts the daemon and waits until it listens.
///
/// Between this process and the daemon there is one that ends at once. Otherwise the command that `exec` becomes would
/// find a child it never had, and wait for it for ever.
pub(crate) fn start(_lock: &StartLock) -> Result<(), Failure> {
    find()?;
    let started = std::env::current_exe().and_then(|own| {
        let mut child = Command::new(own)
            .args(["daemon", "launch"])
            .env_clear()
            .envs(environment())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        child.wait()?;
        Ok(child.stdout)
    });
    match started {
        Ok(Some(stdout)) => read_report(stdout),
        Ok(None) => Ok(()),
        Err(error) => Err(Failure::new(
            Exit::Unreachable,
            format!("the daemon cannot be started: {error}"),
            "see what it says: awsd daemon run",
        )),
    }
}

/// The process in between: its child keeps its environment and its standard output, the pipe for the report.
pub(crate) fn launch() -> Result<(), Failure> {
    match Command::new(find()?).arg("--detach").spawn() {
        Ok(_) => Ok(()),
        Err(error) => Err(not_ready(&error.to_string())),
    }
}

/// Reads the one line that a starting daemon writes: `ready`, or what went wrong.
fn read_report(mut stdout: ChildStdout) -> Result<(), Failure> {
    let mut report = Vec::new();
    let mut chunk = [0; 4096];
    while !report.contains(&b'\n') {
        if !readable(stdout.as_fd(), START_LIMIT) {
            return Err(not_ready("it says nothing"));
        }
        match stdout.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(length) => report.extend_from_slice(&chunk[..length]),
        }
    }
    let line = report.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if line == b"ready" {
        return Ok(());
    }
    match frame::decode::<awsd_proto::Error>(line) {
        Ok(error) => Err(Failure { exit: Exit::Unreachable, ..error.into() }),
        Err(_) => Err(not_ready("it ended at once")),
    }
}

fn not_ready(why: &str) -> Failure {
    Failure::new(
        Exit::Unreachable,
        format!("the daemon was started and is not ready: {why}"),
        "see what it says: awsd daemon run",
    )
}

/// The daemon that belongs to this client: beside it, as they are installed together, else in the search path.
pub(crate) fn find() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let beside = own.as_deref().and_then(|own| own.parent()).map(|directory| directory.join(PROGRAM));
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    // A relative entry would run whatever lies in the current directory.
    let in_search_path = std::env::split_paths(&search_path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(PROGRAM));
    beside.into_iter().chain(in_search_path).find(|path| path.is_file()).ok_or_else(|| {
        let install = format!("install {PROGRAM} into the directory where awsd is");
        let is_named = std::env::var_os("AWSD_SOCKET").is_some_and(|path| !path.is_empty());
        let hint = if is_named {
            format!("if AWSD_SOCKET is to be forwarded to here, it is not there yet; else {install}")
        } else {
            install
        };
        Failure::new(Exit::Unreachable, format!("{PROGRAM} was found neither beside awsd nor in PATH"), hint)
    })
}

fn passed_on(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        ENVIRONMENT.contains(&name) || name.starts_with("LC_") || name.starts_with("XDG_")
    })
}

/// The environment the daemon gets, however it is started.
pub(crate) fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| passed_on(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credentials_are_passed_on() {
        for name in ["HOME", "XDG_RUNTIME_DIR", "LC_ALL", "AWSD_SOCKET"] {
            assert!(passed_on(OsStr::new(name)), "{name}");
        }
        for name in ["AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "HTTPS_PROXY", "LD_PRELOAD", "XDG", "home"] {
            assert!(!passed_on(OsStr::new(name)), "{name}");
        }
    }
}
