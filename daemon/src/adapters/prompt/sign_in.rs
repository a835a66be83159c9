//! Runs the command with which a person signs in: `saml2aws login`, for example, which writes new keys into their file.
//!
//! No shell is involved, and nothing of it is connected to awsd: it asks on the person's desktop, in a browser or a dialog
//! of its own. What it prints is nobody's business, but for the last line of its complaint if it fails.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use awsd_core::event::Command;
use tokio::time::timeout;

use super::program::{last_line, name};
use super::voice::Voice;
use super::{Display, Said};
use crate::child::{self, Child, Excess};

/// How long it may take: a person has to find the browser, a password and a second factor. AWS's own sign-in page gives
/// up after as long.
const LIMIT: Duration = Duration::from_mins(10);

/// Runs it and reports. Dropping the future kills it and what it has started.
pub(super) async fn run(command: Command, display: Display, voice: Voice) {
    let question = voice.question;
    let ended = timeout(LIMIT, execute(&command, &display)).await;
    let result = ended.unwrap_or_else(|_| Err(format!("was stopped after {} minutes", LIMIT.as_secs() / 60)));
    let result = result.map_err(|why| format!("{} {why}", name(&command.words)));
    voice.say(Said::SignedIn { question, result }).await;
}

/// What it says of a command that fails goes on after the program's name.
async fn execute(command: &Command, display: &Display) -> Result<(), String> {
    let Some((program, arguments)) = command.words.split_first() else {
        return Err("has no name".to_owned());
    };
    let mut child = child::command(OsStr::new(program), display);
    child.args(arguments).envs(command.variables.iter());
    match Child::output(child, 0, Excess::Ignored).await {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(match last_line(&output.stderr) {
            Some(complaint) => format!("failed ({}): {complaint}", output.status),
            None => format!("failed ({}) and did not say why", output.status),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("is not installed".to_owned()),
        Err(error) => Err(format!("does not start ({error})")),
    }
}
