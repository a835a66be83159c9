//! The real world: this machine's clocks and files, and AWS.

use std::fs::{self, Metadata};
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use awsd_core::chain::Keys;
use awsd_core::config_file::Profiles;
use awsd_core::effect::{Fetch, Offer, Operation, Program, Question, SignInOffer, SignInRun};
use awsd_core::event::{self, Display, Event, Failure, Outcome, Presence, QuestionId};
use awsd_core::memory::Memory;
use awsd_core::source::Source;
use awsd_core::time::{Boot, Now};
use awsd_proto::endpoint::{Endpoint, EndpointError};
use awsd_proto::{Context, CredentialsRequest, Error, ErrorCode, PromptCheck, Secret};
use tracing::{error, info, warn};

use crate::adapters::aws::Aws;
use crate::adapters::aws_files::{NotAbsolute, Paths, Sources};
use crate::adapters::clock::{self, Alarm};
use crate::adapters::container_endpoint::ContainerEndpoint;
use crate::adapters::credential_process;
use crate::adapters::generated::{Generated, Own};
use crate::adapters::ipc::Forwards;
use crate::adapters::presence::{PresenceNews, PresenceWatch};
use crate::adapters::prompt::{self, Desktop, Tools, translate};
use crate::adapters::store::Store;
use crate::config::{self, Broken, Settings};
use crate::narrow::Narrow;
use crate::world::{Access, ConsoleAccess, NotForwarded, ShellPaths, World};
use crate::writable;

/// The adapters, and where their files are.
pub(crate) struct Machine {
    pub(crate) endpoint: Endpoint,
    pub(crate) settings_file: PathBuf,
    pub(crate) log_file: Option<PathBuf>,
    pub(crate) user_name: String,
    pub(crate) alarm: Alarm,
    pub(crate) sources: Sources,
    pub(crate) generated: Generated,
    pub(crate) store: Store,
    pub(crate) aws: Aws,
    pub(crate) container_endpoint: ContainerEndpoint,
    pub(crate) forwards: Forwards,
    pub(crate) desktop: Desktop,
    pub(crate) presence: PresenceWatch,
    /// Where the daemon was started.
    pub(crate) display: prompt::Display,
}

impl Machine {
    /// The programs that ask for codes. Settings that cannot be read have been refused before anybody is asked.
    fn tools(&self) -> Tools {
        let Ok(settings) = self.settings() else { return Tools::default() };
        let (dialog, pinentry) = (settings.dialog, settings.pinentry);
        Tools { dialog: dialog.map(|set| set.value), pinentry: pinentry.map(|set| set.value) }
    }
}

/// The person's files.
fn own(context: &Context) -> Own<'_> {
    Own { config: context.config_file.as_deref(), credentials: context.credentials_file.as_deref() }
}

/// What is known of the person, in the core's words. After a sleep every deadline is looked at again.
fn met((desktop, news): (Option<event::Desktop>, PresenceNews)) -> Event {
    let presence = match news {
        PresenceNews::Locked(by) => Presence::Locked(by),
        PresenceNews::Unlocked => Presence::Unlocked,
        PresenceNews::Idle => Presence::Idle,
        PresenceNews::Active => Presence::Active,
        PresenceNews::Gone => Presence::Gone,
        PresenceNews::Resumed => {
            info!("the machine has woken up: every deadline is looked at again");
            return Event::Woken;
        }
    };
    Event::Presence(desktop, presence)
}

/// Waits for the alarm; never ends if it is out of order.
async fn ring(alarm: &mut Alarm) {
    if let Err(error) = alarm.ring().await {
        error!(%error, "the alarm is out of order");
        // Returning would ask for it again at once, for ever.
        std::future::pending::<()>().await;
    }
}

impl World for Machine {
    fn now(&self) -> Now {
        clock::now()
    }

    fn set_alarm(&mut self, at: Option<Boot>) {
        if let Err(error) = self.alarm.set(at) {
            error!(%error, "the alarm cannot be set");
        }
    }

    async fn happens(&mut self) -> Event {
        tokio::select! {
            // That the screen is locked comes before the moment at which something would be shown.
            biased;
            news = self.presence.next() => met(news),
            said = self.desktop.next() => translate::event(said),
            () = ring(&mut self.alarm) => Event::Woken,
        }
    }

    fn ask(&mut self, question: Question) {
        let card = translate::question(question, &self.display, self.tools());
        self.desktop.show(card);
    }

    fn offer(&mut self, offer: Offer) {
        let card = translate::offer(&offer, &self.display, self.tools());
        self.desktop.show(card);
    }

    fn offer_sign_in(&mut self, offer: SignInOffer) {
        let card = translate::sign_in(offer, &self.display, self.tools());
        self.desktop.show(card);
    }

    fn unask(&mut self, question: QuestionId) {
        self.desktop.withdraw(question);
    }

    fn run(&mut self, question: QuestionId, program: Program) {
        let display = translate::chosen(&program.display, &self.display);
        self.desktop.run(question, program.words, display);
    }

    fn sign_in(&mut self, run: QuestionId, command: SignInRun) {
        let display = translate::chosen(&command.display, &self.display);
        self.desktop.sign_in(run, command.command, display);
    }

    fn stop(&mut self, question: QuestionId) {
        self.desktop.stop(question);
    }

    fn try_prompts(&self, display: &Display) -> impl Future<Output = Vec<PromptCheck>> + Send + 'static {
        prompt::trial::ask(translate::chosen(display, &self.display), self.tools())
    }

    fn seen(&mut self, display: &Display) -> bool {
        let there = translate::chosen(display, &self.display);
        // The daemon itself may be nowhere.
        let is_somewhere = display.desktop.is_some() || there.has_screen() || there.bus().is_some();
        is_somewhere && self.presence.follow(display.desktop.clone(), &there)
    }

    fn look_away(&mut self, desktop: event::Desktop) {
        self.presence.look_away(desktop);
    }

    fn call(&self, operation: Operation) -> impl Future<Output = Outcome> + Send + 'static {
        self.aws.call(operation)
    }

    fn fetch(&self, fetch: Fetch) -> impl Future<Output = Outcome> + Send + 'static {
        let display = translate::chosen(&fetch.display, &self.display);
        let program = match &*fetch.source {
            Source::Process(process) => Some(process.clone()),
            _ => None,
        };
        let (inside, asking) = (fetch.inside.clone(), self.aws.fetch(fetch));
        async move {
            match program {
                Some(program) => credential_process::fetch(program, display, inside).await,
                None => asking.await,
            }
        }
    }

    fn console(
        &self,
        wanted: ConsoleAccess,
        keys: Arc<Keys>,
    ) -> impl Future<Output = Result<Secret, Failure>> + Send + 'static {
        self.aws.console(wanted, keys)
    }

    fn remember(&self, memory: &Memory) {
        self.store.save(memory);
    }

    fn profiles(&mut self, context: &Context) -> Result<Arc<Profiles>, Error> {
        let paths =
            Paths { config: context.config_file.clone(), credentials: context.credentials_file.clone() };
        let profiles = self.sources.profiles(&paths, clock::now().wall).map_err(|NotAbsolute| Error {
            error: ErrorCode::BadRequest,
            sentence: "the paths of the AWS files must be absolute".to_owned(),
            hint: Some("check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE".to_owned()),
        })?;
        if let Err(error) = self.generated.follow(own(context), &profiles) {
            warn!(%error, "the files for shells cannot be brought up to date");
        }
        Ok(profiles)
    }

    fn forget_files(&mut self) {
        self.sources.forget();
    }

    fn settings(&self) -> Result<Settings, Broken> {
        config::read(&self.settings_file)
    }

    fn settings_file(&self) -> &Path {
        &self.settings_file
    }

    fn generated(&self, text: &str) -> io::Result<PathBuf> {
        self.generated.file(text)
    }

    fn shell_files(
        &mut self,
        context: &Context,
        awsd: &str,
        profiles: &Arc<Profiles>,
    ) -> io::Result<ShellPaths> {
        self.generated.for_shells(own(context), awsd, profiles)
    }

    fn changed_files(&self) -> Vec<PathBuf> {
        self.generated.changed()
    }

    fn serve(&mut self, to: u32, request: CredentialsRequest) -> io::Result<Access> {
        self.container_endpoint.serve(to, request)
    }

    fn forward(&mut self, to: u32, socket: Option<&str>, narrow: Narrow) -> Result<PathBuf, NotForwarded> {
        self.forwards.open(to, socket, narrow)
    }

    fn forget_answers(&mut self) {
        self.container_endpoint.forget_answers();
    }

    fn permissions(&self, path: &Path) -> Option<u32> {
        fs::metadata(path).ok().filter(Metadata::is_file).map(|metadata| metadata.permissions().mode())
    }

    fn others_may_write(&self, path: &Path) -> bool {
        writable::by_others(path)
    }

    fn endpoint_problem(&self) -> Option<EndpointError> {
        self.endpoint.verify().err()
    }

    fn log_file(&self) -> Option<&Path> {
        self.log_file.as_deref()
    }

    fn user_name(&self) -> &str {
        &self.user_name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_sleep_everything_is_looked_at_again() {
        assert!(matches!(met((None, PresenceNews::Resumed)), Event::Woken));
        assert!(matches!(met((None, PresenceNews::Active)), Event::Presence(None, Presence::Active)));
    }
}
