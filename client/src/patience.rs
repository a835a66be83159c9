//! How long the daemon may say nothing.
//!
//! A daemon that was stopped, or hangs, still has its socket: without a limit whoever asks it would wait for ever. For what it
//! does by itself a short limit will do. Where it waits for a person or for AWS, silence alone proves nothing, and how long it
//! waits is its own affair (it depends on settings that only it knows); so it is asked on another connection whether it
//! lives. It must never be taken for dead while it answers there.

use std::os::fd::AsFd as _;
use std::time::Duration;

use awsd_proto::endpoint::Endpoint;
use awsd_proto::{Request, duration, lock};

use crate::connect::Connection;
use crate::failure::{Exit, Failure};
use crate::poll::readable;

/// How long the daemon may take for what it does by itself. It takes milliseconds.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);

/// How long somebody waits who does not need to know: as long as a person hardly notices.
const BRIEF: Duration = Duration::from_millis(100);

/// How long one call to AWS may take: the limit that the daemon sets itself. Before that nobody wonders.
const AWS: Duration = Duration::from_secs(30);

/// How long the daemon may say nothing, and what then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    limit: Duration,
    /// It may have something to wait for: whether it lives is asked before it is given up.
    may_wait: bool,
}

impl Patience {
    /// With the daemon's answer to this request.
    pub(crate) fn with(request: &Request) -> Self {
        match request {
            Request::Credentials(_)
            | Request::Login(_)
            | Request::Console(_)
            | Request::Mfa { .. }
            | Request::PromptTest { .. } => Self { limit: AWS, may_wait: true },
            Request::Logout { .. }
            | Request::Questions
            | Request::List { .. }
            | Request::Status
            | Request::Config
            | Request::Doctor { .. }
            | Request::ChildFiles { .. }
            | Request::ShellFiles { .. }
            | Request::Serve { .. }
            | Request::Forward(_)
            | Request::Stop => Self { limit: SILENCE, may_wait: false },
        }
    }

    /// With a daemon that had better answer soon: what asks is only a decoration.
    pub(crate) fn brief() -> Self {
        Self { limit: BRIEF, may_wait: false }
    }

    /// Waits until there is something to read on this connection.
    ///
    /// # Errors
    /// The daemon does not live any more, as far as can be told.
    pub(crate) fn wait(self, connection: &Connection) -> Result<(), Failure> {
        while !readable(connection.as_fd(), self.limit) {
            if !self.may_wait {
                return Err(stuck(connection.endpoint(), "has not answered", self.limit));
            }
            // It may have answered just then.
            if !lives(connection.endpoint()) && !readable(connection.as_fd(), Duration::ZERO) {
                return Err(stuck(connection.endpoint(), "has not answered", self.limit + SILENCE));
            }
        }
        Ok(())
    }
}

/// Whether a daemon says anything at all.
fn lives(endpoint: &Endpoint) -> bool {
    let Ok(Some(mut another)) = Connection::open(endpoint) else { return false };
    another.request(&Request::Status).is_ok() && readable(another.as_fd(), SILENCE)
}

/// A stopped process heeds only the signal that it cannot handle, so no command of awsd ends it. To send it is the person's
/// decision.
pub(crate) fn stuck(endpoint: &Endpoint, problem: &str, time: Duration) -> Failure {
    let (process, hint) = match lock::holder(&endpoint.directory().join(lock::DAEMON)) {
        Some(id) => (format!(" (process {id})"), format!("end it with: kill -KILL {id}")),
        None => (String::new(), "find it with: pgrep -l awsd-daemon; end it with: kill -KILL".to_owned()),
    };
    Failure::new(
        Exit::Unreachable,
        format!("the daemon{process} {problem} for {}", duration::format(time)),
        format!("{hint}\nthe next command then starts another one"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use awsd_proto::Secret;

    use super::*;
    use crate::connect::tests::{pair, pair_in};

    #[test]
    fn a_daemon_that_says_nothing_and_has_nothing_to_wait_for_is_given_up() {
        let (connection, _silent) = pair();
        let failure = Patience { limit: Duration::ZERO, may_wait: false }.wait(&connection).unwrap_err();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.hint.unwrap().contains("kill -KILL"));
    }

    #[test]
    fn the_process_to_end_is_named_where_it_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let (connection, ..) = pair_in(directory.path());
        std::fs::write(connection.endpoint().directory().join(lock::DAEMON), "42\n").unwrap();
        let failure = stuck(connection.endpoint(), "has not answered", SILENCE);
        assert_eq!(failure.sentence, "the daemon (process 42) has not answered for 10s");
        assert!(failure.hint.unwrap().starts_with("end it with: kill -KILL 42\n"));
    }

    #[test]
    fn a_daemon_that_may_wait_is_given_up_only_if_nobody_answers_at_its_socket() {
        let patience = Patience { limit: Duration::ZERO, may_wait: true };
        let (connection, _silent) = pair();
        assert_eq!(patience.wait(&connection).unwrap_err().exit, Exit::Unreachable);

        let directory = tempfile::tempdir().unwrap();
        let (connection, mut daemon, listener) = pair_in(directory.path());
        let alive = std::thread::spawn(move || {
            let (mut asked, _) = listener.accept().unwrap();
            asked.write_all(b"here\n").unwrap();
            // It was believed, and is asked again as long as it has no answer.
            let _again = listener.accept().unwrap();
            daemon.write_all(b"and this is the answer\n").unwrap();
            daemon
        });
        patience.wait(&connection).unwrap();
        alive.join().unwrap();
    }

    #[test]
    fn only_what_waits_for_a_person_or_for_aws_may_take_its_time() {
        let mfa = Request::Mfa { code: Secret::new("123456"), profile: None };
        assert!(Patience::with(&mfa).may_wait);
        assert!(Patience::with(&Request::PromptTest { prompting: Box::default() }).may_wait);
        for request in [Request::Status, Request::Config, Request::Questions, Request::Stop] {
            assert_eq!(Patience::with(&request), Patience { limit: SILENCE, may_wait: false });
        }
    }
}
