//! All questions that are on the desktop, and the programs that are asked.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use awsd_core::event::{Command, QuestionId};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tracing::{error, info};

use super::voice::{Ticket, Voice};
use super::{Card, Display, Said, asking, program, sign_in};

/// What may be said before the app listens; more has to wait.
const UNHEARD: usize = 16;

/// How long taking everything off the desktop may take when the daemon ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is shown and what runs. Owned by the app; everything takes place in tasks.
#[derive(Debug)]
pub(crate) struct Desktop {
    shown: HashMap<QuestionId, Shown>,
    programs: HashMap<QuestionId, Running>,
    tasks: JoinSet<()>,
    tickets: u64,
    tell: mpsc::Sender<(QuestionId, Ticket, Said)>,
    said: mpsc::Receiver<(QuestionId, Ticket, Said)>,
}

/// A question on the desktop. Dropping it takes it off.
#[derive(Debug)]
struct Shown {
    ticket: Ticket,
    cards: watch::Sender<Card>,
    /// Something was answered there. Whatever comes next asks again, be it in the same words.
    answered: bool,
}

/// A program that is asked. Dropping it kills it.
#[derive(Debug)]
struct Running {
    ticket: Ticket,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Desktop {
    /// Nothing is connected or started before the first question.
    pub(crate) fn new() -> Self {
        let (tell, said) = mpsc::channel(UNHEARD);
        Self {
            shown: HashMap::new(),
            programs: HashMap::new(),
            tasks: JoinSet::new(),
            tickets: 0,
            tell,
            said,
        }
    }

    /// Asks on the desktop, or brings what is shown for the same question up to date. Needs a running runtime.
    pub(crate) fn show(&mut self, card: Card) {
        let question = card.question;
        // An open dialog stays for whoever else waits at the same desktop.
        if let Some(Shown { cards, answered, .. }) = self.shown.get_mut(&question)
            && cards.borrow().display.desktop() == card.display.desktop()
        {
            let is_asked_again = mem::take(answered);
            cards.send_if_modified(|current| {
                let differs = *current != card;
                *current = card;
                differs || is_asked_again
            });
            return;
        }
        let voice = self.voice(question);
        let ticket = voice.ticket;
        let (cards, updates) = watch::channel(card);
        self.tasks.spawn(asking::ask(updates, voice));
        self.shown.insert(question, Shown { ticket, cards, answered: false });
    }

    /// Asks a program, already split into words, that prints the code. Needs a running runtime.
    pub(crate) fn run(&mut self, question: QuestionId, words: Arc<[String]>, display: Display) {
        let voice = self.voice(question);
        let ticket = voice.ticket;
        let task = self.tasks.spawn(program::run(words, display, voice));
        self.programs.insert(question, Running { ticket, task });
    }

    /// Runs the command that signs in. Needs a running runtime.
    pub(crate) fn sign_in(&mut self, run: QuestionId, command: Command, display: Display) {
        let voice = self.voice(run);
        let ticket = voice.ticket;
        let task = self.tasks.spawn(sign_in::run(command, display, voice));
        self.programs.insert(run, Running { ticket, task });
    }

    /// The question needs no answer here any more: notification and dialog go, and nothing they say is reported from now
    /// on.
    pub(crate) fn withdraw(&mut self, question: QuestionId) {
        self.shown.remove(&question);
    }

    /// What the program does is not needed any more: it is killed, and nothing is reported of it from now on.
    pub(crate) fn stop(&mut self, question: QuestionId) {
        self.programs.remove(&question);
    }

    /// Waits for the next thing that is said. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Said {
        loop {
            tokio::select! {
                Some((question, ticket, said)) = self.said.recv() => if self.is_current(question, ticket) {
                    self.note(question, &said);
                    return said;
                },
                // What a task panicked with is not logged: it may hold a code.
                Some(ended) = self.tasks.join_next() => if ended.is_err_and(|error| error.is_panic()) {
                    error!("a question was lost to a mistake in awsd");
                },
            }
        }
    }

    /// What is said changes what is shown.
    fn note(&mut self, question: QuestionId, said: &Said) {
        match said {
            Said::Code { .. } | Said::NotNow(_) => {
                if let Some(shown) = self.shown.get_mut(&question) {
                    shown.answered = true;
                }
            }
            // Whoever hears this counts on nothing being there any more, and says no more of the question.
            Said::Unreachable { why, .. } => {
                info!(why, "the desktop cannot ask");
                self.shown.remove(&question);
            }
            // It has ended, so that its number is not needed any more.
            Said::SignedIn { .. } => drop(self.programs.remove(&question)),
            Said::ProgramCode { .. }
            | Said::ProgramSlow { .. }
            | Said::ProgramFailed { .. }
            | Said::Shown(..)
            | Said::PutAside(_)
            | Said::Offer { .. } => {}
        }
    }

    /// Takes everything off the desktop.
    pub(crate) async fn farewell(mut self) {
        self.shown.clear();
        self.programs.clear();
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        // A server that does not answer is left.
        let _left = timeout(FAREWELL, all_ended).await;
    }

    fn voice(&mut self, question: QuestionId) -> Voice {
        self.tickets += 1;
        Voice { question, ticket: Ticket(self.tickets), tell: self.tell.clone() }
    }

    fn is_current(&self, question: QuestionId, ticket: Ticket) -> bool {
        self.shown.get(&question).is_some_and(|shown| shown.ticket == ticket)
            || self.programs.get(&question).is_some_and(|running| running.ticket == ticket)
    }
}
