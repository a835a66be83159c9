//! A request from its start to its final line: events on the way, questions answered, one second try.

use std::io;

use awsd_proto::{Event, Reply, Request, ServerLine};

use crate::connect::{self, Connection};
use crate::daemon_process;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::patience::Patience;
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
            let mut connection = daemon_process::connect_again(&endpoint)?;
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

/// The same for what is only a decoration: it does not wait long, and does without if nothing comes.
pub(crate) fn ask_in_passing(request: &Request, mut row: impl FnMut(Event)) -> Option<Reply> {
    let mut connection = Connection::open(&connect::endpoint().ok()?).ok()??;
    connection.request(request).ok()?;
    follow(&mut connection, Patience::brief(), None, &mut row).ok()
}

/// A code that the ended daemon may have used must not be sent to the next one.
fn repeatable(request: &Request) -> bool {
    match request {
        Request::Credentials(request) => request.prompting.code.is_none(),
        Request::Console(request) => request.credentials.prompting.code.is_none(),
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
            Interruption::Failure(failure) => failure,
        }
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
    follow(connection, Patience::with(request), asker, row)
}

/// Sends a request that stays open, and waits for the first that is said of it.
pub(crate) fn first(connection: &mut Connection, request: &Request) -> Result<Event, Failure> {
    send(connection.request(request), false)?;
    loop {
        match connection.received_line()? {
            Some(ServerLine::Event(event)) => return Ok(event),
            Some(ServerLine::Error(error)) => return Err(error.body.into()),
            Some(ServerLine::Reply(_)) => return Ok(Event::Unknown),
            None => {}
        }
        Patience::with(request).wait(connection)?;
        match connection.receive() {
            Ok(true) => {}
            Ok(false) => return Err(Interruption::Gone { anything_said: false }.into()),
            Err(error) => return Err(lost(&error, false).into()),
        }
    }
}

fn follow(
    connection: &mut Connection,
    patience: Patience,
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
                (ServerLine::Event(Event::Unknown), _) => {}
                (ServerLine::Event(event), _) => row(event),
            }
        }
        let wake = asker.as_mut().map_or(Ok(Wake::Daemon), |asker| asker.wait(connection))?;
        match wake {
            Wake::Daemon => {
                patience.wait(connection)?;
                match connection.receive() {
                    Ok(true) => {}
                    Ok(false) => return Err(Interruption::Gone { anything_said }),
                    Err(error) => return Err(lost(&error, anything_said)),
                }
            }
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
    fn an_event_of_a_newer_daemon_is_ignored() {
        let (result, rows) = told(concat!(
            r#"{"event":"weather","text":"rain","sky":{"blue":false}}"#,
            "\n",
            r#"{"protocol":1,"version":"1","reply":"done"}"#,
            "\n"
        ));
        assert!(matches!(result, Ok(Reply::Done { .. })), "{result:?}");
        assert_eq!(rows, 0);
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
    fn a_code_is_never_sent_twice() {
        let (profile, context) = ("dev".to_owned(), awsd_proto::Context::default());
        let with = |code: Option<&str>| {
            let prompting = Prompting { code: code.map(Secret::new), ..Prompting::default() };
            let (profile, context) = (profile.clone(), context.clone());
            let credentials = awsd_proto::CredentialsRequest {
                profile: profile.clone(),
                purpose: awsd_proto::Purpose::Snapshot,
                duration: None,
                min_ttl: None,
                narrowing: awsd_proto::Narrowing::default(),
                no_session: false,
                context: context.clone(),
                prompting: prompting.clone(),
            };
            let login = awsd_proto::Login { profile, context, prompting };
            [Request::Credentials(Box::new(credentials)), Request::Login(Box::new(login))]
        };
        for request in with(None) {
            assert!(repeatable(&request), "{request:?}");
        }
        for request in with(Some("123456")) {
            assert!(!repeatable(&request), "{request:?}");
        }
        assert!(!repeatable(&Request::Mfa { code: Secret::new("123456"), profile: None }));
    }
}
