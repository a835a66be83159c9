//! `awsd`: the command. It asks the daemon, shows the answer and asks the person for a code where that is needed.
//!
//! It must never read `~/.aws` or talk to AWS: the daemon does that. This file is the only place where the process ends
//! with a code; everything else returns values.

#![cfg_attr(all(target_os = "linux", target_env = "gnu", not(test)), no_main)]

mod browser;
mod child_env;
mod cli;
mod commands;
mod connect;
mod context;
mod converse;
mod daemon_process;
#[cfg(all(target_os = "linux", target_env = "gnu", not(test)))]
mod entry;
mod failure;
mod hot;
mod output;
mod patience;
#[cfg(unix)]
mod poll;
mod render;
#[cfg(unix)]
mod terminal;

use std::ffi::OsString;

use failure::Exit;

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(test))))]
fn main() -> std::process::ExitCode {
    start().into()
}

/// Does what the command line says; from here on the process only has to end.
fn start() -> Exit {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    run(&arguments).unwrap_or_else(|failure| {
        output::complain(&failure);
        failure.exit
    })
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
