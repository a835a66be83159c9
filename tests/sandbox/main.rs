//! The sandbox as a program: an endpoint to point a client at, with the world of the guide in it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

use std::{
    env,
    io::{self, BufRead},
    path::PathBuf,
    process::ExitCode,
};

use awsd_tests::sandbox::{Sandbox, World};

const USAGE: &str = "usage: awsd-sandbox [--port N] [--home DIR]

  --port N    listen on this port of 127.0.0.1 (default: any free one)
  --home DIR  write DIR/.aws/config and DIR/.aws/credentials of the guide";

#[derive(Default)]
struct Options {
    port: u16,
    home: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Some(options) = parse(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("awsd-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => options.port = arguments.next()?.parse().ok()?,
            "--home" => options.home = Some(arguments.next()?.into()),
            _ => return None,
        }
    }
    Some(options)
}

fn run(options: &Options) -> io::Result<()> {
    let sandbox = Sandbox::start_on(options.port, World::guide())?;
    println!("************************************************************");
    println!("*  THIS IS NOT AWS. A sandbox: no account, no real keys.   *");
    println!("************************************************************");
    println!("endpoint: {}", sandbox.url());
    println!();
    println!("export AWS_ENDPOINT_URL={}", sandbox.url());
    if let Some(home) = &options.home {
        let directory = home.join(".aws");
        sandbox.world().guide_files(&directory)?;
        println!("export AWS_CONFIG_FILE='{}'", directory.join("config").display());
        println!("export AWS_SHARED_CREDENTIALS_FILE='{}'", directory.join("credentials").display());
    }
    println!();
    println!("Press Enter for an MFA code of alice that was not used yet; end the input (Ctrl-D) to stop.");
    for line in io::stdin().lock().lines() {
        line?;
        let code = sandbox.world().unused_code("alice");
        match code {
            Some(code) => println!("{code}"),
            None => println!("all codes of the moment were used: try again in half a minute"),
        }
    }
    Ok(())
}
