//! What a client says.
//!
//! It writes one [`Envelope`] and reads [`crate::ServerLine`]s until one of them is final. While it waits it may write
//! [`Answer`] lines if it said that it can prompt. Unknown fields are ignored; an unknown request gets
//! [`crate::ErrorCode::UnknownRequest`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
        /// Forget what these profiles use; empty means everything. It must be there: a misspelt field is not to mean
        /// that.
        profiles: Vec<String>,
        /// Where the profiles are defined.
        #[serde(default)]
        context: Box<Context>,
    },
    /// Answer the open question of a device (`awsd mfa CODE`).
    Mfa {
        /// Six digits.
        code: Secret,
        /// A profile, or the serial number or ARN of a device; only needed where several devices have an open question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
    },
    /// The open questions: one [`crate::Event::Question`] a line, then [`crate::Reply::Done`].
    Questions,
    /// All profiles: one [`crate::Event::Profile`] a line, an [`crate::Event::Finding`] for each file that could not be
    /// read as a whole, then [`crate::Reply::Done`].
    List {
        /// Only this one. Daemons before this field list all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        /// Where the profiles are defined.
        #[serde(default)]
        context: Box<Context>,
    },
    /// The daemon and its sessions: one [`crate::Event::Session`] a line, then [`crate::Reply::Status`].
    Status,
    /// Every setting with its value and origin: one [`crate::Event::Setting`] a line, then [`crate::Reply::Done`].
    Config,
    /// What is wrong with the files: one [`crate::Event::Finding`] a line, then [`crate::Reply::Done`].
    Doctor {
        /// Which files to examine.
        #[serde(default)]
        context: Box<Context>,
    },
    /// Try every way to ask this client's person, with questions that are said to be tests: one
    /// [`crate::Event::PromptCheck`] a line, then [`crate::Reply::Done`]. No code is asked for, so there is no
    /// [`crate::Event::Question`] either.
    PromptTest {
        /// Who asks, and where its person could be asked.
        #[serde(default)]
        prompting: Box<Prompting>,
    },
    /// Files for a command whose AWS programs are to ask awsd themselves (`awsd exec --via process`).
    ChildFiles {
        /// The absolute path of the program that they run.
        awsd: String,
        /// Where the profiles are defined.
        #[serde(default)]
        context: Box<Context>,
    },
    /// Files that stay where they are and follow the person's, for a shell and all that is started from it (`awsd init`).
    ShellFiles {
        /// The absolute path of the program that they run.
        awsd: String,
        /// The person's own files.
        #[serde(default)]
        context: Box<Context>,
    },
    /// Credentials of one profile over HTTP on this machine, as container platforms serve them, for as long as the
    /// process that asks lives (`awsd exec --via server`).
    Serve {
        /// The profile's name.
        profile: String,
        /// Where it is defined.
        #[serde(default)]
        context: Box<Context>,
        /// What the session may do less than its role.
        #[serde(default, skip_serializing_if = "Narrowing::is_none")]
        narrowing: Narrowing,
        /// Who asks, and where its person could be asked for a code later on. Over HTTP nobody is.
        #[serde(default)]
        prompting: Box<Prompting>,
    },
    /// A socket that gives credentials of one profile and nothing else, for as long as the process that asks lives, and for
    /// this connection an [`crate::Event::Forwarding`] (`awsd forward`).
    Forward(Box<Forward>),
    /// The web console, signed in: a URL.
    Console(Box<Console>),
    /// Forget everything and end.
    Stop,
}

impl Request {
    /// The values of the `request` field that this build knows: tells an unknown request from a malformed one.
    pub const KINDS: [&'static str; 16] = [
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
        "child-files",
        "shell-files",
        "serve",
        "forward",
        "console",
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
    /// Seconds; the least life that they must have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ttl: Option<u64>,
    /// What the session may do less than its role.
    #[serde(default, skip_serializing_if = "Narrowing::is_none")]
    pub narrowing: Narrowing,
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

/// A request to let others have credentials of one profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Forward {
    /// The profile's name.
    pub profile: String,
    /// Where the socket is to be, an absolute path; the daemon knows a place, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// What their session may do less than its role.
    #[serde(default, skip_serializing_if = "Narrowing::is_none")]
    pub narrowing: Narrowing,
    /// Which files, region and endpoints are meant, whatever they say.
    #[serde(default)]
    pub context: Context,
    /// Who is answerable for it, and where its person is asked for codes. They are not asked.
    #[serde(default)]
    pub prompting: Prompting,
}

/// A request to sign in to the web console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Console {
    /// With which credentials. A key without a session cannot sign in.
    #[serde(flatten)]
    pub credentials: CredentialsRequest,
    /// The page that is shown then: a URL of the console, or a path in it. Its first page, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// Session policies: a session may do what both they and its role allow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowing {
    /// A policy, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// ARNs of policies in the role's account, or of AWS.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// AWS's own policy that allows to look at everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

impl Narrowing {
    /// Whether it narrows nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
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
    /// This client can ask at a terminal: it wants [`crate::Event::Question`] and may send [`Answer`].
    #[serde(default)]
    pub terminal: bool,
    /// It can also show a list of devices there: it wants [`crate::Event::Choice`], which clients before this field do
    /// not know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub choice: bool,
    /// Never ask; say at once that a code is needed.
    #[serde(default)]
    pub no_prompt: bool,
    /// Seconds to wait for an answer. None: the daemon's default where there is no terminal, for ever where there is
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
    /// A code given beforehand (`--code`); used only if one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// Where the caller's person can be asked beside a terminal: the variables of [`crate::display::VARIABLES`] that
    /// are set for the caller, as [`crate::display::of`] takes them.
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

/// What resolves a profile, as absolute paths and values of the caller's environment, so that a shell gets what it
/// asked for whatever environment the daemon was started in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The home directory: the AWS CLI keeps sign-ins below it. None: the daemon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// `AWS_ENDPOINT_URL_SSO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url_sso: Option<String>,
    /// `AWS_ENDPOINT_URL_SSO_OIDC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url_sso_oidc: Option<String>,
    /// `AWS_ENDPOINT_URL_SIGNIN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url_signin: Option<String>,
    /// `AWS_LOGIN_CACHE_DIRECTORY`, an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_cache_directory: Option<String>,
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec2_metadata_service_endpoint: Option<String>,
    /// `AWS_EC2_METADATA_DISABLED`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec2_metadata_disabled: Option<String>,
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_credentials_relative_uri: Option<String>,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_credentials_full_uri: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_authorization_token_file: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_authorization_token: Option<Secret>,
    /// `AWSD_INSIDE`, split at commas: what the daemon has set for the program of a `credential_process`, so that one which
    /// asks for its own profile is refused and does not wait for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
}

/// Sent by a client that is waiting, on the same connection: what the person typed at its terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// The person typed a code. The daemon judges it: anything that is not a code gets the question again, with the
    /// reason.
    Code {
        /// [`crate::Question::id`].
        question: u64,
        /// As typed, without the newline.
        code: Secret,
    },
    /// The person chose a device. Anything that is not on the list gets the choice again, with the reason.
    Device {
        /// [`crate::Choice::id`].
        question: u64,
        /// One of [`crate::Choice::devices`].
        device: String,
    },
}
