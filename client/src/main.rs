//! `awsd`: the command. It asks the daemon, shows the answer and asks the person for a code where that is needed.
//!
//! It must never read `~/.aws` or talk to AWS: the daemon does that. This file is the only place where the process ends
//! with a code; everything else returns values.

mod child_env;
mod cli;
mod commands;
mod connect;
mod context;
mod converse;
mod daemon_process;
mod failure;
mod hot;
mod output;
#[cfg(unix)]
mod poll;
mod render;
#[cfg(unix)]
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match run(&arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure);
            failure.exit.into()
        }
    }
}

fn run(arguments: &[OsString]) -> commands::Outcome {
    let verb = match hot::recognise(arguments) {
        Some(verb) => verb,
        None => match cli::parse(arguments)? {
            cli::Parsed::Verb(verb) => verb,
            cli::Parsed::Text(text) => return commands::done(output::print(text.as_bytes())),
        },
    };
    commands::run(verb)
}
