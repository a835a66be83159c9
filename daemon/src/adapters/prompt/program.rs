//! Asks a program for the code: `mfa_process`, for example `ykman oath accounts code --single aws`.
//!
//! No shell is involved: the words are the program and its arguments. Its output is the code and goes nowhere else; of its
//! arguments nothing is ever said, because they may hold a secret.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

use super::text::{self, LINE};
use super::voice::Voice;
use super::{Display, Said};
use crate::child::{Child, Excess, Output, command};

/// How long a program may take before it is said that it does: most answer at once, or wait for a touch.
const SLOW: Duration = Duration::from_secs(1);

/// The most that is kept of what a program prints, in bytes. A code has six digits; more is no code.
const MAX_OUTPUT: u64 = 4096;

/// How long a program may take at all. A person must find the key and touch it.
const LIMIT: Duration = Duration::from_mins(1);

/// Runs it and reports. Dropping the future kills it.
pub(super) async fn run(words: Arc<[String]>, display: Display, voice: Voice) {
    let question = voice.question;
    let mut answer = pin!(timeout(LIMIT, ask(&words, &display)));
    let in_time = if let Ok(in_time) = timeout(SLOW, &mut answer).await {
        in_time
    } else {
        voice.say(Said::ProgramSlow { question }).await;
        answer.await
    };
    let said = match in_time.unwrap_or_else(|_| Err(format!("gave no code in {} seconds", LIMIT.as_secs()))) {
        Ok(code) => Said::ProgramCode { question, code },
        Err(why) => Said::ProgramFailed { question, why: format!("{} {why}", name(&words)) },
    };
    voice.say(said).await;
}

/// The program without its path and its arguments, for a sentence that begins with it.
pub(super) fn name(words: &[String]) -> String {
    let program = words.first().map_or("", String::as_str);
    let name = Path::new(program).file_name().and_then(OsStr::to_str).unwrap_or(program);
    format!("the program {}", text::line(name, LINE))
}

/// What it says of a program that gives no code goes on after the program's name.
async fn ask(words: &[String], display: &Display) -> Result<SecretString, String> {
    let Some((program, arguments)) = words.split_first() else { return Err("has no name".to_owned()) };
    let mut command = command(OsStr::new(program), display);
    command.args(arguments);
    match Child::output(command, MAX_OUTPUT, Excess::Ignored).await {
        Ok(output) => code(&output),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("is not installed".to_owned()),
        Err(error) => Err(format!("does not start ({error})")),
    }
}

fn code(output: &Output) -> Result<SecretString, String> {
    let Output { status, stdout, stderr } = output;
    if !status.success() {
        return Err(match last_line(stderr) {
            Some(complaint) => format!("failed ({status}): {complaint}"),
            None => format!("failed ({status}) and did not say why"),
        });
    }
    match std::str::from_utf8(stdout).map(str::trim) {
        Ok("") => Err("printed no code".to_owned()),
        Ok(code) => Ok(SecretString::from(code)),
        Err(_) => Err("printed something that is not text".to_owned()),
    }
}

/// Where programs say what went wrong.
pub(super) fn last_line(stderr: &[u8]) -> Option<String> {
    let stderr = String::from_utf8_lossy(stderr);
    let line = stderr.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(text::line(line, LINE))
}
