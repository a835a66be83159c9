//! `awsd mfa`: answers the open question, or lists the open ones.

use std::io::{self, BufRead as _, Read as _};

use awsd_proto::{ErrorCode, Event, Request, Secret};
use zeroize::Zeroizing;

use super::{Outcome, done, finish, print_json};
use crate::cli::Mfa;
use crate::converse;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::render::listing;

/// The longest line that is read for a code. Anything longer is not one.
const MAX_INPUT: u64 = 256;

pub(super) fn run(options: Mfa) -> Outcome {
    match options.code {
        None => list(options.json),
        Some(code) if code.expose() == "-" => answer(read_code()?, options.profile),
        Some(code) => answer(code, options.profile),
    }
}

fn answer(code: Secret, profile: Option<String>) -> Outcome {
    match converse::ask_if_running(&Request::Mfa { code, profile }, drop)? {
        Some(reply) => done(finish(reply)),
        None => Err(Failure::new(
            ErrorCode::NoQuestion.into(),
            "no code is waited for: the daemon is not running",
            "to sign in now: awsd login PROFILE --code CODE",
        )),
    }
}

fn list(json: bool) -> Outcome {
    let mut questions = Vec::new();
    let reply = converse::ask_if_running(&Request::Questions, |event| {
        if let Event::Question(question) = event {
            questions.push(question);
        }
    })?;
    reply.map_or(Ok(()), finish)?;
    done(if json { print_json(&questions) } else { output::print(listing::questions(&questions).as_bytes()) })
}

fn read_code() -> Result<Secret, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(256));
    match io::stdin().lock().take(MAX_INPUT).read_line(&mut text) {
        Ok(_) => Ok(Secret::new(text.trim())),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("the code cannot be read from standard input: {error}"),
            "write it to standard input, on one line",
        )),
    }
}
