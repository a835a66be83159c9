//! Requests, in a world of a few lines: what clients are told, and what they are not.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::config_file::{self, File, Kind, Profiles};
use awsd_core::console::ConsoleSignIn;
use awsd_core::effect::{Action, Fetch, Offer, Operation, Program, Question, SignInOffer, SignInRun};
use awsd_core::event::{Desktop, Display, Granted, QuestionId};
use awsd_core::memory::Memory;
use awsd_core::time::{Now, Wall};
use awsd_proto::endpoint::EndpointError;
use awsd_proto::{
    Context, CredentialsRequest, Error, ErrorCode, Event as Row, Login, Prompting, Purpose, Secret,
};

use super::*;
use crate::config::{self, Broken, Settings};
use crate::exchange::{Door, UPDATES};
use crate::narrow::Narrow;
use crate::world::{Access, ConsoleAccess, NotForwarded, ShellPaths};

const NOW: Now = Now { boot: Boot(Duration::from_secs(1_000)), wall: Wall::from_secs(1_800_000_000) };

const CONFIG: &str = "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\n\
                      mfa_arn = arn:aws:iam::111122223333:mfa/alice\n";
const CREDENTIALS: &str =
    "[keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = longlived\n";

/// Every call to AWS succeeds; the clock stands still.
struct Fake {
    settings: Result<Settings, Broken>,
}

impl World for Fake {
    fn now(&self) -> Now {
        NOW
    }

    fn set_alarm(&mut self, _at: Option<Boot>) {}

    fn happens(&mut self) -> impl Future<Output = Event> {
        std::future::pending()
    }

    fn ask(&mut self, _question: Question) {}

    fn offer(&mut self, _offer: Offer) {}

    fn offer_sign_in(&mut self, _offer: SignInOffer) {}

    fn unask(&mut self, _question: QuestionId) {}

    fn run(&mut self, _question: QuestionId, _program: Program) {}

    fn sign_in(&mut self, _run: QuestionId, _command: SignInRun) {}

    fn stop(&mut self, _question: QuestionId) {}

    fn try_prompts(&self, _display: &Display) -> impl Future<Output = Vec<PromptCheck>> + Send + 'static {
        std::future::pending()
    }

    fn seen(&mut self, _display: &Display) -> bool {
        false
    }

    fn look_away(&mut self, _desktop: Desktop) {}

    fn call(&self, operation: Operation) -> impl Future<Output = Outcome> + Send + 'static {
        let granted = match operation.action {
            Action::GetSessionToken { duration, .. } | Action::AssumeRole { duration, .. } => {
                Granted::Session(Keys {
                    access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
                    secret_access_key: "temporary".to_owned().into(),
                    session_token: Some("token".to_owned().into()),
                    expiration: Some(NOW.wall + duration),
                    account_id: None,
                })
            }
            Action::ListMfaDevices => Granted::Devices(Vec::new()),
            Action::GetCallerIdentity => Granted::Account("111122223333".into()),
        };
        std::future::ready(Outcome { result: Ok(granted), skew: Some(0) })
    }

    fn console(
        &self,
        wanted: ConsoleAccess,
        keys: Arc<Keys>,
    ) -> impl Future<Output = Result<Secret, Failure>> + Send + 'static {
        let ConsoleSignIn { federation, destination } = wanted.console;
        async move {
            assert!(!destination.contains("panic"), "a fault of a library");
            Ok(Secret::new(format!("{federation}?{}", keys.access_key_id)))
        }
    }

    fn fetch(&self, _fetch: Fetch) -> impl Future<Output = Outcome> + Send + 'static {
        std::future::pending()
    }

    fn remember(&self, _memory: &Memory) {}

    fn profiles(&mut self, context: &Context) -> Result<Arc<Profiles>, Error> {
        let text =
            if context.config_file.as_deref() == Some("/utf16") { b"\xff\xfe[" } else { CONFIG.as_bytes() };
        let config = config_file::parse(Kind::Config, "/config", text);
        let credentials: File = config_file::parse(Kind::Credentials, "/credentials", CREDENTIALS.as_bytes());
        Ok(Arc::new(Profiles::merge(config, credentials)))
    }

    fn forget_files(&mut self) {}

    fn settings(&self) -> Result<Settings, Broken> {
        self.settings.clone()
    }

    fn settings_file(&self) -> &Path {
        Path::new("/config.toml")
    }

    fn generated(&self, _text: &str) -> io::Result<PathBuf> {
        Ok("/generated".into())
    }

    fn shell_files(
        &mut self,
        _context: &Context,
        _awsd: &str,
        _profiles: &Arc<Profiles>,
    ) -> io::Result<ShellPaths> {
        let [config, credentials] = ["/shell/config", "/shell/credentials"].map(PathBuf::from);
        Ok(ShellPaths { config, credentials, changed: self.changed_files() })
    }

    fn changed_files(&self) -> Vec<PathBuf> {
        vec!["/changed/config-1".into()]
    }

    fn serve(&mut self, _to: u32, _request: CredentialsRequest) -> io::Result<Access> {
        Ok(Access { uri: "http://127.0.0.1:1/".to_owned(), token: Secret::new("token") })
    }

    fn forward(&mut self, _to: u32, _socket: Option<&str>, _narrow: Narrow) -> Result<PathBuf, NotForwarded> {
        Err(NotForwarded::Taken)
    }

    fn forget_answers(&mut self) {}

    fn others_may_write(&self, _path: &Path) -> bool {
        false
    }

    fn permissions(&self, path: &Path) -> Option<u32> {
        Some(if path == Path::new("/credentials") { 0o100_644 } else { 0o100_600 })
    }

    fn endpoint_problem(&self) -> Option<EndpointError> {
        None
    }

    fn log_file(&self) -> Option<&Path> {
        Some(Path::new("/daemon.log"))
    }

    fn user_name(&self) -> &'static str {
        "alice"
    }
}

fn app(settings: Result<Settings, Broken>) -> App<Fake> {
    let (_, commands) = Door::new();
    let core = Core::new(Settings::default().for_core(), Memory::default(), 1);
    App::new(core, Fake { settings }, commands)
}

fn broken() -> Broken {
    Broken { file: "/config.toml".into(), line: Some(3), problem: "bad".into(), fix: None }
}

/// Everything that the client is told until its channel closes.
async fn told(app: &mut App<Fake>, request: Request) -> Vec<Update> {
    let (updates, mut told) = mpsc::channel(UPDATES);
    app.request(RequestId(1), request, None, updates);
    while let Some(ended) = app.calls.join_next_with_id().await {
        app.call_ended(ended);
    }
    let mut all = Vec::new();
    while let Ok(update) = told.try_recv() {
        all.push(update);
    }
    assert!(told.is_closed(), "the last update is final: {all:?}");
    all
}

fn context() -> Context {
    Context {
        config_file: Some("/config".into()),
        credentials_file: Some("/credentials".into()),
        region: Some("eu-west-1".into()),
        ..Context::default()
    }
}

fn credentials(profile: &str, no_session: bool) -> Request {
    Request::Credentials(Box::new(CredentialsRequest {
        profile: profile.into(),
        purpose: Purpose::Snapshot,
        duration: None,
        min_ttl: None,
        narrowing: awsd_proto::Narrowing::default(),
        no_session,
        context: context(),
        prompting: Prompting { code: Some(Secret::new("123456")), ..Prompting::default() },
    }))
}

fn login(profile: &str) -> Request {
    let prompting = Prompting { code: Some(Secret::new("123456")), ..Prompting::default() };
    Request::Login(Box::new(Login { profile: profile.into(), context: context(), prompting }))
}

fn error(told: &[Update]) -> &Error {
    match told {
        [Update::Failed(error)] => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn credentials_are_served_and_a_login_gets_none() {
    let mut app = app(Ok(Settings::default()));
    let told_login = told(&mut app, login("role")).await;
    assert!(matches!(told_login.last(), Some(Update::Done(_))), "{told_login:?}");
    let told = told(&mut app, credentials("role", false)).await;
    let Some(Update::Served { served, .. }) = told.last() else { panic!("{told:?}") };
    assert_eq!(served.region.as_deref(), Some("eu-west-1"));
}

#[tokio::test]
async fn the_long_lived_key_is_only_for_profiles_that_allow_it() {
    let mut app = app(Ok(Settings::default()));
    let refused = told(&mut app, credentials("keys", true)).await;
    assert_eq!(error(&refused).error, ErrorCode::LongLivedNotAllowed);

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    std::fs::write(&file, "[profile.keys]\nallow_long_lived = true\n").unwrap();
    app.world.settings = config::read(&file);
    let allowed = told(&mut app, credentials("keys", true)).await;
    let Some(Update::Served { served, .. }) = allowed.last() else { panic!("{allowed:?}") };
    assert_eq!(served.keys.access_key_id, "AKIAIOSFODNN7EXAMPLE");
}

#[tokio::test]
async fn an_unknown_profile_is_an_error_with_the_nearest_name() {
    let told = told(&mut app(Ok(Settings::default())), credentials("rol", false)).await;
    assert_eq!(error(&told).error, ErrorCode::UnknownProfile);
    assert!(error(&told).hint.as_ref().unwrap().contains("'role'"));
}

#[tokio::test]
async fn broken_settings_fail_credentials_and_nothing_else() {
    let mut app = app(Err(broken()));
    for request in [credentials("role", false), login("role"), Request::Config] {
        let told = told(&mut app, request).await;
        assert_eq!(error(&told).error, ErrorCode::BadConfig);
        assert!(error(&told).sentence.starts_with("/config.toml:3"));
    }
    let context = Box::new(context());
    for request in [
        Request::Status,
        Request::Questions,
        Request::List { profile: None, context: context.clone() },
        Request::Logout { profiles: vec!["role".into()], context: context.clone() },
        Request::Logout { profiles: Vec::new(), context: context.clone() },
    ] {
        let told = told(&mut app, request).await;
        assert!(matches!(told.last(), Some(Update::Done(_) | Update::Status(_))), "{told:?}");
    }
    let told = told(&mut app, Request::Doctor { context }).await;
    let Update::Rows(rows) = &told[0] else { panic!("{told:?}") };
    let codes = rows.iter().map(|row| match row {
        Row::Finding(finding) => finding.code.as_str(),
        other => panic!("{other:?}"),
    });
    assert_eq!(codes.collect::<Vec<_>>(), ["settings", "changed-file", "readable-credentials", "mfa-arn"]);
}

#[tokio::test]
async fn a_list_tells_kinds_warnings_and_what_is_left() {
    let mut app = app(Ok(Settings::default()));
    told(&mut app, credentials("role", false)).await;
    let told = told(&mut app, Request::List { profile: None, context: Box::new(context()) }).await;
    let Update::Rows(rows) = &told[0] else { panic!("{told:?}") };
    let [Row::Profile(role), Row::Profile(keys)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((role.kind.as_str(), role.remaining), ("role", Some(3600)));
    assert_eq!(role.source.as_deref(), Some("keys"));
    assert!(role.warnings[0].starts_with("/config:4: "), "{:?}", role.warnings);
    assert_eq!((keys.kind.as_str(), keys.name.as_str()), ("user", "keys"));
}

#[tokio::test]
async fn a_list_tells_that_lines_could_not_be_read() {
    let context = Box::new(Context { config_file: Some("/utf16".into()), ..context() });
    let told = told(&mut app(Ok(Settings::default())), Request::List { profile: None, context }).await;
    let Update::Rows(rows) = &told[0] else { panic!("{told:?}") };
    let [Row::Profile(_), Row::Finding(finding)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((finding.code.as_str(), finding.file.as_deref()), ("unread-lines", Some("/config")));
}

#[tokio::test]
async fn doctor_mentions_settings_of_profiles_that_do_not_exist() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    std::fs::write(
        &file,
        "[profile.kexs]\nallow_long_lived = true\n[profile.keys]\nallow_long_lived = true\n",
    )
    .unwrap();
    let told = told(&mut app(config::read(&file)), Request::Doctor { context: Box::new(context()) }).await;
    let Update::Rows(rows) = &told[0] else { panic!("{told:?}") };
    let lines = rows.iter().filter_map(|row| match row {
        Row::Finding(finding) if finding.code == "settings-of-nobody" => finding.line,
        _ => None,
    });
    assert_eq!(lines.collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left_and_does_not_hold_up_the_app() {
    let mut app = app(Ok(Settings::default()));
    let (updates, mut told) = mpsc::channel(1);
    updates.try_send(Update::Progress("unread".into())).unwrap();
    app.request(RequestId(1), Request::Status, None, updates);
    assert!(app.clients.is_empty());
    assert!(matches!(told.recv().await, Some(Update::Progress(_))));
    assert!(told.recv().await.is_none());
}

#[tokio::test]
async fn stop_is_answered_before_the_end() {
    let mut app = app(Ok(Settings::default()));
    let told = told(&mut app, Request::Stop).await;
    assert!(matches!(&told[..], [Update::Done(_)]));
    app.run().await;
}

fn console(destination: &str) -> Request {
    let Request::Credentials(credentials) = credentials("role", false) else { panic!("it is one") };
    let destination = Some(destination.to_owned());
    Request::Console(Box::new(awsd_proto::Console { credentials: *credentials, destination }))
}

/// What a client that wants the console is told last.
async fn console_says(destination: &str) -> Update {
    let mut app = app(Ok(Settings::default()));
    let (updates, mut told) = mpsc::channel(UPDATES);
    app.request(RequestId(1), console(destination), None, updates);
    while let Some(ended) = app.calls.join_next_with_id().await {
        app.call_ended(ended);
    }
    while let Some(ended) = app.errands.join_next().await {
        app.errand_ended(ended);
    }
    assert!(app.errand_tasks.is_empty());
    let mut last = None;
    while let Ok(update) = told.try_recv() {
        last = Some(update);
    }
    assert!(told.is_closed(), "{last:?}");
    last.expect("an update")
}

#[tokio::test]
async fn who_wants_the_console_gets_an_address_and_no_credentials() {
    let told = console_says("ec2").await;
    let Update::Console { url, .. } = told else { panic!("{told:?}") };
    assert_eq!(url.expose(), "https://signin.aws.amazon.com/federation?ASIAIOSFODNN7EXAMPLE");
    let Update::Failed(broken) = console_says("panic").await else { panic!("nobody is left waiting") };
    assert_eq!(broken.error, ErrorCode::Unavailable);
}
