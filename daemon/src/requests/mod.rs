//! What each kind of request comes to: an event for the core, or an answer at once. One file per kind that needs more than
//! a line.

mod child;
pub(crate) mod console;
mod credentials;
mod doctor;
mod forward;
mod list;
mod logout;
pub(crate) mod planning;
pub(crate) mod screen;
mod status;

use awsd_core::event::{Display, Event, RequestId};
use awsd_core::plan::session_name;
use awsd_core::session::Core;
use awsd_core::time::{Boot, Now};
use awsd_proto::{self as proto, CredentialsRequest, Error, ErrorCode, Purpose, Request};
use secrecy::SecretString;

use crate::config::{Broken, Settings};
use crate::exchange::Update;
use crate::recent::Recent;
use crate::world::{ConsoleAccess, World};

/// What is to be done about a request.
pub(crate) enum Action {
    /// Tell the core; it answers with effects.
    Tell {
        /// The profile, once it is known to exist.
        profile: Option<String>,
        /// What to tell.
        event: Box<Event>,
        /// The settings that apply from now on, where the request read them.
        settings: Option<Box<Settings>>,
        /// What the credentials are for, where they are not handed out.
        console: Option<Box<ConsoleAccess>>,
    },
    /// Answer with these updates. Where the last of them is not final, the client is there until it leaves.
    Reply(Vec<Update>),
    /// Ask a question on this desktop that is only a test.
    TryPrompts(Display),
    /// Answer, then end.
    Stop,
}

/// What can be looked at while examining a request.
pub(crate) struct View<'a> {
    /// What is held.
    pub(crate) core: &'a Core,
    /// Which profiles were asked for last.
    pub(crate) recent: &'a Recent,
    /// Both clocks.
    pub(crate) now: Now,
    /// When the daemon started.
    pub(crate) started: Boot,
    /// The process that asks, where the system tells.
    pub(crate) peer: Option<u32>,
}

/// Decides what a request comes to.
pub(crate) fn examine<W: World>(world: &mut W, view: &View<'_>, id: RequestId, request: Request) -> Action {
    let action = match request {
        Request::Credentials(request) => credentials::ask(world, id, *request),
        Request::Login(login) => credentials::login(world, id, *login),
        Request::Logout { profiles, context } => logout::event(world, id, &profiles, &context),
        Request::Mfa { code, profile } => {
            let code = SecretString::from(code.expose());
            Ok(tell(Event::Answer { by: id, profile, code }))
        }
        Request::Questions => Ok(done(Update::Questions(view.core.questions(view.now)))),
        Request::List { profile, context } => {
            list::rows(world, view, profile.as_deref(), &context).map(done_with_rows)
        }
        Request::Status => Ok(Action::Reply(status::updates(world, view))),
        Request::Config => config(world),
        Request::Doctor { context } => doctor::rows(world, view, &context).map(done_with_rows),
        Request::PromptTest { prompting } => {
            Ok(Action::TryPrompts(crate::display::Display::new(prompting.display).into()))
        }
        Request::ChildFiles { awsd, context } => child::files(world, &awsd, &context),
        Request::ShellFiles { awsd, context } => child::shell_files(world, &awsd, &context),
        Request::Serve { profile, context, narrowing, prompting } => {
            let request = CredentialsRequest {
                profile,
                purpose: Purpose::Repeated,
                duration: None,
                min_ttl: None,
                narrowing,
                no_session: false,
                context: *context,
                prompting: *prompting,
            };
            child::serve(world, view.peer, request)
        }
        Request::Forward(request) => forward::open(world, view.peer, *request),
        Request::Console(request) => console::ask(world, id, *request),
        Request::Stop => Ok(Action::Stop),
    };
    action.unwrap_or_else(|error| Action::Reply(vec![Update::Failed(error)]))
}

fn tell(event: Event) -> Action {
    Action::Tell { profile: None, event: Box::new(event), settings: None, console: None }
}

fn config<W: World>(world: &W) -> Result<Action, Error> {
    let settings = world.settings().map_err(bad_settings)?;
    let rows = settings.rows(world.settings_file(), &session_name(world.user_name()));
    Ok(done_with_rows(rows.into_iter().map(proto::Event::Setting).collect()))
}

fn done_with_rows(rows: Vec<proto::Event>) -> Action {
    done(Update::Rows(rows))
}

fn done(update: Update) -> Action {
    Action::Reply(vec![update, Update::Done(Vec::new())])
}

fn bad_settings(broken: Broken) -> Error {
    Error { error: ErrorCode::BadConfig, sentence: broken.to_string(), hint: Some(broken.remedy()) }
}

fn nobody() -> Error {
    Error {
        error: ErrorCode::BadRequest,
        sentence: "nobody knows which process is to be served".to_owned(),
        hint: Some("say its number in prompting.caller.pid".to_owned()),
    }
}
