//! What is asked, and what was said.

use std::path::PathBuf;
use std::time::Duration;

use awsd_core::event::{QuestionId, RequestId};
use secrecy::SecretString;

use super::{Dialog, Display};

/// A question as it is to be shown. Its texts may come from anywhere: they are made safe where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    /// Which question. A card for a question that is shown already replaces what is shown.
    pub(crate) question: QuestionId,
    /// What can be answered.
    pub(crate) kind: Kind,
    /// What is wanted, in a few words.
    pub(crate) title: String,
    /// Who asks, for which device, since when: one line each.
    pub(crate) lines: Vec<String>,
    /// Why it is asked again.
    pub(crate) reason: Option<String>,
    /// How many codes were given: a wrong one is worth telling even if it was wrong for the same reason as the last.
    pub(crate) attempts: u32,
    /// Who came last of those who wait there. A higher number than on the card before is somebody who has not seen that one.
    pub(crate) newest: Option<RequestId>,
    /// Everybody who waits is asked at a terminal. A dialog that nobody has asked for would only take the keyboard away there.
    pub(crate) at_terminals: bool,
    /// A code was given and AWS is being asked: nothing can be answered meanwhile.
    pub(crate) verifying: bool,
    /// Where the person is.
    pub(crate) display: Display,
    /// Which programs ask for the code.
    pub(crate) tools: Tools,
}

/// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A code.
    Code {
        /// Open the dialog at once, without waiting for a click.
        straight_to_dialog: bool,
    },
    /// To renew a session before its end.
    Offer {
        /// How long it rests if it is put off, which may be too late.
        pause: Option<Duration>,
    },
    /// To sign in again.
    SignIn {
        /// What a click can do about it.
        stage: Stage,
        /// How long it rests if it is put off.
        pause: Duration,
    },
}

/// What a click can do about a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing: the person signs in without awsd.
    ByHand,
    /// Run the command that signs in.
    Offered,
    /// Stop it.
    Runs,
}

/// Which programs ask for a code. By default the first of this system's that works.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tools {
    /// Only this one.
    pub(crate) dialog: Option<Dialog>,
    /// The program to run as pinentry.
    pub(crate) pinentry: Option<PathBuf>,
}

/// What came of a question. Several of these may come for one question; nothing comes once it is withdrawn.
#[derive(Debug)]
pub(crate) enum Said {
    /// A code, as it was typed.
    Code {
        /// For which question.
        question: QuestionId,
        /// Not judged in any way, perhaps empty.
        code: SecretString,
    },
    /// A code that a program printed.
    ProgramCode {
        /// For which question.
        question: QuestionId,
        /// Not judged in any way.
        code: SecretString,
    },
    /// Whether a notification is on the screen, as far as that has changed.
    Shown(QuestionId, bool),
    /// "Not now".
    NotNow(QuestionId),
    /// The notification was closed, and nothing was said.
    PutAside(QuestionId),
    /// A command that signs in has ended. An error is one sentence.
    SignedIn {
        /// Which run of it.
        question: QuestionId,
        /// What came of it.
        result: Result<(), String>,
    },
    /// The answer to an offer.
    Offer {
        /// Which offer.
        question: QuestionId,
        /// The button.
        choice: Choice,
    },
    /// The person cannot be asked there: neither by a notification nor by a dialog.
    Unreachable {
        /// Which question.
        question: QuestionId,
        /// Part of a sentence.
        why: String,
    },
    /// A program has been running for a second: it may be waiting for a touch.
    ProgramSlow {
        /// Which question.
        question: QuestionId,
    },
    /// A program came to no code.
    ProgramFailed {
        /// Which question.
        question: QuestionId,
        /// One sentence.
        why: String,
    },
}

/// The buttons of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// "Renew", or "Sign in".
    Renew,
    /// "In 10 minutes", or however long it rests; "Stop" while the command runs.
    Later,
    /// "Not today".
    NotToday,
}
