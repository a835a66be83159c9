//! `awsd status`: the daemon and its sessions.

use std::io::IsTerminal as _;
use std::time::Duration;

use awsd_proto::{Event, Reply, Request, SessionRow, Status as DaemonStatus};
use serde::Serialize;

use super::{Outcome, done, json_line, unexpected};
use crate::cli::Status;
use crate::converse;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::render::listing;

/// How often `--watch` looks again. The times shown have minutes, and a renewal takes about a second.
const INTERVAL: Duration = Duration::from_secs(2);

/// Clears the terminal and puts the cursor into the corner.
const CLEAR: &str = "\x1b[H\x1b[2J";

pub(super) fn run(options: &Status) -> Outcome {
    let start = if options.watch && std::io::stdout().is_terminal() { CLEAR } else { "" };
    loop {
        let (daemon, sessions) = &ask()?;
        let text = if options.json {
            json_line(&Json { daemon, sessions })?
        } else {
            format!("{start}{}", listing::status(daemon, sessions)).into_bytes()
        };
        let read = output::print_while_read(&text)?;
        if !options.watch || !read {
            return done(Ok(()));
        }
        std::thread::sleep(INTERVAL);
    }
}

#[derive(Serialize)]
struct Json<'a> {
    daemon: &'a DaemonStatus,
    sessions: &'a [SessionRow],
}

/// Asks a running daemon. Looking must not start one: it would hold nothing.
pub(super) fn ask() -> Result<(DaemonStatus, Vec<SessionRow>), Failure> {
    let mut sessions = Vec::new();
    let reply = converse::ask_if_running(&Request::Status, |event| {
        if let Event::Session(session) = event {
            sessions.push(session);
        }
    })?;
    match reply {
        Some(Reply::Status(status)) => Ok((status, sessions)),
        Some(_) => Err(unexpected()),
        None => Err(Failure::new(
            Exit::Unreachable,
            "the daemon is not running, so there are no sessions",
            "it starts by itself with the next awsd exec, export or login; or: awsd daemon start",
        )),
    }
}
