//! Everything the core can want done.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::chain::{Keys, Role, Service};
use crate::event::{
    CallId, Caller, Command, Desktop, Display, LockedBy, QuestionId, RequestId, SourceProfile,
};
use crate::memory::Memory;
use crate::source::Source;
use crate::time::Wall;

/// Something to be done.
#[derive(Debug)]
pub enum Effect {
    /// Call AWS once, without retries; report it as [`crate::event::Event::Finished`].
    Call(CallId, Box<Operation>),
    /// Ask a source for keys, once; report it as [`crate::event::Event::Finished`].
    Fetch(CallId, Box<Fetch>),
    /// Nobody wants to know any more what comes of this call: a program that runs for it is ended.
    Abandon(CallId),
    /// The request's final answer.
    Served(RequestId, Box<Served>),
    /// The request's final answer: no.
    Denied(RequestId, Denial),
    /// The request's final answer, to one that wanted no credentials.
    Done(RequestId, Vec<Notice>),
    /// Show the question, or show it again, to a waiting client that has a terminal.
    Show(RequestId, Question),
    /// Show a list of devices, or show it again, to a waiting client that can. Over, it is withdrawn like a question.
    Choose(RequestId, Choice),
    /// That client's question needs no answer any more.
    Withdraw(RequestId, QuestionId),
    /// Ask on the desktop that the question names, or show there how things stand now. It is on no other one from then on.
    Ask(Question),
    /// Offer on the desktop to renew an MFA session.
    Offer(Offer),
    /// Offer on the desktop to sign in again, or show there how far that is.
    OfferSignIn(SignInOffer),
    /// The desktop has nothing to do with this question, or offer, any more.
    Unask(QuestionId),
    /// Whatever happens to this desktop is of no account any more. Whoever comes from there is to be told of as for the first time.
    LookAway(Desktop),
    /// Run the program that gives codes for this question.
    Run(QuestionId, Program),
    /// What it does is not needed any more: this program, or the command that signs in.
    Stop(QuestionId),
    /// Run the command that signs in; report its end as [`crate::event::Event::SignedIn`].
    SignIn(QuestionId, Box<SignInRun>),
    /// Look what a source profile has now; report it as [`crate::event::Event::Looked`].
    Look(SourceProfile),
    /// Tell a waiting client why it waits; one sentence.
    Progress(RequestId, String),
    /// Keep this across restarts (it holds no secret).
    Remember(Memory),
}

/// One call to AWS.
#[derive(Debug, Clone)]
pub struct Operation {
    /// What to call.
    pub action: Action,
    /// Whose keys sign it.
    pub signer: Arc<Keys>,
    /// Where.
    pub service: Arc<Service>,
    /// Seconds to add to this machine's clock when signing.
    pub skew: i64,
}

/// One question to a source.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Which.
    pub source: Arc<Source>,
    /// How AWS is reached.
    pub service: Arc<Service>,
    /// Seconds to add to this machine's clock.
    pub skew: i64,
    /// Where a program can show something, if it has to.
    pub display: Display,
    /// The sources whose programs have led to this one, and itself, by their marks: a program that is run for it passes
    /// them on, so that what asks for itself is seen.
    pub inside: Vec<String>,
}

/// The calls awsd makes.
#[derive(Debug, Clone)]
pub enum Action {
    /// `sts:GetSessionToken`.
    GetSessionToken {
        /// How long the session shall live.
        duration: Duration,
        /// The device and its code.
        mfa: Option<Mfa>,
    },
    /// `sts:AssumeRole`.
    AssumeRole {
        /// The role's parameters.
        role: Arc<Role>,
        /// The role's full ARN.
        arn: String,
        /// How long the session shall live.
        duration: Duration,
        /// The device and its code.
        mfa: Option<Mfa>,
    },
    /// `iam:ListMFADevices` of the signer.
    ListMfaDevices,
    /// `sts:GetCallerIdentity`.
    GetCallerIdentity,
}

/// A device and the code it showed.
#[derive(Debug, Clone)]
pub struct Mfa {
    /// The device's serial number or ARN.
    pub serial: String,
    /// Six digits.
    pub code: SecretString,
}

/// Credentials for a caller.
#[derive(Debug, Clone)]
pub struct Served {
    /// The keys.
    pub keys: Arc<Keys>,
    /// When they end.
    pub expiration: Option<Wall>,
    /// The account they belong to, where known.
    pub account_id: Option<String>,
    /// The region for the caller's program.
    pub region: Option<String>,
    /// What the person should know.
    pub notices: Vec<Notice>,
}

/// Something the person should know although it worked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// What kind of thing.
    pub kind: NoticeKind,
    /// One sentence.
    pub text: String,
}

/// The kinds of [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// The session is shorter than what was asked for.
    DurationClamped,
    /// The user has no MFA device.
    NoDevice,
    /// What is served is near its end and could not be renewed.
    NearEnd,
    /// A code came with `awsd login`, and there was no use for it.
    CodeNotNeeded,
}

/// A refusal: the reason for programs, a sentence with the cause and the next step for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// For programs.
    pub reason: Reason,
    /// One sentence.
    pub sentence: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A source gives no keys.
    SourceFailed,
    /// A code is needed and nobody could be asked in time.
    CodeRequired,
    /// The code was not accepted.
    WrongCode,
    /// The code has been used before.
    SpentCode,
    /// Too many codes were tried.
    TooManyTries,
    /// The person said "Not now".
    NotNow,
    /// No question is open.
    NoQuestion,
    /// Several questions are open.
    SeveralQuestions,
    /// The MFA device cannot be used or found.
    BadDevice,
    /// AWS does not allow it.
    AccessDenied,
    /// AWS does not know the access key (any more).
    KeyRevoked,
    /// The secret does not belong to the access key.
    WrongSecret,
    /// This machine's clock is too wrong.
    ClockSkew,
    /// A sign-in is over, or the temporary keys that it left.
    SourceExpired,
    /// No session can have the life that is asked for.
    LifeTooShort,
    /// AWS asks to slow down.
    Throttled,
    /// AWS could not be reached, or did not answer sensibly.
    AwsUnavailable,
    /// AWS refused for another reason.
    AwsRefused,
    /// The session ended while it was being made: a logout.
    LoggedOut,
}

/// A question as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each says something else of it, and any of them may be so together"
)]
pub struct Question {
    /// Which.
    pub id: QuestionId,
    /// The device's serial number or ARN.
    pub device: String,
    /// Whose device: the last part of its name.
    pub user: String,
    /// The profile that made it necessary.
    pub profile: String,
    /// Who asked first.
    pub caller: Caller,
    /// How many callers wait.
    pub waiting: usize,
    /// The one that came last of those who wait at this desktop. Numbers grow, so a higher one tells that somebody waits who
    /// did not before.
    pub newest: Option<RequestId>,
    /// How long it has been open.
    pub age: Duration,
    /// How long the caller has waited who is named here: the question may be older.
    pub waited: Duration,
    /// Why it is asked again.
    pub reason: Option<String>,
    /// A code was given and AWS is being asked.
    pub verifying: bool,
    /// There is a notification of it on the desktop.
    pub on_desktop: bool,
    /// How many codes were given for it so far: each that was not enough has it asked anew, whatever else stays the same.
    pub attempts: u32,
    /// The person has just asked to be asked.
    pub wanted: bool,
    /// Everybody who waits for it is asked at a terminal: the desktop need not get in the way.
    pub at_terminals: bool,
    /// Where the person can be asked: one desktop at a time, that of who asked first, for as long as somebody there waits.
    pub display: Display,
}

/// A program that gives codes: `mfa_process`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments; no shell.
    pub words: Arc<[String]>,
    /// Where it can show something, if it has to.
    pub display: Display,
}

/// A command that is to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRun {
    /// The command.
    pub command: Command,
    /// Where the person wants to sign in.
    pub display: Display,
}

/// Why nothing is shown on the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenLock {
    /// By whose word.
    pub by: LockedBy,
    /// For how long it has counted as locked; whole seconds.
    pub age: Duration,
}

/// An offer to renew an MFA session before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which; numbered with the questions.
    pub id: QuestionId,
    /// The device's serial number or ARN.
    pub device: String,
    /// Whose device: the last part of its name.
    pub user: String,
    /// The profiles that are served from the session.
    pub profiles: Vec<String>,
    /// What is left of it.
    pub remaining: Duration,
    /// How long the offer rests if it is put off; none where the session would have ended by then.
    pub pause: Option<Duration>,
    /// Where the person was last seen.
    pub display: Display,
}

/// An offer to sign in again where temporary keys come from that end, or have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInOffer {
    /// Which; numbered with the questions.
    pub id: QuestionId,
    /// The source profile.
    pub source: String,
    /// The profiles that are served from it.
    pub profiles: Vec<String>,
    /// What is left of its keys; zero if they are over.
    pub remaining: Duration,
    /// Who was refused last because they are over, and for which profile.
    pub refused: Option<(String, Caller)>,
    /// The command that signs in, where there is one.
    pub command: Option<Arc<[String]>>,
    /// How far it is.
    pub progress: SignInProgress,
    /// How often the command has been run.
    pub runs: u32,
    /// How long the offer rests if it is put off.
    pub pause: Duration,
    /// Where the person was last seen.
    pub display: Display,
}

/// How far signing in is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInProgress {
    /// It is offered.
    Offered,
    /// The command runs.
    Runs,
    /// The command came to nothing; one sentence says why.
    Failed(String),
}

/// A list of devices, of which the person chooses one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which; numbered with the questions.
    pub id: QuestionId,
    /// The profile that made it necessary.
    pub profile: String,
    /// Serial numbers or ARNs, more than one.
    pub devices: Vec<String>,
    /// Why it is asked again.
    pub reason: Option<String>,
}

/// A session that is held, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What kind.
    pub kind: SessionKind,
    /// The role's ARN, the device's serial, the source's name, or the last characters of the access key id.
    pub name: String,
    /// The profiles served from it.
    pub profiles: Vec<String>,
    /// What is left of its life.
    pub remaining: Duration,
    /// Its life when it was granted.
    pub life: Duration,
    /// It is being renewed.
    pub refreshing: bool,
}

/// The kinds of [`Session`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// What a source gave.
    Source,
    /// `GetSessionToken` with a code.
    Mfa,
    /// `GetSessionToken` of a user without a device.
    User,
    /// `AssumeRole`.
    Role,
}
