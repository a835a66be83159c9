//! What awsd costs: the time of the commands that programs call all day, and what the daemon takes while nobody asks.
//!
//! Everything that is timed runs interleaved in one run, in random order and with the same small environment; only the
//! ratios of such a run mean something on another machine. AWS is the sandbox, over TLS. It must never touch the
//! person's own files, daemon or ssh-agent, and it ends everything that it starts.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

mod address;
mod agent;
mod bare;
mod builds;
mod contestants;
mod idle;
mod process;
mod race;
mod report;
mod scene;

use std::{env, error::Error, process::ExitCode};

use awsd_tests::sandbox::{Sandbox, World};

use builds::Programs;
use report::Report;
use scene::Scene;

const USAGE: &str = "usage: awsd-bench [--check] [--rounds N] [--idle SECONDS]

Builds what is measured (release builds: minutes, the first time), then measures for about two minutes.

  --check         exit with 1 if a target is missed
  --rounds N      how often each command is timed (default: 600)
  --idle SECONDS  how long the daemon is watched while nobody asks (default: 30)";

/// How many profiles the large config has more than the small one.
const MANY: usize = 1000;

/// The only argument of the server that the daemon is compared with.
const BARE_SERVER: &str = "bare-server";

/// A step that went well, or the sentence that says what did not.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

struct Options {
    check: bool,
    rounds: usize,
    idle: u64,
}

fn main() -> ExitCode {
    if env::args().skip(1).eq([BARE_SERVER]) {
        return ended(bare::serve().map(|()| ExitCode::SUCCESS));
    }
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    ended(run(&options).map(|report| {
        print!("{report}");
        if options.check && !report.all_met() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }))
}

fn ended(outcome: Outcome<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("awsd-bench: {error}");
        ExitCode::FAILURE
    })
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options { check: false, rounds: 600, idle: 30 };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => options.check = true,
            "--rounds" => options.rounds = arguments.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
            "--idle" => options.idle = arguments.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some(options)
}

fn run(options: &Options) -> Outcome<Report> {
    // Beside this program, where programs can be executed for certain.
    let here = env::current_exe()?;
    let directory = tempfile::tempdir_in(here.parent().ok_or("this program is in no directory")?)?;
    let built = Programs::build()?;
    let programs = built.install(directory.path())?;
    let sandbox = Sandbox::start_tls(World::guide());
    let few = Scene::set(&programs, &sandbox, 0)?;
    let many = Scene::set(&programs, &sandbox, MANY)?;
    let agent = agent::Agent::start(few.home())?;

    let at_start = few.memory()?;
    few.sign_in(&sandbox)?;
    many.sign_in(&sandbox)?;

    let contestants = contestants::all(&programs, &few, &many, agent.as_ref());
    eprintln!("timing {} commands, {} rounds", contestants.len(), options.rounds);
    let times = race::run(&contestants, options.rounds)?;

    eprintln!("loading the address of a command that is served");
    let rates = address::race(&few)?;

    eprintln!("watching the idle daemon for {} seconds", options.idle);
    let idle = idle::watch(few.pid(), options.idle)?;
    Ok(Report { built, contestants, times, rates, at_start, idle })
}
