//! Something about the files that a person should know.

use crate::config_file::{Origin, Problem};

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something does not work.
    Error,
    /// Something works otherwise than it looks.
    Warning,
}

/// What is wrong, why it matters, what mends it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// For programs.
    pub code: &'static str,
    /// What is wrong: one sentence.
    pub sentence: String,
    /// Why it matters: one sentence.
    pub reason: String,
    /// What to write instead, or to type.
    pub fix: String,
    /// Where; none for the environment.
    pub origin: Option<Origin>,
}

impl Finding {
    pub(super) fn warning(
        code: &'static str,
        origin: &Origin,
        sentence: String,
        reason: &str,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            code,
            sentence,
            reason: reason.to_owned(),
            fix: fix.into(),
            origin: Some(origin.clone()),
        }
    }

    /// The path of the file.
    pub fn file(&self) -> Option<&str> {
        self.origin.as_ref().map(|origin| &*origin.file)
    }

    /// The line, counted from 1; none where the file as a whole is meant.
    pub fn line(&self) -> Option<u32> {
        self.origin.as_ref().map(|origin| origin.line).filter(|&line| line > 0)
    }
}

impl From<&Problem> for Finding {
    fn from(problem: &Problem) -> Self {
        let kind = &problem.kind;
        Self {
            severity: if kind.spoils() { Severity::Error } else { Severity::Warning },
            code: kind.code(),
            sentence: kind.sentence(),
            reason: kind.reason().to_owned(),
            fix: kind.fix().to_owned(),
            origin: Some(problem.origin.clone()),
        }
    }
}
