//! awsd-daemon holds one user's AWS sessions and hands out temporary credentials to that user's programs.
//!
//! This file is wiring: it puts the adapters together and hands them to the app. What is decided, the core decides.

mod adapters;
mod app;
mod args;
mod child;
mod config;
mod display;
mod exchange;
mod life;
mod locations;
mod log;
mod machine;
mod narrow;
mod process;
mod readable;
mod recent;
mod regular;
mod report;
mod requests;
#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod test_bus;
mod translate;
mod world;
mod writable;

use std::alloc::System;
use std::io::{self, Write as _};
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

use args::Invocation;
use report::Report;

/// The SDK keeps secrets in plain strings that are not wiped when they are dropped; memory that is given back is.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// Exit code for a mistake on the command line, as in `sysexits.h`.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1)) {
        Invocation::Run { detach } => run(detach),
        #[cfg(any(target_os = "macos", windows))]
        Invocation::ShowNotification => show_notification(),
        Invocation::Help => print(args::HELP),
        Invocation::Version => print(concat!("awsd-daemon ", env!("CARGO_PKG_VERSION"), "\n")),
        Invocation::Unknown(argument) => {
            let argument = argument.to_string_lossy();
            let line = format!("awsd-daemon: unknown argument {argument:?}; see: awsd-daemon --help\n");
            let _nobody_reads = io::stderr().write_all(line.as_bytes());
            ExitCode::from(USAGE)
        }
    }
}

fn run(detach: bool) -> ExitCode {
    let started = Report::new(detach).and_then(life::live);
    if started.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The answer may be a code, which is nobody else's.
#[cfg(any(target_os = "macos", windows))]
fn show_notification() -> ExitCode {
    match adapters::harden::process() {
        Ok(()) => adapters::prompt::show_one(),
        Err(_) => ExitCode::FAILURE,
    }
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
