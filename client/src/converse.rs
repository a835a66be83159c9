//! A request from its start to its final line: events on the way, questions answered, one second try.

use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use awsd_proto::{Event, Reply, Request, ServerLine, duration};

use crate::connect::{self, Connection};
use crate::daemon_process;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::poll::readable;
use crate::render::text::safe;
use crate::terminal::{Asked, Asker, Wake};

/// Asks the daemon, which is started if it is not running. Rows go to `row` as they come.
pub(crate) fn ask(
    request: &Request,
    mut asker: Option<Asker>,
    mut row: impl FnMut(Event),
) -> Result<Reply, Failure> {
    let endpoint = connect::endpoint()?;
    let mut connection = daemon_process::connect_or_start(&endpoint)?;
    match converse(&mut connection, request, asker.as_mut(), &mut row) {
        // The daemon was ending just then. AWS may be called twice, but no code is spent twice.
        Err(Interruption::Gone { anything_said: false }) if repeatable(request) => {
            let mut connection = daemon_process::connect_or_start(&endpoint)?;
            converse(&mut connection, request, asker.as_mut(), &mut row).map_err(Into::into)
        }
        result => result.map_err(Into::into),
    }
}

/// Asks the daemon if it is running. `None` means that it is not.
pub(crate) fn ask_if_running(
    request: &Request,
    mut row: impl FnMut(Event),
) -> Result<Option<Reply>, Failure> {
    let Some(mut connection) = Connection::open(&connect::endpoint()?)? else { return Ok(None) };
    converse(&mut connection, request, None, &mut row).map(Some).map_err(Into::into)
}

/// A code that the ended daemon may have used must not be sent to the next one.
fn repeatable(request: &Request) -> bool {
    match request {
        Request::Credentials(request) => request.prompting.code.is_none(),
        Request::Login(login) => login.prompting.code.is_none(),
        Request::Mfa { .. } | Request::Stop => false,
        _ => true,
    }
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum Interruption {
    /// The daemon closed the connection.
    Gone {
        /// Whether a line had come from it.
        anything_said: bool,
    },
    /// The daemon says nothing, although it has nothing to wait for.
    Silent,
    /// Anything else, an error from the daemon included.
    Failure(Failure),
}

impl From<Failure> for Interruption {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Interruption> for Failure {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::Gone { .. } => Failure::new(
                Exit::Unreachable,
                "the daemon ended before it answered",
                "try again; if it happens twice, see: awsd daemon logs",
            ),
            Interruption::Silent => Failure::new(
                Exit::Unreachable,
                format!("the daemon has not answered for {}", duration::format(SILENCE)),
                "restart it with: awsd daemon restart",
            ),
            Interruption::Failure(failure) => failure,
        }
    }
}

/// How long the daemon may take for what it does by itself. It takes milliseconds.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);

/// How long the daemon may say nothing; none where it waits for a person or for AWS, and has limits of its own.
fn patience(request: &Request) -> Option<Duration> {
    match request {
        Request::Credentials(_) | Request::Login(_) | Request::Mfa { .. } | Request::PromptTest { .. } => {
            None
        }
        Request::Logout { .. }
        | Request::Questions
        | Request::List { .. }
        | Request::Status
        | Request::Config
        | Request::Doctor { .. }
        | Request::Stop => Some(SILENCE),
    }
}

/// Sends a request and follows it to its end.
pub(crate) fn converse(
    connection: &mut Connection,
    request: &Request,
    asker: Option<&mut Asker>,
    row: &mut dyn FnMut(Event),
) -> Result<Reply, Interruption> {
    send(connection.request(request), false)?;
    follow(connection, patience(request), asker, row)
}

fn follow(
    connection: &mut Connection,
    patience: Option<Duration>,
    mut asker: Option<&mut Asker>,
    row: &mut dyn FnMut(Event),
) -> Result<Reply, Interruption> {
    let mut anything_said = false;
    loop {
        while let Some(line) = connection.received_line()? {
            anything_said = true;
            match (line, &mut asker) {
                (ServerLine::Reply(reply), _) => return Ok(reply.body),
                (ServerLine::Error(error), _) => return Err(Failure::from(error.body).into()),
                (ServerLine::Event(Event::Question(question)), Some(asker)) => {
                    asker.asked(Asked::Code(question));
                }
                (ServerLine::Event(Event::Choice(choice)), Some(asker)) => asker.asked(Asked::Device(choice)),
                (ServerLine::Event(Event::Answered { question }), Some(asker)) => asker.answered(question),
                (ServerLine::Event(Event::Progress { text }), Some(_)) => {
                    output::complain(&format_args!("awsd: {}", safe(&text)));
                }
                (ServerLine::Event(event), _) => row(event),
            }
        }
        let wake = match (&mut asker, patience) {
            (Some(asker), _) => asker.wait(connection)?,
            (None, Some(limit)) if !readable(connection.as_fd(), limit) => return Err(Interruption::Silent),
            (None, _) => Wake::Daemon,
        };
        match wake {
            Wake::Daemon => match connection.receive() {
                Ok(true) => {}
                Ok(false) => return Err(Interruption::Gone { anything_said }),
                Err(error) => return Err(lost(&error, anything_said)),
            },
            Wake::Answered(answer) => send(connection.send(&answer), anything_said)?,
        }
    }
}

/// A daemon that refuses a request may close its end before it has read everything; its reason is then still there to be
/// read, so a broken pipe is not yet the end.
fn send(result: io::Result<()>, anything_said: bool) -> Result<(), Interruption> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(lost(&error, anything_said)),
        _ => Ok(()),
    }
}

fn lost(error: &io::Error, anything_said: bool) -> Interruption {
    if error.kind() == io::ErrorKind::ConnectionReset {
        return Interruption::Gone { anything_said };
    }
    Interruption::Failure(Failure::new(
        Exit::Unreachable,
        format!("the connection to the daemon failed: {error}"),
        "try again; if it happens twice, see: awsd daemon logs",
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use awsd_proto::{Prompting, Secret};

    use super::*;
    use crate::connect::tests::pair;

    /// What becomes of a request when the daemon says these lines and closes the connection, and the rows on the way.
    fn told(lines: &str) -> (Result<Reply, Interruption>, usize) {
        let (mut connection, mut daemon) = pair();
        daemon.write_all(lines.as_bytes()).unwrap();
        drop(daemon);
        let mut rows = 0;
        let result = converse(&mut connection, &Request::Config, None, &mut |_| rows += 1);
        (result, rows)
    }

    const ROW: &str = r#"{"event":"setting","key":"a","value":"1","origin":"built in"}"#;

    #[test]
    fn rows_come_before_the_reply() {
        let (result, rows) =
            told(&format!("{ROW}\n{ROW}\n{{\"protocol\":1,\"version\":\"1\",\"reply\":\"done\"}}\n"));
        assert!(matches!(result, Ok(Reply::Done { .. })));
        assert_eq!(rows, 2);
    }

    #[test]
    fn an_error_of_the_daemon_is_passed_on_with_its_hint() {
        let line = r#"{"protocol":9,"version":"9","error":"version-mismatch","sentence":"old","hint":"new"}"#;
        let (Err(Interruption::Failure(failure)), _) = told(&format!("{line}\n")) else {
            panic!("no failure")
        };
        assert_eq!(failure, Failure::new(Exit::Failed, "old", "new"));
    }

    #[test]
    fn only_a_daemon_that_said_nothing_is_asked_a_second_time() {
        assert!(matches!(told("").0, Err(Interruption::Gone { anything_said: false })));
        assert!(matches!(told(&format!("{ROW}\n")).0, Err(Interruption::Gone { anything_said: true })));
    }

    #[test]
    fn a_daemon_that_says_nothing_is_given_up() {
        let (mut connection, _silent) = pair();
        let result = follow(&mut connection, Some(Duration::ZERO), None, &mut drop);
        assert!(matches!(result, Err(Interruption::Silent)));
        let failure = Failure::from(Interruption::Silent);
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.hint.unwrap().contains("awsd daemon restart"));
    }

    #[test]
    fn only_what_waits_for_a_person_or_for_aws_may_take_its_time() {
        let mfa = Request::Mfa { code: Secret::new("123456"), profile: None };
        assert_eq!(patience(&mfa), None);
        assert_eq!(patience(&Request::PromptTest { prompting: Box::default() }), None);
        for request in [Request::Status, Request::Config, Request::Questions, Request::Stop] {
            assert_eq!(patience(&request), Some(SILENCE));
        }
    }

    #[test]
    fn a_code_is_never_sent_twice() {
        let login = |code| {
            let prompting = Prompting { code, ..Prompting::default() };
            let login = awsd_proto::Login {
                profile: "dev".to_owned(),
                context: awsd_proto::Context::default(),
                prompting,
            };
            Request::Login(Box::new(login))
        };
        assert!(repeatable(&login(None)));
        assert!(!repeatable(&login(Some(Secret::new("123456")))));
        assert!(!repeatable(&Request::Mfa { code: Secret::new("123456"), profile: None }));
    }
}
