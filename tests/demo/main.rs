//! A demonstration for somebody who has Rust and nothing else: builds awsd, starts the sandbox, and does the main job in
//! front of the person, saying what each step shows.
//!
//! Every promise it makes is checked, so its exit code says whether awsd works on this machine. It must never touch the
//! person's own `~/.aws`, awsd's own files or a daemon that already runs, and it leaves nothing behind.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod binaries;
mod interruption;
mod stage;
mod story;

use std::{error::Error, process::ExitCode};

use interruption::Interruption;
use stage::Stage;

/// A step went as promised, or the sentence that says what did not.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(broken) => {
            eprintln!("\nawsd-demo: {broken}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let awsd = binaries::build()?;
    let stage = Stage::set(awsd)?;
    let interruption = Interruption::watch(stage.surroundings())?;
    story::tell(&stage).map_err(|broken| interruption.explains(broken))
}
