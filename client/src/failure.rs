//! How a command fails: one sentence, a next step, and the exit code that follows from the reason.

use std::fmt;
use std::process::ExitCode;

use awsd_proto::{Error, ErrorCode};

use crate::render::text::safe;

/// The exit codes of `awsd` itself. They are a contract (the long help lists them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Refused or failed.
    Failed = 1,
    /// The daemon cannot be reached or started.
    Unreachable = 2,
    /// The command line (or the environment) makes no sense.
    Usage = 64,
    /// A person must act first: a code, a sign-in, or the end of a waiting time.
    PersonNeeded = 75,
    /// `exec`: the command is there and cannot be executed.
    NotExecutable = 126,
    /// `exec`: there is no such command.
    NotFound = 127,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<ErrorCode> for Exit {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::CodeRequired
            | ErrorCode::WrongCode
            | ErrorCode::SpentCode
            | ErrorCode::TooManyTries
            | ErrorCode::NotNow
            | ErrorCode::SourceExpired => Self::PersonNeeded,
            ErrorCode::Unavailable => Self::Unreachable,
            _ => Self::Failed,
        }
    }
}

/// A command that did not succeed. Never contains a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What happened and why.
    pub(crate) sentence: String,
    /// What to do or type next; nothing where the sentence says it already.
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into(), hint: Some(hint.into()) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { exit: error.error.into(), sentence: error.sentence, hint: error.hint }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "awsd: {}", safe(&self.sentence))?;
        // A hint may be several lines (an edit to make), each indented.
        for line in self.hint.iter().flat_map(|hint| hint.lines()) {
            let indent = if line.is_empty() { "" } else { "  " };
            write!(f, "\n{indent}{}", safe(line))?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_mend_is_75() {
        for code in [
            ErrorCode::CodeRequired,
            ErrorCode::WrongCode,
            ErrorCode::SpentCode,
            ErrorCode::TooManyTries,
            ErrorCode::NotNow,
            ErrorCode::SourceExpired,
        ] {
            assert_eq!(Exit::from(code), Exit::PersonNeeded, "{code:?}");
        }
        assert_eq!(Exit::from(ErrorCode::Unavailable), Exit::Unreachable);
        for code in
            [ErrorCode::UnknownProfile, ErrorCode::AccessDenied, ErrorCode::NoQuestion, ErrorCode::LoggedOut]
        {
            assert_eq!(Exit::from(code), Exit::Failed, "{code:?}");
        }
    }

    #[test]
    fn the_numbers_are_a_contract() {
        let numbers = [Exit::Done, Exit::Failed, Exit::Unreachable, Exit::Usage, Exit::PersonNeeded]
            .map(|exit| exit as u8);
        assert_eq!(numbers, [0, 1, 2, 64, 75]);
        assert_eq!([Exit::NotExecutable as u8, Exit::NotFound as u8], [126, 127]);
    }

    #[test]
    fn a_failure_is_a_sentence_and_an_indented_hint_without_control_characters() {
        let failure = Failure::new(Exit::Failed, "no profile \x1b[2Jx", "add:\nmfa_serial = …");
        assert_eq!(failure.to_string(), "awsd: no profile \u{fffd}[2Jx\n  add:\n  mfa_serial = …");
    }
}
