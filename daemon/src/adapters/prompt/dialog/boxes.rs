//! Asks with a program that shows one box, prints what was typed into it, and tells by its exit code what happened.

use std::ffi::OsStr;
use std::io;

use secrecy::SecretString;

use super::{End, OPEN, Request};
use crate::child::{Child, Excess, Output, command};

/// The most that is kept of what a box prints, in bytes. A code has six digits; more is no code.
const MAX_OUTPUT: u64 = 4096;

/// One of these programs.
pub(super) struct Box {
    pub(super) name: &'static str,
    pub(super) arguments: fn(&Request) -> Vec<String>,
    /// Variables that it gets beside those of the person's environment.
    pub(super) variables: fn(&Request) -> Vec<(&'static str, String)>,
    /// What another exit code than 0 means, beside what was complained about.
    pub(super) failure: fn(Option<i32>, &str) -> Failure,
}

/// How a program ended that gives no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The person closed it.
    Cancelled,
    /// Nobody typed anything.
    TimedOut,
    /// It has shown nothing.
    NoWindow,
}

/// The exit code that zenity is told to use where the person closes it. Its own is 1, which is also that of a screen that is
/// not there, or not any more.
const ZENITY_CANCELLED: i32 = 10;

/// What Qt complains about when the screen goes under its windows, before it ends with 1.
const QT_SCREEN_GONE: &str = "connection broke";

/// GNOME's. It reads backslashes in the text, and takes an underscore for the mark of a shortcut.
pub(super) const ZENITY: Box = Box {
    name: "zenity",
    arguments: |request| {
        vec![
            "--entry".to_owned(),
            format!("--title={}", request.title),
            format!("--text={}", request.text_with_error().replace('\\', "\\\\").replace('_', "__")),
            format!("--cancel-label={}", request.cancel),
            format!("--timeout={}", OPEN.as_secs()),
        ]
    },
    variables: |_| {
        let code = ZENITY_CANCELLED.to_string();
        vec![("ZENITY_CANCEL", code.clone()), ("ZENITY_ESC", code)]
    },
    failure: |code, _| match code {
        Some(ZENITY_CANCELLED) => Failure::Cancelled,
        Some(5) => Failure::TimedOut,
        _ => Failure::NoWindow,
    },
};

/// KDE's. It reads backslashes in the text, takes an ampersand for the mark of a shortcut, and takes for HTML what looks like
/// it; it cannot be told not to.
pub(super) const KDIALOG: Box = Box {
    name: "kdialog",
    arguments: |request| {
        let text = request.text_with_error().replace('\\', "\\\\").replace('&', "&&");
        let text = text.replace('<', "‹").replace('>', "›");
        vec!["--title".to_owned(), request.title.clone(), "--inputbox".to_owned(), text, String::new()]
    },
    variables: |_| Vec::new(),
    failure: |code, complaint| match code {
        Some(1) if !complaint.contains(QT_SCREEN_GONE) => Failure::Cancelled,
        _ => Failure::NoWindow,
    },
};

/// Asks; a program that is not there, or shows no window, is unusable.
pub(super) async fn ask(tool: &Box, request: &Request) -> End {
    let mut command = command(OsStr::new(tool.name), &request.display);
    command.args((tool.arguments)(request)).envs((tool.variables)(request));
    match Child::output(command, MAX_OUTPUT, Excess::Ignored).await {
        Ok(output) => tool.end(&output),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            End::Unusable(format!("{} is not installed", tool.name))
        }
        Err(error) => End::Unusable(format!("{} does not start ({error})", tool.name)),
    }
}

impl Box {
    pub(super) fn end(&self, output: &Output) -> End {
        let Output { status, stdout, stderr } = output;
        if status.success() {
            return match std::str::from_utf8(stdout) {
                Ok(text) => End::Code(SecretString::from(text.trim_end_matches(['\r', '\n']))),
                Err(_) => End::Unusable(format!("{} printed something that is not text", self.name)),
            };
        }
        match (self.failure)(status.code(), &String::from_utf8_lossy(stderr)) {
            Failure::Cancelled => End::Cancelled,
            Failure::TimedOut => End::Closed,
            Failure::NoWindow => End::Unusable(format!("{} shows no window ({status})", self.name)),
        }
    }
}
