//! Everything that can happen to the core.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::chain::{Chain, Keys};
use crate::time::Wall;

/// One client's request; the app gives the number and never gives it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// One call to AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// One question to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u64);

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A client wants credentials. Answered by exactly one [`crate::effect::Effect::Served`] or
    /// [`crate::effect::Effect::Denied`].
    Requested(RequestId, Box<Request>),
    /// A code was typed. Feedback comes as the question itself, asked again or withdrawn.
    Typed {
        /// Where the question was shown.
        at: Surface,
        /// Which it was; a code for another one is ignored.
        question: QuestionId,
        /// As typed.
        code: SecretString,
    },
    /// A client that waits for a list of devices was told which one. Feedback comes as with [`Event::Typed`].
    Chosen {
        /// The request that waits.
        by: RequestId,
        /// The list on that client's screen; a choice from another one is ignored.
        question: QuestionId,
        /// The device's serial number or ARN.
        device: String,
    },
    /// `awsd mfa CODE`. Answered by exactly one [`crate::effect::Effect::Done`] or [`crate::effect::Effect::Denied`].
    Answer {
        /// Who wants to know whether it was right.
        by: RequestId,
        /// Which question, where several are open: one that this profile waits for, or this device's.
        profile: Option<String>,
        /// As typed.
        code: SecretString,
    },
    /// The person said "Not now".
    Dismissed(QuestionId),
    /// The person put the question away at the desktop that shows it, and said nothing: it stays open.
    PutAside(QuestionId),
    /// Whether the desktop that is to show this question has a notification of it on the screen. It may say so again.
    Shown(QuestionId, bool),
    /// The desktop that is to show this question, or this offer, can show it to nobody.
    Unreachable(QuestionId),
    /// A program that is to give a code has something to tell.
    Program(QuestionId, ProgramNews),
    /// The person answered an offer: to renew an MFA session, or to sign in again.
    Offered(QuestionId, OfferAnswer),
    /// A command that signs in has ended. An error is one sentence that says why it came to nothing.
    SignedIn(QuestionId, Result<(), String>),
    /// What a source profile has now; none where it has no temporary keys, or cannot be read.
    Looked(SourceProfile, Option<Found>),
    /// The person came to a desktop, left it, or locked its screen. None is the daemon's own desktop.
    Presence(Option<Desktop>, Presence),
    /// The client left; it needs no reply.
    Gone(RequestId),
    /// A call to AWS ended.
    Finished {
        /// Which.
        call: CallId,
        /// What came of it.
        outcome: Outcome,
    },
    /// Forget sessions and everything under way. Answered by [`crate::effect::Effect::Done`].
    Logout {
        /// Who asked.
        by: RequestId,
        /// The access keys, and the marks of sources, whose sessions go; none means all.
        origins: Option<Vec<String>>,
    },
    /// The moment of `Core::next_wake` has come.
    Woken,
}

/// Where a question is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// The terminal of a request that waits.
    Terminal(RequestId),
    /// Notifications and dialogs.
    Desktop,
}

/// What a client asks for.
#[derive(Debug)]
pub struct Request {
    /// The profile, resolved.
    pub chain: Chain,
    /// How the answer will be used.
    pub purpose: Purpose,
    /// Whether and how long it waits for a person.
    pub patience: Patience,
    /// Its terminal, if it has one, can also show a list of devices to choose from.
    pub chooses: bool,
    /// Shown with the question.
    pub caller: Caller,
    /// Less life than this is of no use to the caller, whatever the purpose says.
    pub min_ttl: Option<Duration>,
    /// A code given beforehand; used only if one is needed.
    pub code: Option<SecretString>,
    /// Where the keys that it starts from come from, if they are temporary.
    pub sign_in: Option<SignIn>,
    /// The sources whose programs it comes from, by their marks.
    pub inside: Vec<String>,
}

/// Temporary keys that awsd cannot renew, and how new ones come about.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Where they are.
    pub source: SourceProfile,
    /// What brings new ones (`source_refresh_command`).
    pub command: Option<Command>,
}

/// A profile into which a tool of the person's writes temporary keys, and the files that have it. Passed on, never opened
/// here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceProfile {
    /// Its name.
    pub name: String,
    /// `AWS_CONFIG_FILE`
    pub config_file: Option<String>,
    /// `AWS_SHARED_CREDENTIALS_FILE`
    pub credentials_file: Option<String>,
}

/// A command that signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; no shell.
    pub words: Arc<[String]>,
    /// Its environment, beside what says where the person is.
    pub variables: Arc<BTreeMap<String, String>>,
}

impl Command {
    /// As the person would type it.
    pub fn line(&self) -> String {
        // What cannot be written for a shell holds a NUL, which no program can be given either.
        shlex::try_join(self.words.iter().map(String::as_str)).unwrap_or_default()
    }
}

/// Temporary keys in a file, without their secrets: enough to tell new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their access key id.
    pub access_key_id: String,
    /// When they end, where the file says so.
    pub expiration: Option<Wall>,
}

impl Found {
    /// What can be said of these keys, if they are temporary.
    pub fn new(keys: &Keys) -> Option<Self> {
        let Keys { access_key_id, expiration, .. } = keys;
        keys.temporary().then(|| Self { access_key_id: access_key_id.clone(), expiration: *expiration })
    }
}

/// How credentials will be used; decides how much remaining life is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The caller asks again when it needs to.
    Repeated,
    /// The caller takes one copy and lives with it.
    Snapshot,
    /// `awsd login`: everything ready, the MFA session with most of its life before it.
    Login,
    /// The long-lived key itself. Whether that is allowed has been decided by whoever built the request.
    LongLived,
}

/// Whether and how long a caller waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It has a terminal and shows the question there; waits until it is answered, or so long.
    Terminal(Option<Duration>),
    /// It cannot show anything. Waits so long if it said so itself; otherwise the default time, if somebody else can
    /// answer, and not at all if nobody can.
    Silent(Option<Duration>),
    /// It must not wait for a person.
    Never,
}

/// What a program that is to give a code has to tell.
#[derive(Debug, Clone)]
pub enum ProgramNews {
    /// It takes its time: it may wait for a touch.
    Slow,
    /// Its output.
    Code(SecretString),
    /// It gave none; one sentence says why.
    Failed(String),
}

/// What the person says to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferAnswer {
    /// Ask for the code now, or run the command that signs in.
    Renew,
    /// Offer it again after the time that the offer named. A command that runs is stopped.
    Later,
    /// No more today.
    NotToday,
}

/// What is known of the person at a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Whether the screen is locked will be said in a moment: somebody has come from a place that has not been watched.
    Unheard,
    /// The screen is locked, or is so by somebody else's word than before.
    Locked(LockedBy),
    /// It is not locked (any more).
    Unlocked,
    /// Nobody has touched anything for a while.
    Idle,
    /// Somebody is there again.
    Active,
    /// Its bus has ended. What was said before still counts.
    Gone,
}

/// By whose word the screen counts as locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockedBy {
    /// The login manager has been told so by a locker.
    LoginManager,
    /// A screen saver covers it.
    ScreenSaver,
    /// Somebody wanted it locked a moment ago (`loginctl lock-session`), and no locker has said yet that it did so.
    Request,
}

/// Where a caller's person sees things: the variables of the caller's environment that say it. Passed on, never read here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Display {
    /// Names and values.
    pub variables: Arc<BTreeMap<String, String>>,
    /// The desktop that they name.
    pub desktop: Option<Desktop>,
}

/// A desktop, to be told from others by the variables that say where it is. What else differs between its callers
/// (terminals, languages) is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Desktop(pub Arc<BTreeMap<String, String>>);

/// Who asks: for display only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Its process.
    pub pid: Option<u32>,
    /// What it will run.
    pub command: Option<String>,
    /// Where its person can be asked.
    pub display: Display,
}

/// How a call to AWS ended.
#[derive(Debug)]
pub struct Outcome {
    /// What came of it.
    pub result: Result<Granted, Failure>,
    /// AWS's clock minus this machine's in seconds, from the answer's `Date` header, if there was one.
    pub skew: Option<i64>,
}

/// What AWS gave.
#[derive(Debug)]
pub enum Granted {
    /// Temporary keys with an `expiration`; of a source also others.
    Session(Keys),
    /// The serials of the user's MFA devices.
    Devices(Vec<String>),
    /// The account of the caller.
    Account(String),
}

/// Why a call gave nothing. Judged by the `verdict` module.
#[derive(Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection was made, so AWS has not seen the request.
    NotSent(String),
    /// The request may have reached AWS; no usable answer came back.
    NoAnswer(String),
    /// A person has to sign in first; a sentence without its end says why.
    SignIn(String),
    /// The source gives no keys; what it says goes on after its name.
    Source(String),
    /// AWS said no.
    Refused {
        /// HTTP status.
        status: u16,
        /// AWS's error code.
        code: String,
        /// AWS's message.
        message: String,
    },
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "NotSent({why})"),
            Self::NoAnswer(why) => write!(f, "NoAnswer({why})"),
            // A program may say anything.
            Self::SignIn(_) => f.write_str("SignIn"),
            Self::Source(_) => f.write_str("Source"),
            // The message may quote what was sent; the code is enough for a log.
            Self::Refused { status, code, .. } => write!(f, "Refused({status} {code})"),
        }
    }
}
