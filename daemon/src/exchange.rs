//! What the connections and the app say to each other. Channels are bounded: a peer that is too fast waits, one that is
//! too slow is left.

use awsd_core::effect::{Choice, Denial, Notice, Question, Served};
use awsd_core::event::{QuestionId, RequestId};
use awsd_proto::{ChildFiles, Error, Event, Request, Secret, Status};
use tokio::sync::mpsc;

/// Commands that may wait for the app. Beyond that connections wait before they read on.
pub(crate) const COMMANDS: usize = 256;

/// Updates that may wait for a client to read them. Long lists are one update.
pub(crate) const UPDATES: usize = 32;

/// From a connection to the app.
#[derive(Debug)]
pub(crate) enum Command {
    /// A request. The number is used once in the daemon's life.
    Request {
        /// Names the request from now on.
        id: RequestId,
        /// What is asked.
        request: Request,
        /// Where the answer goes; the last update is final.
        updates: mpsc::Sender<Update>,
    },
    /// The person at that client's terminal typed a code.
    Typed {
        /// Whose terminal.
        by: RequestId,
        /// The question on the screen.
        question: QuestionId,
        /// As typed.
        code: Secret,
    },
    /// The person at that client's terminal chose a device.
    Chosen {
        /// Whose terminal.
        by: RequestId,
        /// The list on the screen.
        question: QuestionId,
        /// Its serial number or ARN.
        device: String,
    },
    /// The client left.
    Gone(RequestId),
}

/// From the app to a connection.
#[derive(Debug)]
pub(crate) enum Update {
    /// A code is needed.
    Question(Question),
    /// A device is to be chosen.
    Choice(Choice),
    /// That is not needed any more.
    Answered(QuestionId),
    /// Why the client waits.
    Progress(String),
    /// Rows of a list, all at once.
    Rows(Vec<Event>),
    /// The open questions, all at once.
    Questions(Vec<Question>),
    /// Final: credentials.
    Served(Box<Served>),
    /// Final: refused by the core.
    Denied(Denial),
    /// Final: refused before the core was asked.
    Failed(Error),
    /// Final: done, with notices.
    Done(Vec<Notice>),
    /// Final: the daemon's status.
    Status(Status),
    /// Final: files for a command.
    ChildFiles(ChildFiles),
}

impl Update {
    /// How the request ended, for the log; none while it has not.
    pub(crate) fn outcome(&self) -> Option<String> {
        match self {
            Self::Question(_)
            | Self::Choice(_)
            | Self::Answered(_)
            | Self::Progress(_)
            | Self::Rows(_)
            | Self::Questions(_) => None,
            Self::Served(_) => Some("Served".to_owned()),
            Self::Done(_) | Self::Status(_) | Self::ChildFiles(_) => Some("Done".to_owned()),
            Self::Denied(denial) => Some(format!("{:?}", denial.reason)),
            Self::Failed(error) => Some(format!("{:?}", error.error)),
        }
    }
}
