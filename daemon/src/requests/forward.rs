//! Requests for a socket that gives credentials of one profile to others.

use awsd_proto::{Caller, CredentialsRequest, Error, ErrorCode, Event, Forward, Prompting, Purpose};

use super::planning::{self, Wanted};
use super::{Action, bad_settings, child, nobody};
use crate::exchange::Update;
use crate::narrow::Narrow;
use crate::world::{NotForwarded, World};

/// What is said to those who are asked for a code, before the command that is answerable for it.
const FORWARDED: &str = "forwarded: ";

/// Makes it, once it is known that there is something to be had.
pub(super) fn open<W: World>(world: &mut W, peer: Option<u32>, request: Forward) -> Result<Action, Error> {
    let Forward { profile, socket, narrowing, context, prompting } = request;
    let settings = world.settings().map_err(bad_settings)?;
    let Some(process) = peer.or(prompting.caller.pid) else { return Err(nobody()) };
    let caller = Caller {
        pid: Some(process),
        command: Some(format!("{FORWARDED}{}", prompting.caller.command.as_deref().unwrap_or(&profile))),
    };
    let given = CredentialsRequest {
        profile,
        purpose: Purpose::Repeated,
        duration: None,
        min_ttl: None,
        narrowing,
        no_session: false,
        context,
        prompting: Prompting { caller, ..prompting },
    };
    planning::plan(world, &settings, &given.profile, &given.context, Wanted::of(&given))?;
    let path = world.forward(process, socket.as_deref(), Narrow::new(given)).map_err(refused)?;
    let socket = child::utf8(path)?;
    Ok(Action::Reply(vec![Update::Rows(vec![Event::Forwarding { socket }])]))
}

fn refused(why: NotForwarded) -> Error {
    let (sentence, hint) = match why {
        NotForwarded::Place(error) => (
            error.to_string(),
            "with --socket, name a path in a directory that only you may enter: mode 0700",
        ),
        NotForwarded::Taken => {
            ("somebody listens at this socket already".to_owned(), "name another path with --socket")
        }
        NotForwarded::Io(error) => {
            (format!("the socket cannot be made: {error}"), "name another path with --socket")
        }
    };
    Error { error: ErrorCode::BadRequest, sentence, hint: Some(hint.to_owned()) }
}
