//! What the daemon says: events while a client waits, and then one [`Reply`] or [`Error`]. Clients ignore unknown
//! fields and unknown events.

use serde::{Deserialize, Serialize};

use crate::request::Caller;
use crate::rows::{Finding, ProfileRow, PromptCheck, SessionRow, Setting, Status};
use crate::secret::Secret;

/// Any line the daemon sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ServerLine {
    /// Final: the request was done.
    Reply(Versioned<Reply>),
    /// Final: the request failed.
    Error(Versioned<Error>),
    /// Not final.
    Event(Event),
}

/// A final line carries the daemon's versions: the answer to the version in the request, in the same round trip.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// [`crate::PROTOCOL`] of the daemon.
    pub protocol: u32,
    /// The daemon's product version.
    pub version: String,
    /// The reply or the error.
    #[serde(flatten)]
    pub body: T,
}

impl<T> Versioned<T> {
    /// Stamps a final line with this build's versions.
    pub fn new(body: T) -> Self {
        Self { protocol: crate::PROTOCOL, version: env!("CARGO_PKG_VERSION").to_owned(), body }
    }
}

/// The end of a request that succeeded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// To [`crate::Request::Credentials`].
    Credentials(Box<Credentials>),
    /// To [`crate::Request::Status`].
    Status(Status),
    /// To [`crate::Request::ChildFiles`].
    ChildFiles(ChildFiles),
    /// To [`crate::Request::ShellFiles`].
    ShellFiles(ShellFiles),
    /// To [`crate::Request::Serve`].
    Serving(Serving),
    /// To [`crate::Request::Console`].
    Console(SignedIn),
    /// To everything that returns nothing more than its events.
    Done {
        /// What the person should know.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notices: Vec<Notice>,
    },
}

/// Files for a command, which hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildFiles {
    /// For `AWS_CONFIG_FILE`. In the reply to [`crate::Request::ChildFiles`] it has all profiles, each with a
    /// `credential_process` of awsd.
    pub config_file: String,
    /// A file without credentials. For `AWS_SHARED_CREDENTIALS_FILE`.
    pub credentials_file: String,
}

/// Files for a shell, which hold no secret. Their paths stay the same as long as those of the person's own files do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellFiles {
    /// The config file has all profiles, each with a `credential_process` of awsd; the credentials file has none.
    #[serde(flatten)]
    pub files: ChildFiles,
    /// What the person should know: each is told once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

/// Where a command gets its credentials while it lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Serving {
    /// For `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub uri: String,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN`. It is worth as much as the credentials.
    pub token: Secret,
    /// The config file has the profile's settings, as those of the default profile too, and no way to other credentials:
    /// any of them would win.
    #[serde(flatten)]
    pub files: ChildFiles,
}

/// A way into the web console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// Whoever opens it is signed in: it is worth as much as the credentials, for as long as AWS takes it (15 minutes).
    pub url: Secret,
    /// What the person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

/// Credentials and what a caller needs to use them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// Absent only for a long-lived key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<Secret>,
    /// `YYYY-MM-DDTHH:MM:SSZ`, which every SDK parses. Absent for keys that do not expire or whose end is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// Where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The profile's region, or the caller's own where that wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What the person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// How the settings want commands to get credentials.
    #[serde(default, skip_serializing_if = "Via::is_env")]
    pub via: Via,
}

/// How a command gets credentials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// In its environment.
    #[default]
    Env,
    /// Its AWS programs run awsd.
    Process,
    /// Its AWS programs ask an address.
    Server,
}

impl Via {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Env, Self::Process, Self::Server];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Process => "process",
            Self::Server => "server",
        }
    }

    // By reference, as serde calls it.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_env(&self) -> bool {
        *self == Self::Env
    }
}

/// Something the person should know although the request succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// For programs.
    pub kind: NoticeKind,
    /// One sentence.
    pub text: String,
}

/// The kinds of [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// The session is shorter than what was asked for.
    DurationClamped,
    /// The user has no MFA device: IAM calls cannot work with this session.
    NoDevice,
    /// What is served is near its end and could not be renewed.
    NearEnd,
    /// A code came with a login, and there was no use for it: it can still be used.
    CodeNotNeeded,
    /// A program has changed a file that awsd had made.
    FileChanged,
    /// A kind this build does not know.
    #[serde(other)]
    Other,
}

/// What the daemon may send between a request and its final line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A code is needed; sent again, with a reason, when an answer was not accepted.
    Question(Question),
    /// A device is to be chosen, before a code of it is needed. Only to clients that said [`crate::Prompting::choice`].
    Choice(Choice),
    /// The question or choice needs no answer from this client any more.
    Answered {
        /// [`Question::id`] or [`Choice::id`], which are never the same.
        question: u64,
    },
    /// Nothing to do but wait; one sentence for a person.
    Progress {
        /// One sentence.
        text: String,
    },
    /// To [`crate::Request::Forward`]: the socket is there. It is gone when the final line comes, if one comes.
    Forwarding {
        /// Its path.
        socket: String,
    },
    /// A row of [`crate::Request::List`].
    Profile(Box<ProfileRow>),
    /// A row of [`crate::Request::Status`].
    Session(SessionRow),
    /// A row of [`crate::Request::Config`].
    Setting(Setting),
    /// A row of [`crate::Request::Doctor`], or a file of [`crate::Request::List`] that could not be read as a whole.
    Finding(Finding),
    /// A row of [`crate::Request::PromptTest`].
    PromptCheck(PromptCheck),
    /// An event this build does not know: to be ignored. Never sent.
    #[serde(other)]
    Unknown,
}

/// An open question: which device, for whom, since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Names the question in [`crate::Answer::Code`].
    pub id: u64,
    /// The device's serial number or ARN.
    pub device: String,
    /// Who the device belongs to, for the prompt: the last part of the serial (`alice`).
    pub user: String,
    /// The profile that made it necessary.
    pub profile: String,
    /// Who asked first.
    pub caller: Caller,
    /// How many callers wait for it.
    pub waiting: u32,
    /// Seconds since it was opened.
    pub age: u64,
    /// Why it is asked again; one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// True while AWS is being asked about a code that was given.
    #[serde(default)]
    pub verifying: bool,
    /// It is asked on the desktop as well: there is a notification to be answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_desktop: bool,
}

/// A user has several MFA devices, and no line says which one to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Names the choice in [`crate::Answer::Device`].
    pub id: u64,
    /// The profile that made it necessary.
    pub profile: String,
    /// Serial numbers or ARNs.
    pub devices: Vec<String>,
    /// Why it is asked again; one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// For programs.
    pub error: ErrorCode,
    /// One sentence with the cause.
    pub sentence: String,
    /// What to do or type next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The closed set of reasons. Exit codes follow from it (the client's `failure` module).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The line was not a request.
    BadRequest,
    /// The line was longer than [`crate::frame::MAX_REQUEST`].
    TooLarge,
    /// The request is not known to this daemon.
    UnknownRequest,
    /// Client and daemon do not share a protocol version.
    VersionMismatch,
    /// The peer is another user.
    Forbidden,
    /// The daemon is ending or has too much to do.
    Unavailable,
    /// No such profile.
    UnknownProfile,
    /// The files cannot be used: syntax, loops, contradictions, missing keys.
    BadConfig,
    /// The profile gets its credentials in a way this version cannot use.
    UnsupportedSource,
    /// An MFA code is needed and nobody could be asked in time.
    CodeRequired,
    /// The code was not accepted.
    WrongCode,
    /// The code has been used before; AWS accepts each only once.
    SpentCode,
    /// Too many codes were tried; AWS would refuse even a right one for now.
    TooManyTries,
    /// The person said "Not now".
    NotNow,
    /// No question is open, or none for that profile.
    NoQuestion,
    /// Several questions are open: say for which profile or device.
    SeveralQuestions,
    /// The device cannot be used for the API, is not the user's, or cannot be found.
    BadDevice,
    /// AWS refused: not authorised.
    AccessDenied,
    /// The access key is not known to AWS (any more).
    KeyRevoked,
    /// The secret does not belong to the access key.
    WrongSecret,
    /// This machine's clock is too wrong to sign requests.
    ClockSkew,
    /// A sign-in is over, or the temporary keys that it left: the person has to sign in again.
    SourceExpired,
    /// A source (`credential_process` and the like) gives no keys.
    SourceFailed,
    /// No session can have the life that is asked for.
    LifeTooShort,
    /// AWS asks to slow down.
    Throttled,
    /// AWS could not be reached, or did not answer sensibly.
    AwsUnavailable,
    /// AWS refused for another reason, given in the sentence.
    AwsRefused,
    /// A logout overtook the request.
    LoggedOut,
    /// Handing out the long-lived key is not allowed for this profile.
    LongLivedNotAllowed,
    /// Nobody can sign in to the web console with this profile, or not there.
    NoSignIn,
    /// The socket only gives credentials of one profile.
    NarrowSocket,
    /// A reason this build does not know.
    #[serde(other)]
    Other,
}
