//! Asks with a program that shows one box, prints what was typed into it, and tells by its exit code what happened.

use std::ffi::OsStr;
use std::io;

use secrecy::SecretString;

use super::super::child::{Child, Output, command};
use super::{End, OPEN, Request};

/// One of these programs.
pub(super) struct Box {
    name: &'static str,
    arguments: fn(&Request) -> Vec<String>,
    /// What its exit codes mean, after 0 for a code and 1 for "Cancel".
    timed_out: Option<i32>,
}

/// GNOME's. It reads backslashes in the text, and takes an underscore for the mark of a shortcut.
pub(super) const ZENITY: Box = Box {
    name: "zenity",
    arguments: |request| {
        vec![
            "--entry".to_owned(),
            format!("--title={}", request.title),
            format!("--text={}", shown(request).replace('\\', "\\\\").replace('_', "__")),
            format!("--cancel-label={}", request.cancel),
            format!("--timeout={}", OPEN.as_secs()),
        ]
    },
    timed_out: Some(5),
};

/// KDE's. It reads backslashes in the text, and takes for HTML what looks like it; it cannot be told not to.
pub(super) const KDIALOG: Box = Box {
    name: "kdialog",
    arguments: |request| {
        let text = shown(request).replace('\\', "\\\\").replace('<', "‹").replace('>', "›");
        vec!["--title".to_owned(), request.title.clone(), "--inputbox".to_owned(), text, String::new()]
    },
    timed_out: None,
};

/// Neither has a place of its own for an error.
fn shown(request: &Request) -> String {
    match &request.error {
        Some(error) => format!("{error}\n\n{}", request.text()),
        None => request.text(),
    }
}

/// Asks; a program that is not there, or shows no window, is unusable.
pub(super) async fn ask(tool: &Box, request: &Request) -> End {
    let mut command = command(OsStr::new(tool.name), &request.display);
    command.args((tool.arguments)(request));
    match Child::output(command).await {
        Ok(output) => tool.end(&output),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            End::Unusable(format!("{} is not installed", tool.name))
        }
        Err(error) => End::Unusable(format!("{} does not start ({error})", tool.name)),
    }
}

impl Box {
    fn end(&self, output: &Output) -> End {
        let Output { status, stdout, stderr } = output;
        match status.code() {
            Some(0) => match std::str::from_utf8(stdout) {
                Ok(text) => End::Code(SecretString::from(text.trim_end_matches('\n'))),
                Err(_) => End::Unusable(format!("{} printed something that is not text", self.name)),
            },
            // GTK's own complaint has the same exit code as "Cancel".
            Some(1) if !String::from_utf8_lossy(stderr).contains("open display") => End::Cancelled,
            code if code.is_some() && code == self.timed_out => End::Closed,
            _ => End::Unusable(format!("{} shows no window ({status})", self.name)),
        }
    }
}
