//! What the app needs of the world. `main` puts it together from the adapters; a test can put together another one.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use awsd_core::chain::{Keys, Service};
use awsd_core::config_file::Profiles;
use awsd_core::console::ConsoleSignIn;
use awsd_core::effect::{Fetch, Offer, Operation, Program, Question, SignInOffer, SignInRun};
use awsd_core::event::{Desktop, Display, Event, Failure, Outcome, QuestionId};
use awsd_core::memory::Memory;
use awsd_core::time::{Boot, Now};
use awsd_proto::endpoint::EndpointError;
use awsd_proto::{Context, CredentialsRequest, Error, PromptCheck, Secret};

use crate::config::{Broken, Settings};
use crate::narrow::Narrow;

/// Clocks, files and AWS.
pub(crate) trait World {
    /// Both clocks.
    fn now(&self) -> Now;

    /// Rings the alarm at that moment, or not at all.
    fn set_alarm(&mut self, at: Option<Boot>);

    /// Waits until something happens of itself: the alarm rings, or the person says something on the desktop, comes or
    /// leaves. Dropping the future loses nothing.
    fn happens(&mut self) -> impl Future<Output = Event>;

    /// Asks on the desktop, or shows there how things stand now.
    fn ask(&mut self, question: Question);

    /// Offers on the desktop to renew a session.
    fn offer(&mut self, offer: Offer);

    /// Offers on the desktop to sign in, or shows there how far that is.
    fn offer_sign_in(&mut self, offer: SignInOffer);

    /// Takes a question or an offer off the desktop.
    fn unask(&mut self, question: QuestionId);

    /// Runs a program that gives codes.
    fn run(&mut self, question: QuestionId, program: Program);

    /// Runs a command that signs in.
    fn sign_in(&mut self, run: QuestionId, command: SignInRun);

    /// Ends what runs.
    fn stop(&mut self, question: QuestionId);

    /// Asks questions on this desktop that are only tests, and says what came of each.
    fn try_prompts(&self, display: &Display) -> impl Future<Output = Vec<PromptCheck>> + Send + 'static;

    /// Somebody who can be asked there has come. Says whether it is not known yet if that screen is locked: it will be told.
    #[must_use]
    fn seen(&mut self, display: &Display) -> bool;

    /// Nobody needs to know any more what happens at this desktop.
    fn look_away(&mut self, desktop: Desktop);

    /// Calls AWS.
    fn call(&self, operation: Operation) -> impl Future<Output = Outcome> + Send + 'static;

    /// Asks a source for keys. Dropping the future ends a program that runs for it.
    fn fetch(&self, fetch: Fetch) -> impl Future<Output = Outcome> + Send + 'static;

    /// Asks AWS to sign these keys in to the web console: a URL.
    fn console(
        &self,
        wanted: ConsoleAccess,
        keys: Arc<Keys>,
    ) -> impl Future<Output = Result<Secret, Failure>> + Send + 'static;

    /// Keeps facts across restarts.
    fn remember(&self, memory: &Memory);

    /// The AWS files that the context names, as they are now.
    fn profiles(&mut self, context: &Context) -> Result<Arc<Profiles>, Error>;

    /// Forgets what was read from files.
    fn forget_files(&mut self);

    /// awsd's own settings as they are now.
    fn settings(&self) -> Result<Settings, Broken>;

    /// Where those settings are.
    fn settings_file(&self) -> &Path;

    /// A file with this text, which does not change and holds no secret.
    fn generated(&self, text: &str) -> io::Result<PathBuf>;

    /// Files that stay where they are and hold no secret, for shells whose own files the context names.
    fn shell_files(
        &mut self,
        context: &Context,
        awsd: &str,
        profiles: &Arc<Profiles>,
    ) -> io::Result<ShellPaths>;

    /// What programs have written to generated files, and where it is kept.
    fn changed_files(&self) -> Vec<PathBuf>;

    /// Answers this request over HTTP on the loopback interface, again and again, while a process lives.
    fn serve(&mut self, to: u32, request: CredentialsRequest) -> io::Result<Access>;

    /// Makes a socket that gives only this, as long as a process lives; at this path, or at one that it chooses.
    fn forward(&mut self, to: u32, socket: Option<&str>, narrow: Narrow) -> Result<PathBuf, NotForwarded>;

    /// What was answered over HTTP before may not be true any more.
    fn forget_answers(&mut self);

    /// The permission bits of a regular file; none of anything else, where they mean something else.
    fn permissions(&self, path: &Path) -> Option<u32>;

    /// Whether somebody else could have written what stands in a file.
    fn others_may_write(&self, path: &Path) -> bool;

    /// What is wrong with the socket's directory.
    fn endpoint_problem(&self) -> Option<EndpointError>;

    /// The log, where there is one.
    fn log_file(&self) -> Option<&Path>;

    /// Who the daemon works for: part of the default name of role sessions.
    fn user_name(&self) -> &str;
}

/// How the web console is signed in to, and how AWS is reached for that.
#[derive(Debug)]
pub(crate) struct ConsoleAccess {
    /// Where, and to which page.
    pub(crate) console: ConsoleSignIn,
    /// Certificates and proxy.
    pub(crate) service: Arc<Service>,
}

/// Why there is no socket.
#[derive(Debug)]
pub(crate) enum NotForwarded {
    /// The directory is not there for one user alone.
    Place(EndpointError),
    /// Somebody listens there.
    Taken,
    /// The system refuses it.
    Io(io::Error),
}

impl From<EndpointError> for NotForwarded {
    fn from(error: EndpointError) -> Self {
        Self::Place(error)
    }
}

impl From<io::Error> for NotForwarded {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Where a process gets credentials over HTTP.
#[derive(Debug)]
pub(crate) struct Access {
    /// The address, as SDKs take it.
    pub(crate) uri: String,
    /// What opens it.
    pub(crate) token: Secret,
}

/// Files for shells.
#[derive(Debug)]
pub(crate) struct ShellPaths {
    /// All profiles, each with a way to ask awsd.
    pub(crate) config: PathBuf,
    /// Without credentials.
    pub(crate) credentials: PathBuf,
    /// What programs have written to generated files, where the person has not been told.
    pub(crate) changed: Vec<PathBuf>,
}
