//! `awsd forward`: a socket that gives credentials of one profile to another machine or a container.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use awsd_proto::{Event, Forward as ForwardRequest, Prompting, Request};

use super::exec::not_started;
use super::{Outcome, display, narrowing, unexpected};
use crate::cli::Forward;
use crate::connect::{self, Connection};
use crate::context;
use crate::converse;
use crate::daemon_process;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::render::text::safe;

/// Where the socket's path stands in a command.
const SOCKET: &str = "{}";

pub(super) fn run(options: Forward) -> Outcome {
    let Forward { profile, socket, command, less, no_prompt } = options;
    let shown = if command.is_empty() {
        format!("awsd forward --profile {profile}")
    } else {
        context::command_line(&command)
    };
    let request = Request::Forward(Box::new(ForwardRequest {
        profile: profile.clone(),
        socket: socket.map(absolute).transpose()?,
        narrowing: narrowing::of(&less)?,
        context: context::of_this_process()?,
        prompting: Prompting {
            caller: context::caller(&shown),
            no_prompt,
            display: display(no_prompt),
            ..Prompting::default()
        },
    }));
    let mut connection = daemon_process::connect_or_start(&connect::endpoint()?)?;
    let Event::Forwarding { socket } = converse::first(&mut connection, &request)? else {
        return Err(unexpected());
    };
    match command.split_first() {
        Some((program, arguments)) => Err(become_it(program, arguments, &socket)),
        None => stay(&mut connection, &profile, &socket),
    }
}

/// The command lives in the place of this process, and the socket as long as it does.
fn become_it(program: &OsStr, arguments: &[OsString], socket: &str) -> Failure {
    let filled = arguments.iter().map(|argument| match argument.to_str() {
        Some(text) => text.replace(SOCKET, socket).into(),
        None => argument.clone(),
    });
    not_started(program, &Command::new(program).args(filled).exec())
}

/// Until this process is interrupted, or the daemon ends.
fn stay(connection: &mut Connection, profile: &str, socket: &str) -> Outcome {
    output::print(format!("{socket}\n").as_bytes())?;
    output::complain(&format_args!(
        "awsd: whoever reaches this socket gets credentials of '{}', until this command ends (Ctrl-C)",
        safe(profile)
    ));
    connection.wait_for_its_end();
    Err(Failure::new(
        Exit::Unreachable,
        "the daemon has ended, and the socket with it",
        "run awsd forward again",
    ))
}

/// The daemon's working directory is another one.
fn absolute(path: PathBuf) -> Result<String, Failure> {
    let unusable = |error: io::Error| {
        let sentence = format!("--socket cannot be used: {error}");
        Failure::new(Exit::Usage, sentence, "name an absolute path")
    };
    let path = std::path::absolute(path).map_err(unusable)?;
    path.into_os_string().into_string().map_err(|_| unusable(io::Error::other("it is not valid UTF-8")))
}
