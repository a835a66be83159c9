//! `awsd daemon`: the daemon's life.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use awsd_proto::endpoint::Endpoint;
use awsd_proto::{Reply, Request, lock, places};

use super::{Outcome, done, finish, status};
use crate::cli::Daemon;
use crate::connect::{self, Connection};
use crate::converse;
use crate::daemon_process::{self, StartLock};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::patience::{SILENCE, stuck};
use crate::render::listing;

pub(super) fn run(verb: Daemon) -> Outcome {
    done(match verb {
        Daemon::Run => run_here(),
        Daemon::Start => daemon_process::connect_or_start(&connect::endpoint()?).map(drop),
        Daemon::Stop => stop(),
        Daemon::Restart => restart(),
        Daemon::Status => output::print(listing::daemon(&status::ask()?.0).as_bytes()),
        Daemon::Logs => logs(),
        Daemon::Launch => daemon_process::launch(),
    })
}

fn run_here() -> Result<(), Failure> {
    let path = daemon_process::find()?;
    let error = Command::new(&path).env_clear().envs(daemon_process::environment()).exec();
    Err(Failure::new(
        Exit::Unreachable,
        format!("{} cannot be started: {error}", path.display()),
        "look at its permissions, or reinstall awsd",
    ))
}

fn stop() -> Result<(), Failure> {
    let endpoint = connect::endpoint()?;
    match Connection::open(&endpoint)? {
        None => Ok(()),
        Some(connection) => end(&endpoint, connection, &StartLock::take(&endpoint)?),
    }
}

fn restart() -> Result<(), Failure> {
    // A daemon that could not be started again is better left running.
    daemon_process::find()?;
    let endpoint = connect::endpoint()?;
    let lock = StartLock::take(&endpoint)?;
    if let Some(connection) = Connection::open(&endpoint)? {
        end(&endpoint, connection, &lock)?;
    }
    daemon_process::start(&lock)
}

/// Ends the daemon and waits until it has ended, so that the next one can begin. The right to start it keeps other
/// clients from doing so in the meantime.
fn end(endpoint: &Endpoint, mut connection: Connection, _right: &StartLock) -> Result<(), Failure> {
    let path = endpoint.directory().join(lock::DAEMON);
    finish(converse::converse(&mut connection, &Request::Stop, None, &mut drop)?)?;
    match File::open(&path).and_then(|life| lock::take(life, SILENCE)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(stuck(endpoint, "was asked to end and has not ended", SILENCE))
        }
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("it is not known whether the daemon has ended: {error}"),
            "look for it: pgrep -l awsd-daemon",
        )),
    }
}

/// The log outlives the daemon that wrote it, and is wanted most when that one does not answer.
fn logs() -> Result<(), Failure> {
    let path = log_file()?;
    let copied = File::open(&path).and_then(|mut log| io::copy(&mut log, &mut io::stdout().lock()));
    let path = path.display();
    match copied {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::new(
            Exit::Failed,
            format!("there is no log at {path}"),
            "the daemon begins one when it starts: awsd daemon start",
        )),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("the log {path} cannot be shown: {error}"),
            format!("look at it with: ls -l {path}"),
        )),
    }
}

/// A running daemon may have been started in another environment: what it says counts, if it says anything.
fn log_file() -> Result<PathBuf, Failure> {
    if let Ok(Some(Reply::Status(status))) = converse::ask_if_running(&Request::Status, drop) {
        let no_log =
            || Failure::new(Exit::Failed, "the daemon writes no log file", "see why not: awsd doctor");
        return status.log.map(PathBuf::from).ok_or_else(no_log);
    }
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).ok_or_else(|| {
        Failure::new(Exit::Failed, "it is not known where the log is: HOME is not set", "set HOME")
    })?;
    Ok(places::state_directory(Path::new(&home), |name| std::env::var_os(name)).join(places::LOG))
}
