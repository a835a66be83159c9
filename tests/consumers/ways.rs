//! The ways in which a program gets credentials, and how often it asked for them.

use std::fs;

use awsd_tests::harness::{Run, Running, TestEnv};

use crate::counter::Counter;

/// The profile that the programs use.
const PROFILE: &str = "my_role";

/// Another one, of which the programs know only whom to ask.
const TOOLS: &str = "tools";

/// The line in the daemon's log of somebody who asked for credentials.
const ASKED: &str = "request=\"credentials\"";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Env,
    Process,
    Server,
    /// Without `awsd exec`.
    CredentialProcess,
    /// In a shell with `awsd init`.
    Init,
}

impl Way {
    /// In the order of README's table.
    pub(crate) const ALL: [Self; 5] =
        [Self::Env, Self::Process, Self::Server, Self::CredentialProcess, Self::Init];

    /// Those that outlast a session.
    pub(crate) const LASTING: [Self; 4] = [Self::Process, Self::Server, Self::CredentialProcess, Self::Init];
}

/// Somebody who is logged in, with profiles for all ways.
pub(crate) struct Stage {
    pub(crate) env: TestEnv,
    counter: Counter,
}

impl Stage {
    pub(crate) fn set(env: TestEnv) -> Self {
        env.credentials([("my_account", "alice")]);
        env.config(&format!(
            "[profile my_account]\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n\n[profile {PROFILE}]\n\
             role_arn = arn:aws:iam::444455556666:role/my_role\nsource_profile = my_account\n\n[profile {TOOLS}]\n\
             credential_process = awsd credential-process {PROFILE}\n"
        ));
        let code = env.sandbox.next_code("alice");
        env.awsd(["login", "my_account", "--code", &code]).run().success();
        let counter = Counter::start(&env.home().join("address"));
        Self { env, counter }
    }

    /// Starts a shell with this command.
    pub(crate) fn start(&self, way: Way, command: &str) -> Running {
        let exec = |via: &str, command: &str| {
            self.env.awsd(["exec", PROFILE, "--via", via, "--", "/bin/sh", "-c", command])
        };
        let run: Run = match way {
            Way::Env => exec("env", command),
            Way::Process => exec("process", command),
            Way::Server => {
                let address = self.counter.address();
                let detour = format!(
                    "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI >address; \
                     export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://{address}/; {command}"
                );
                exec("server", &detour)
            }
            Way::CredentialProcess => {
                let shell = self.env.command("/bin/sh").args(["-c", command]).env("AWS_PROFILE", TOOLS);
                // The older SDKs of Go and JavaScript read the config file only then.
                shell.env("AWS_SDK_LOAD_CONFIG", "1")
            }
            Way::Init => {
                let script = format!("eval \"$(awsd init sh)\"; {command}");
                self.env.command("/bin/sh").args(["-c", &script]).env("AWS_PROFILE", PROFILE)
            }
        };
        run.patience(crate::PATIENCE).spawn()
    }

    /// How often the command has asked, after it has ended.
    pub(crate) fn asks(&self, way: Way) -> usize {
        let log = fs::read_to_string(self.env.root().join("state/awsd/daemon.log")).unwrap();
        let asked = log.lines().filter(|line| line.contains(ASKED)).count();
        match way {
            // Before the command, by awsd itself.
            Way::Env | Way::Process => asked - 1,
            Way::Server => self.counter.requests(),
            Way::CredentialProcess | Way::Init => asked,
        }
    }
}
