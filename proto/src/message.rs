//! Requests, events and replies.
//!
//! A client writes one [`Envelope`] and reads [`ServerLine`]s until one of them is final (a reply or an error). While it
//! waits it may write [`Answer`] lines if it said that it can prompt. Unknown fields are ignored on both sides; an
//! unknown request gets [`ErrorCode::UnknownRequest`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::rows::{Finding, ProfileRow, PromptCheck, SessionRow, Setting, Status};
use crate::secret::Secret;

/// The first line of every connection: the version travels in the same write as the request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// [`crate::PROTOCOL`] of the client.
    pub protocol: u32,
    /// The client's product version, for messages to people only.
    #[serde(default)]
    pub version: String,
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
}

/// What a client can ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Temporary credentials of a profile.
    Credentials(Box<CredentialsRequest>),
    /// Make sure that everything a profile needs is ready, with a fresh MFA session.
    Login(Box<Login>),
    /// Forget sessions.
    Logout {
        /// Forget what these profiles use; empty means everything. It must be there: a misspelt field is not to mean that.
        profiles: Vec<String>,
        /// Where the profiles are defined.
        #[serde(default)]
        context: Box<Context>,
    },
    /// Answer the open question of a device (`awsd mfa CODE`).
    Mfa {
        /// Six digits.
        code: Secret,
        /// Only needed where several devices have an open question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
    },
    /// The open questions: one [`Event::Question`] a line, then [`Reply::Done`].
    Questions,
    /// All profiles: one [`Event::Profile`] a line, an [`Event::Finding`] for each file that could not be read as a whole,
    /// then [`Reply::Done`].
    List {
        /// Where the profiles are defined.
        #[serde(default)]
        context: Box<Context>,
    },
    /// The daemon and its sessions: one [`Event::Session`] a line, then [`Reply::Status`].
    Status,
    /// Every setting with its value and origin: one [`Event::Setting`] a line, then [`Reply::Done`].
    Config,
    /// What is wrong with the files: one [`Event::Finding`] a line, then [`Reply::Done`].
    Doctor {
        /// Which files to examine.
        #[serde(default)]
        context: Box<Context>,
    },
    /// Try every way to ask this client's person, with questions that are said to be tests: one [`Event::PromptCheck`] a
    /// line, then [`Reply::Done`]. No code is asked for, so there is no [`Event::Question`] either.
    PromptTest {
        /// Who asks, and where its person could be asked.
        #[serde(default)]
        prompting: Box<Prompting>,
    },
    /// Forget everything and end.
    Stop,
}

impl Request {
    /// The values of the `request` field that this build knows: tells an unknown request from a malformed one.
    pub const KINDS: [&'static str; 11] = [
        "credentials",
        "login",
        "logout",
        "mfa",
        "questions",
        "list",
        "status",
        "config",
        "doctor",
        "prompt-test",
        "stop",
    ];
}

/// A request for temporary credentials.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CredentialsRequest {
    /// The profile's name.
    pub profile: String,
    /// How the caller will use the answer: decides how much remaining life is enough.
    pub purpose: Purpose,
    /// Seconds; overrides the profile's `duration_seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Hand out the long-lived key itself; only where the settings allow it for this profile.
    #[serde(default)]
    pub no_session: bool,
    /// Which files, region and endpoints the caller sees.
    #[serde(default)]
    pub context: Context,
    /// Who asks and whether a code can be asked there.
    #[serde(default)]
    pub prompting: Prompting,
}

/// A request to make sessions ready before they are needed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Login {
    /// The profile's name.
    pub profile: String,
    /// Which files, region and endpoints the caller sees.
    #[serde(default)]
    pub context: Context,
    /// Who asks and whether a code can be asked there.
    #[serde(default)]
    pub prompting: Prompting,
}

/// How credentials will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The caller asks again when it needs to (`credential_process`, an endpoint).
    Repeated,
    /// The caller takes one copy and lives with it (`exec`, `export`).
    Snapshot,
}

/// How a caller takes part in questions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Prompting {
    /// Shown beside the question.
    #[serde(default)]
    pub caller: Caller,
    /// This client can ask at a terminal: it wants [`Event::Question`] and may send [`Answer`].
    #[serde(default)]
    pub terminal: bool,
    /// It can also show a list of devices there: it wants [`Event::Choice`], which clients before this field do not know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub choice: bool,
    /// Never ask; say at once that a code is needed.
    #[serde(default)]
    pub no_prompt: bool,
    /// Seconds to wait for an answer. None: the daemon's default where there is no terminal, for ever where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
    /// A code given beforehand (`--code`); used only if one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// Where the caller's person can be asked beside a terminal: the variables of [`crate::display::VARIABLES`] that are
    /// set for the caller, as [`crate::display::of`] takes them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub display: BTreeMap<String, String>,
}

/// Who asks. Informational: it is the caller's own word, shown to the person, never used to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The process that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// What it will run (`aws ec2 describe-instances`), cut to a sensible length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What resolves a profile, as absolute paths and values of the caller's environment, so that a shell gets what it asked
/// for whatever environment the daemon was started in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Context {
    /// `AWS_CONFIG_FILE`, or `~/.aws/config`. None where the variable is not set and there is no home directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_file: Option<String>,
    /// `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/credentials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_file: Option<String>,
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// `AWS_ENDPOINT_URL_STS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url_sts: Option<String>,
    /// `AWS_ENDPOINT_URL_IAM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url_iam: Option<String>,
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_configured_endpoint_urls: Option<String>,
    /// `AWS_USE_FIPS_ENDPOINT`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_fips_endpoint: Option<String>,
    /// `AWS_USE_DUALSTACK_ENDPOINT`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_dualstack_endpoint: Option<String>,
    /// `AWS_CA_BUNDLE`, an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<String>,
    /// `HTTPS_PROXY` or `https_proxy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_proxy: Option<String>,
    /// `NO_PROXY` or `no_proxy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_proxy: Option<String>,
}

/// Sent by a client that is waiting, on the same connection: what the person typed at its terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// The person typed a code. The daemon judges it: anything that is not a code gets the question again, with the reason.
    Code {
        /// [`Question::id`].
        question: u64,
        /// As typed, without the newline.
        code: Secret,
    },
    /// The person chose a device. Anything that is not on the list gets the choice again, with the reason.
    Device {
        /// [`Choice::id`].
        question: u64,
        /// One of [`Choice::devices`].
        device: String,
    },
}

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
    /// To [`Request::Credentials`].
    Credentials(Box<Credentials>),
    /// To [`Request::Status`].
    Status(Status),
    /// To everything that returns nothing more than its events.
    Done {
        /// What the person should know.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notices: Vec<Notice>,
    },
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
    /// A device is to be chosen, before a code of it is needed. Only to clients that said [`Prompting::choice`].
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
    /// A row of [`Request::List`].
    Profile(Box<ProfileRow>),
    /// A row of [`Request::Status`].
    Session(SessionRow),
    /// A row of [`Request::Config`].
    Setting(Setting),
    /// A row of [`Request::Doctor`], or a file of [`Request::List`] that could not be read as a whole.
    Finding(Finding),
    /// A row of [`Request::PromptTest`].
    PromptCheck(PromptCheck),
    /// An event this build does not know: to be ignored. Never sent.
    #[serde(other)]
    Unknown,
}

/// An open question: which device, for whom, since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Names the question in [`Answer::Code`].
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
    /// It is, or will in a moment be, asked on the desktop as well: there is a notification or dialog to be answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_desktop: bool,
}

/// A user has several MFA devices, and no line says which one to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Names the choice in [`Answer::Device`].
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
    /// Several questions are open: say for which profile.
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
    /// The source's own temporary keys are over.
    SourceExpired,
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
    /// A reason this build does not know.
    #[serde(other)]
    Other,
}
