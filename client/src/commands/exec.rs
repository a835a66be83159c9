//! `awsd exec`: becomes the command.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use awsd_proto::{ChildFiles, Context, Narrowing, Prompting, Purpose, Reply, Request, Serving};

use super::{Outcome, Wanted, credentials, narrowing, own_path, pick, unexpected};
use crate::child_env::{self, Regions, Served};
use crate::cli::{Exec, Via};
use crate::context;
use crate::converse;
use crate::failure::{Exit, Failure};

pub(super) fn run(options: Exec) -> Outcome {
    let Exec { profile, mut command, session, region, via: asked_via, asking } = options;
    if command.is_empty() {
        command.push(shell(std::env::var_os("SHELL")));
    }
    let is_copy = session.duration.is_some() || session.no_session;
    let narrowing = narrowing::of(&session.less)?;
    check(asked_via, is_copy, &narrowing)?;
    let profile = pick::profile(profile, asking.no_prompt)?;
    let context = context::of_this_process()?;
    let (no_prompt, command_line) = (asking.no_prompt, context::command_line(&command));
    let keeps_asking = asked_via.is_some_and(|via| via != Via::Env);
    let credentials = credentials(Wanted {
        profile: profile.clone(),
        purpose: if keeps_asking { Purpose::Repeated } else { Purpose::Snapshot },
        session,
        narrowing: narrowing.clone(),
        asking,
        command: command_line.clone(),
    })?;
    let (program, arguments) =
        command.split_first().ok_or_else(|| not_started(OsStr::new(""), &io::ErrorKind::NotFound.into()))?;
    let mut child = Command::new(program);
    child.args(arguments);
    for name in child_env::UNSET {
        child.env_remove(name);
    }
    let served = Served { profile: &profile, context: &context, asked_region: region.as_deref() };
    let usual = || if is_copy { Via::Env } else { Via::from(credentials.via) };
    // Who runs awsd again gets the whole session.
    let usual = || if narrowing.is_none() || usual() != Via::Process { usual() } else { Via::Server };
    match asked_via.unwrap_or_else(usual) {
        Via::Env => {
            let regions = Regions { asked: region.as_deref(), own: context.region.as_deref() };
            child.envs(child_env::variables(&profile, &credentials, regions));
        }
        Via::Process => {
            let files = child_files(&context)?;
            without_regions(&mut child).envs(served.by_processes(&files));
        }
        Via::Server => {
            let prompting = Prompting {
                caller: context::caller(&command_line),
                no_prompt,
                display: super::display(no_prompt),
                ..Prompting::default()
            };
            let serving = serve(&profile, &context, narrowing, prompting)?;
            without_regions(&mut child).envs(served.by_address(&serving));
        }
    }
    // Replaces this process: signals, job control and the exit code are the command's own. SIGPIPE, which is
    // ignored here, is set to its default again by `exec`; nothing else was changed.
    Err(not_started(program, &child.exec()))
}

/// Refuses options that say nothing together.
fn check(via: Option<Via>, is_copy: bool, narrowing: &Narrowing) -> Result<(), Failure> {
    if is_copy && via.is_some_and(|via| via != Via::Env) {
        return Err(Failure::new(
            Exit::Usage,
            "--duration and --no-session have a meaning only with --via env",
            "leave them out: the command's programs get sessions that are always fresh",
        ));
    }
    if via == Some(Via::Process) && !narrowing.is_none() {
        return Err(Failure::new(
            Exit::Usage,
            "with --via process the command's programs get the whole session of any profile",
            "narrow it with --via server, or --via env",
        ));
    }
    Ok(())
}

/// Files by which the command's programs ask this awsd.
fn child_files(context: &Context) -> Result<ChildFiles, Failure> {
    let awsd = own_path()?;
    match converse::ask(&Request::ChildFiles { awsd, context: Box::new(context.clone()) }, None, drop)? {
        Reply::ChildFiles(files) => Ok(files),
        _ => Err(unexpected()),
    }
}

/// An address where this process, and so the command, is served.
fn serve(
    profile: &str,
    context: &Context,
    narrowing: Narrowing,
    prompting: Prompting,
) -> Result<Serving, Failure> {
    let request = Request::Serve {
        profile: profile.to_owned(),
        context: Box::new(context.clone()),
        narrowing,
        prompting: Box::new(prompting),
    };
    match converse::ask(&request, None, drop)? {
        Reply::Serving(serving) => Ok(serving),
        _ => Err(unexpected()),
    }
}

/// The profile's own is in the command's config file.
fn without_regions(child: &mut Command) -> &mut Command {
    for name in child_env::UNSET_REGIONS {
        child.env_remove(name);
    }
    child
}

fn shell(variable: Option<OsString>) -> OsString {
    variable.filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into())
}

/// The codes are those of a shell.
pub(super) fn not_started(program: &OsStr, error: &io::Error) -> Failure {
    let program = program.to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(
            Exit::NotFound,
            format!("{program} was not found"),
            "look at its spelling and at PATH",
        ),
        // A value with a NUL: no environment can hold it.
        io::ErrorKind::InvalidInput => Failure::new(
            Exit::Failed,
            format!("{program} cannot be started: {error}"),
            "look at the profile's name and region",
        ),
        _ => Failure::new(
            Exit::NotExecutable,
            format!("{program} cannot be executed: {error}"),
            "look at its permissions, and that it is a program for this machine",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_a_shell() {
        let exit = |kind: io::ErrorKind| not_started(OsStr::new("x"), &kind.into()).exit;
        assert_eq!(exit(io::ErrorKind::NotFound), Exit::NotFound);
        assert_eq!(exit(io::ErrorKind::PermissionDenied), Exit::NotExecutable);
        assert_eq!(exit(io::ErrorKind::ArgumentListTooLong), Exit::NotExecutable);
    }

    #[test]
    fn the_shell_is_the_persons_own() {
        assert_eq!(shell(Some("/usr/bin/fish".into())), "/usr/bin/fish");
        assert_eq!(shell(Some(OsString::new())), "/bin/sh");
        assert_eq!(shell(None), "/bin/sh");
    }
}
