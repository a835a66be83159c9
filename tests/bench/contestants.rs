//! The commands that are timed.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    agent::Agent,
    builds::Programs,
    scene::{PROFILE, Scene},
};

/// Which of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The shortest program there is.
    True,
    /// `ssh-add -l`.
    SshAdd,
    /// One of awsd's.
    Awsd { verb: Verb, client: Client, config: Config },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    CredentialProcess,
    Export,
    Exec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Plain,
    Static,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Config {
    Few,
    Many,
}

impl Verb {
    pub(crate) const ALL: [Self; 3] = [Self::CredentialProcess, Self::Export, Self::Exec];

    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CredentialProcess => "credential-process P",
            Self::Export => "export P",
            Self::Exec => "exec P -- /bin/true",
        }
    }

    /// The command line, after `awsd`.
    pub(crate) fn arguments(self) -> Vec<&'static str> {
        match self {
            Self::CredentialProcess => vec!["credential-process", PROFILE],
            Self::Export => vec!["export", PROFILE],
            Self::Exec => vec!["exec", PROFILE, "--", TRUE],
        }
    }
}

const TRUE: &str = "/bin/true";

/// A command and its surroundings.
pub(crate) struct Contestant {
    pub(crate) who: Who,
    program: PathBuf,
    arguments: Vec<&'static str>,
    variables: Vec<(OsString, OsString)>,
}

impl Contestant {
    /// The command, ready to be started. What it prints is thrown away.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

/// Everything that is compared.
pub(crate) fn all(programs: &Programs, few: &Scene, many: &Scene, agent: Option<&Agent>) -> Vec<Contestant> {
    let contestant = |who, program: &Path, arguments, scene: &Scene| {
        // The same number of variables for all: the environment has its price in every program.
        let socket = ("SSH_AUTH_SOCK", agent.map_or_else(PathBuf::new, |agent| agent.socket().to_owned()));
        let variables = scene.variables().chain([socket]).map(|(name, value)| (name.into(), value.into()));
        Contestant { who, program: program.to_owned(), arguments, variables: variables.collect() }
    };
    let mut all = vec![contestant(Who::True, Path::new(TRUE), vec![], few)];
    if agent.is_some() {
        all.push(contestant(Who::SshAdd, Path::new("/usr/bin/ssh-add"), vec!["-l"], few));
    }
    let clients =
        [(Client::Plain, Some(&programs.plain_client)), (Client::Static, programs.static_client.as_ref())];
    for (client, program) in clients {
        let Some(program) = program else { continue };
        for verb in Verb::ALL {
            for (config, scene) in [(Config::Few, few), (Config::Many, many)] {
                all.push(contestant(Who::Awsd { verb, client, config }, program, verb.arguments(), scene));
            }
        }
    }
    all
}
