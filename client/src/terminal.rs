//! Asking at the terminal, for a code or for one device of several, while waiting for the daemon.
//!
//! Always on the controlling terminal, never on stdin or stdout: those belong to the command. One client prompts per
//! terminal, however many wait, and only one that the terminal listens to (the foreground process group). Nothing here
//! happens until a question is open; from then on the terminal must be left as it was found, whatever happens.

mod asked;
mod pick;
mod prompt;
mod signals;
mod turn;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use awsd_proto::Answer;
use awsd_proto::endpoint::Endpoint;
use rustix::fs::{Mode, OFlags};

use crate::connect::Connection;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::poll::any_readable;
pub(crate) use asked::Asked;
pub(crate) use pick::pick;
use prompt::{Input, Prompt};
use turn::Turn;

/// How often a client that may not prompt looks whether it may now: the one that prompted was stopped or ended, or this
/// one came to the foreground. Nothing tells us of either.
const RECHECK: Duration = Duration::from_millis(200);

/// What ended a wait.
pub(crate) enum Wake {
    /// The daemon sent something, or closed the connection.
    Daemon,
    /// The person answered.
    Answered(Answer),
}

/// Asks the questions of one request at the controlling terminal.
pub(crate) struct Asker {
    tty: Rc<OwnedFd>,
    lock_directory: PathBuf,
    open: Option<Open>,
}

/// A question that waits for an answer.
struct Open {
    asked: Asked,
    /// Why it is asked again, until it has been shown.
    reason: Option<String>,
    /// An answer was typed here; the daemon has not judged it yet.
    sent: bool,
    /// The person was told, because this client may not prompt.
    told: bool,
    // Dropped in this order: the terminal is restored before another client may prompt on it.
    prompt: Option<Prompt>,
    /// Held while this client is the one that prompts on this terminal.
    turn: Option<Turn>,
}

impl Asker {
    /// An asker, if this process has a terminal.
    pub(crate) fn open(endpoint: &Endpoint) -> Option<Self> {
        let tty = controlling_terminal()?;
        Some(Self { tty: Rc::new(tty), lock_directory: endpoint.directory().to_owned(), open: None })
    }

    /// The daemon asks, or asks again, or tells more about its question.
    pub(crate) fn asked(&mut self, asked: Asked) {
        let Some(open) = self.open.as_mut().filter(|open| open.asked.id() == asked.id()) else {
            let reason = asked.reason().cloned();
            self.open = Some(Open { asked, reason, sent: false, told: false, prompt: None, turn: None });
            return;
        };
        let reason = asked.reason();
        let again = reason.is_some() && (open.sent || reason != open.asked.reason());
        let judged = open.asked.verifying() && !asked.verifying();
        if again {
            open.reason = reason.cloned();
        }
        if again || judged {
            open.sent = false;
        }
        if again || asked.verifying() {
            open.withdraw();
        }
        if asked.verifying() {
            // From now on no other client wants to prompt either.
            open.turn = None;
        }
        open.asked = asked;
        if let Some(prompt) = &mut open.prompt {
            prompt.reword(&open.asked.words());
        }
    }

    /// The question needs no answer from here any more.
    pub(crate) fn answered(&mut self, question: u64) {
        self.open.take_if(|open| open.asked.id() == question);
    }

    /// Waits for the daemon, and for the person where a question is open and this client may ask it.
    pub(crate) fn wait(&mut self, daemon: &Connection) -> Result<Wake, Failure> {
        let Some(open) = &mut self.open else { return Ok(Wake::Daemon) };
        loop {
            if open.sent || open.asked.verifying() {
                return Ok(Wake::Daemon);
            }
            if open.prompt.is_none() {
                open.try_prompt(&self.tty, &self.lock_directory)?;
            }
            let Some(prompt) = &mut open.prompt else {
                if any_readable([daemon.as_fd()], Some(RECHECK)) == [true] {
                    return Ok(Wake::Daemon);
                }
                continue;
            };
            match prompt.wait(Some(daemon.as_fd())) {
                Input::Elsewhere => return Ok(Wake::Daemon),
                Input::Nothing => {}
                // If a signal lets it go on, it asks again.
                Input::Interrupted => open.leave(),
                Input::Line(line) => match open.asked.answer(line) {
                    Err(reason) => {
                        open.leave();
                        open.reason = Some(reason);
                    }
                    Ok(answer) => {
                        open.leave_with_answer();
                        open.sent = true;
                        return Ok(Wake::Answered(answer));
                    }
                },
                Input::Ended => {
                    open.leave();
                    return Err(given_up(&open.asked));
                }
            }
        }
    }
}

impl Open {
    /// Ends the prompt: first the terminal, then the turn, so that another client may prompt; last the signals that came
    /// meanwhile, which may stop this process or end it.
    fn leave(&mut self) {
        if let Some(prompt) = &mut self.prompt {
            prompt.restore();
        }
        self.turn = None;
        self.prompt = None;
    }

    /// The same for a prompt that was answered, but the turn stays here until the daemon says that it has the answer: the
    /// other clients do not know of it yet.
    fn leave_with_answer(&mut self) {
        if let Some(mut prompt) = self.prompt.take() {
            prompt.restore();
        }
    }

    /// Takes the prompt from the terminal as if it had not been there.
    fn withdraw(&mut self) {
        if let Some(mut prompt) = self.prompt.take() {
            prompt.erase();
        }
    }

    fn try_prompt(&mut self, tty: &Rc<OwnedFd>, lock_directory: &Path) -> Result<(), Failure> {
        if !in_foreground(tty) {
            self.turn = None;
            self.tell();
            return Ok(());
        }
        if self.turn.is_none() {
            self.turn = Turn::take(tty, lock_directory)?;
        }
        if self.turn.is_some() {
            let prompt = Prompt::open(tty, self.reason.as_deref(), &self.asked.words()).map_err(unusable)?;
            self.reason = None;
            self.prompt = Some(prompt);
        }
        Ok(())
    }

    /// A job in the background cannot ask, and its person may wonder why it waits.
    fn tell(&mut self) {
        if self.told {
            return;
        }
        self.told = true;
        signals::without_being_stopped(|| {
            output::complain(&format_args!("awsd: {}", self.asked.elsewhere()));
        });
    }
}

/// The daemon needs nothing from here any more: whatever it says next stands where the prompt was.
impl Drop for Open {
    fn drop(&mut self) {
        self.withdraw();
    }
}

fn controlling_terminal() -> Option<OwnedFd> {
    // Non-blocking: another reader may take the line between `poll` and `read`.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    rustix::fs::open("/dev/tty", flags, Mode::empty()).ok()
}

/// Whether this process has a terminal at all.
pub(crate) fn is_there() -> bool {
    controlling_terminal().is_some()
}

#[allow(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn unusable(error: io::Error) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("the terminal cannot be used to ask: {error}"),
        "name the profile, give the code with --code CODE, and name the device with mfa_serial in the profile",
    )
}

/// Whether the terminal listens to this process.
fn in_foreground(tty: &impl AsFd) -> bool {
    rustix::termios::tcgetpgrp(tty).is_ok_and(|foreground| foreground == rustix::process::getpgrp())
}

/// Ctrl-D, or the terminal is gone.
fn given_up(asked: &Asked) -> Failure {
    let (sentence, hint) = match asked {
        Asked::Code(_) => (
            "no code was typed",
            "run it again and type the six digits that the MFA device shows, or give them with --code CODE",
        ),
        Asked::Device(_) => (
            "no MFA device was chosen",
            "run it again and type its number, or add the line mfa_serial = ARN to the profile",
        ),
    };
    Failure::new(Exit::PersonNeeded, sentence, hint)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use awsd_proto::Question;

    use super::*;

    /// An asker whose terminal never listens to it, so that no prompt is opened.
    fn asker() -> Asker {
        let tty = File::open("/dev/null").unwrap();
        Asker { tty: Rc::new(tty.into()), lock_directory: PathBuf::new(), open: None }
    }

    fn question(id: u64, reason: Option<&str>, verifying: bool) -> Asked {
        Asked::Code(Question {
            id,
            device: "arn:aws:iam::123456789012:mfa/alice".to_owned(),
            user: "alice".to_owned(),
            profile: "dev".to_owned(),
            caller: awsd_proto::Caller::default(),
            waiting: 1,
            age: 0,
            reason: reason.map(ToOwned::to_owned),
            verifying,
            on_desktop: false,
        })
    }

    fn on_desktop(asked: Asked) -> Asked {
        match asked {
            Asked::Code(question) => Asked::Code(Question { on_desktop: true, ..question }),
            Asked::Device(choice) => Asked::Device(choice),
        }
    }

    /// Asks once, types a code, and then hears `next`: is the person asked again?
    fn asked_again(next: &[Asked]) -> bool {
        let mut asker = asker();
        asker.asked(question(1, None, false));
        asker.open.as_mut().unwrap().sent = true;
        for question in next {
            asker.asked(question.clone());
        }
        let open = asker.open.as_ref().unwrap();
        !open.sent && !open.asked.verifying()
    }

    #[test]
    fn a_typed_code_waits_for_its_verdict() {
        assert!(!asked_again(&[]));
        assert!(!asked_again(&[question(1, None, false)]), "only the number of callers changed");
        assert!(!asked_again(&[on_desktop(question(1, None, false))]), "only where it is asked changed");
        assert!(!asked_again(&[question(1, None, true)]), "it is being checked");
        assert!(asked_again(&[question(1, Some("wrong"), false)]));
        assert!(asked_again(&[question(1, None, true), question(1, None, false)]));
        assert!(asked_again(&[question(2, None, false)]), "another question");
    }

    #[test]
    fn a_reason_is_shown_once_and_again_when_the_next_code_is_refused_for_the_same() {
        let mut asker = asker();
        asker.asked(question(1, Some("wrong"), false));
        assert_eq!(asker.open.as_mut().unwrap().reason.take().as_deref(), Some("wrong"));
        asker.asked(question(1, Some("wrong"), false));
        assert_eq!(asker.open.as_ref().unwrap().reason, None, "nothing new was said");
        asker.open.as_mut().unwrap().sent = true;
        asker.asked(question(1, Some("wrong"), false));
        assert_eq!(asker.open.as_ref().unwrap().reason.as_deref(), Some("wrong"));
    }

    #[test]
    fn only_the_answer_to_the_open_question_closes_it() {
        let mut asker = asker();
        asker.asked(question(1, None, false));
        asker.answered(2);
        assert!(asker.open.is_some());
        asker.answered(1);
        assert!(asker.open.is_none());
    }
}
