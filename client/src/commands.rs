//! What each verb does. A verb returns an exit code or a failure; it never ends the process itself (`exec` becomes
//! another one).

mod complete;
mod config;
mod console;
mod credential_process;
mod daemon;
mod doctor;
mod exec;
mod export;
mod forward;
mod init;
mod list;
mod login;
mod logout;
mod mfa;
mod narrowing;
mod pick;
mod prompt;
mod renew;
mod status;
mod with_own_files;

use std::collections::BTreeMap;

use awsd_proto::{
    Credentials, CredentialsRequest, Narrowing, Notice, Prompting, Purpose, Reply, Request, display,
};
use serde::Serialize;

use crate::cli::{Asking, Verb, Wish};
use crate::connect;
use crate::context;
use crate::converse;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::render::text::safe;
use crate::terminal::Asker;

/// How a verb ends.
pub(crate) type Outcome = Result<Exit, Failure>;

/// Does what was asked.
pub(crate) fn run(verb: Verb) -> Outcome {
    match verb {
        Verb::Exec(options) => exec::run(options),
        Verb::Export(options) => export::run(options),
        Verb::CredentialProcess(options) => credential_process::run(options),
        Verb::Console(options) => console::run(options),
        Verb::Forward(options) => forward::run(options),
        Verb::Login(options) => login::run(options),
        Verb::Logout(options) => logout::run(options),
        Verb::Mfa(options) => mfa::run(options),
        Verb::List(options) => list::run(&options),
        Verb::Status(options) => status::run(&options),
        Verb::Config(options) => config::run(&options),
        Verb::Doctor(options) => doctor::run(&options),
        Verb::Daemon(verb) => daemon::run(verb),
        Verb::Init(options) => init::run(&options),
        Verb::Prompt => prompt::run(),
        Verb::Completions(options) => init::completions(&options),
        Verb::WithOwnFiles(options) => with_own_files::run(&options),
        Verb::Renew => renew::run(),
        Verb::Complete(options) => complete::run(&options),
    }
}

/// Done, if the last step was.
pub(crate) fn done(last: Result<(), Failure>) -> Outcome {
    last.map(|()| Exit::Done)
}

/// Where this program is, for files that name it.
fn own_path() -> Result<String, Failure> {
    let path = std::env::current_exe().ok().and_then(|path| path.into_os_string().into_string().ok());
    path.ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            "awsd does not know where it is, or the path is not valid UTF-8",
            "install it in another directory",
        )
    })
}

/// What `exec`, `export` and `credential-process` want.
struct Wanted {
    profile: String,
    purpose: Purpose,
    session: Wish,
    narrowing: Narrowing,
    asking: Asking,
    /// Shown beside the question.
    command: String,
}

impl Wanted {
    /// The request for them, and who can ask the person.
    fn request(self) -> Result<(CredentialsRequest, Option<Asker>), Failure> {
        let Wish { duration, min_ttl, no_session, .. } = self.session;
        let (prompting, asker) = prompting(self.asking, &self.command)?;
        let request = CredentialsRequest {
            profile: self.profile,
            purpose: self.purpose,
            duration: duration.map(|duration| duration.as_secs()),
            min_ttl: min_ttl.map(|ttl| ttl.as_secs()),
            narrowing: self.narrowing,
            no_session,
            context: context::of_this_process()?,
            prompting,
        };
        Ok((request, asker))
    }
}

/// Gets credentials, asking for a code on the way if one is needed.
fn credentials(wanted: Wanted) -> Result<Credentials, Failure> {
    let (request, asker) = wanted.request()?;
    match converse::ask(&Request::Credentials(Box::new(request)), asker, drop)? {
        Reply::Credentials(credentials) => {
            tell(&credentials.notices);
            Ok(*credentials)
        }
        _ => Err(unexpected()),
    }
}

/// How this process takes part in questions.
fn prompting(asking: Asking, command: &str) -> Result<(Prompting, Option<Asker>), Failure> {
    let asker = if asking.no_prompt { None } else { Asker::open(&connect::endpoint()?) };
    let prompting = Prompting {
        caller: context::caller(command),
        terminal: asker.is_some(),
        choice: asker.is_some(),
        no_prompt: asking.no_prompt,
        wait: asking.wait.map(|wait| wait.as_secs()),
        code: asking.code,
        display: display(asking.no_prompt),
    };
    Ok((prompting, asker))
}

/// Where this process's person can be asked beside a terminal.
fn display(no_prompt: bool) -> BTreeMap<String, String> {
    if no_prompt { BTreeMap::new() } else { display::of(|name| std::env::var_os(name)) }
}

/// A reply that ends a request without a value; its notices are told.
fn finish(reply: Reply) -> Result<(), Failure> {
    finished(reply).map(|notices| tell(&notices))
}

/// The notices of a reply that ends a request without a value.
fn finished(reply: Reply) -> Result<Vec<Notice>, Failure> {
    match reply {
        Reply::Done { notices } => Ok(notices),
        _ => Err(unexpected()),
    }
}

fn tell(notices: &[Notice]) {
    for notice in notices {
        output::complain(&format_args!("awsd: {}", safe(&notice.text)));
    }
}

fn unexpected() -> Failure {
    Failure::new(
        Exit::Unreachable,
        "the daemon's reply does not belong to the request",
        "client and daemon may be of different versions; run: awsd daemon restart",
    )
}

/// Prints a value as JSON, on one line.
fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    output::print(&json_line(value)?)
}

fn json_line(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(value).map_err(|error| unwritable(&error))?;
    line.push(b'\n');
    Ok(line)
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure {
        exit: Exit::Failed,
        sentence: format!("the answer cannot be written as JSON: {error}"),
        hint: None,
    }
}
