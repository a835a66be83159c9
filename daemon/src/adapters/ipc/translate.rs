//! From the core's types to what is said over the socket.

use awsd_core::effect;
use awsd_proto::{Caller, Choice, Error, Event, Question, Reply, ServerLine, SignedIn, Versioned};

use crate::exchange::Update;
use crate::translate::{credentials, error, notices};

/// An update as lines, and whether the last one is final.
pub(super) fn lines(update: Update) -> (Vec<ServerLine>, bool) {
    let event = |event| (vec![ServerLine::Event(event)], false);
    match update {
        Update::Question(asked) => event(Event::Question(question(asked))),
        Update::Choice(list) => event(Event::Choice(choice(list))),
        Update::Answered(id) => event(Event::Answered { question: id.0 }),
        Update::Progress(text) => event(Event::Progress { text }),
        Update::Rows(rows) => (rows.into_iter().map(ServerLine::Event).collect(), false),
        Update::Questions(open) => (
            open.into_iter().map(|asked| ServerLine::Event(Event::Question(question(asked)))).collect(),
            false,
        ),
        Update::Served { served, via } => {
            (vec![reply(Reply::Credentials(Box::new(credentials(&served, via))))], true)
        }
        Update::Done(notices) => (vec![reply(Reply::Done { notices: self::notices(&notices) })], true),
        Update::Serving(serving) => (vec![reply(Reply::Serving(serving))], true),
        Update::Console { url, notices } => {
            (vec![reply(Reply::Console(SignedIn { url, notices: self::notices(&notices) }))], true)
        }
        Update::ChildFiles(files) => (vec![reply(Reply::ChildFiles(files))], true),
        Update::ShellFiles(files) => (vec![reply(Reply::ShellFiles(files))], true),
        Update::Status(status) => (vec![reply(Reply::Status(status))], true),
        Update::Denied(denial) => (vec![failure(error(denial))], true),
        Update::Failed(error) => (vec![failure(error)], true),
    }
}

/// An error as a line.
pub(super) fn failure(error: Error) -> ServerLine {
    ServerLine::Error(Versioned::new(error))
}

fn reply(reply: Reply) -> ServerLine {
    ServerLine::Reply(Versioned::new(reply))
}

/// A question as it is shown.
fn question(asked: effect::Question) -> Question {
    Question {
        id: asked.id.0,
        device: asked.device,
        user: asked.user,
        profile: asked.profile,
        caller: Caller { pid: asked.caller.pid, command: asked.caller.command },
        waiting: u32::try_from(asked.waiting).unwrap_or(u32::MAX),
        age: asked.age.as_secs(),
        reason: asked.reason,
        verifying: asked.verifying,
        on_desktop: asked.on_desktop,
    }
}

/// A list of devices as it is shown.
fn choice(list: effect::Choice) -> Choice {
    Choice { id: list.id.0, profile: list.profile, devices: list.devices, reason: list.reason }
}
