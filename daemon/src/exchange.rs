//! What the connections and the app say to each other. Channels are bounded: a peer that is too fast waits, one that is
//! too slow is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use awsd_core::effect::{Choice, Denial, Notice, Question, Served};
use awsd_core::event::{QuestionId, RequestId};
use awsd_proto::{ChildFiles, Error, Event, Request, Secret, Serving, ShellFiles, Status, Via};
use tokio::sync::mpsc;

/// Commands that may wait for the app. Beyond that connections wait before they read on.
const COMMANDS: usize = 256;

/// Updates that may wait for a client to read them. Long lists are one update.
pub(crate) const UPDATES: usize = 32;

/// The app's door: all who bring requests number them in one row.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    commands: mpsc::Sender<Command>,
    last: Arc<AtomicU64>,
}

/// A door that does not keep the app waiting for whoever holds it.
#[derive(Debug, Clone)]
pub(crate) struct WeakDoor {
    commands: mpsc::WeakSender<Command>,
    last: Arc<AtomicU64>,
}

impl Door {
    /// The door, and where the app takes in what comes through it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (commands, taken_in) = mpsc::channel(COMMANDS);
        (Self { commands, last: Arc::default() }, taken_in)
    }

    /// A number for a request.
    pub(crate) fn number(&self) -> RequestId {
        RequestId(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Where commands go.
    pub(crate) fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    pub(crate) fn downgrade(&self) -> WeakDoor {
        WeakDoor { commands: self.commands.downgrade(), last: Arc::clone(&self.last) }
    }
}

impl WeakDoor {
    /// The door; none once the daemon ends.
    pub(crate) fn upgrade(&self) -> Option<Door> {
        Some(Door { commands: self.commands.upgrade()?, last: Arc::clone(&self.last) })
    }
}

/// From a connection to the app.
#[derive(Debug)]
pub(crate) enum Command {
    /// A request. The number is used once in the daemon's life.
    Request {
        /// Names the request from now on.
        id: RequestId,
        /// What is asked.
        request: Request,
        /// The process that asks, where the system tells.
        peer: Option<u32>,
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
    Served {
        /// They themselves.
        served: Box<Served>,
        /// How the settings want commands to get them.
        via: Via,
    },
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
    /// Final: files for a shell.
    ShellFiles(ShellFiles),
    /// Final: where a command gets its credentials.
    Serving(Serving),
    /// Final: a way into the web console.
    Console {
        /// A URL that signs in whoever opens it.
        url: Secret,
        /// What the person should know.
        notices: Vec<Notice>,
    },
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
            Self::Served { .. } | Self::Console { .. } => Some("Served".to_owned()),
            Self::Done(_)
            | Self::Status(_)
            | Self::ChildFiles(_)
            | Self::ShellFiles(_)
            | Self::Serving(_) => Some("Done".to_owned()),
            Self::Denied(denial) => Some(format!("{:?}", denial.reason)),
            Self::Failed(error) => Some(format!("{:?}", error.error)),
        }
    }
}
