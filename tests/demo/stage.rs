//! The surroundings of the demonstration: the sandbox, a home directory of its own, and programs that see only these.

use std::{
    env, fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use awsd_tests::sandbox::{Sandbox, World};
use tempfile::TempDir;

use crate::Outcome;

/// Variables of these families decide which files, accounts and daemons a program uses.
const FAMILIES: [&str; 3] = ["AWS_", "AWSD_", "XDG_"];

/// Where the programs run: enough to start one.
#[derive(Clone)]
pub(crate) struct Surroundings {
    awsd: PathBuf,
    home: PathBuf,
    endpoint: String,
}

impl Surroundings {
    /// A program that sees the sandbox and the home of the demonstration; `awsd` is the one that was built.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = if program == "awsd" { Command::new(&self.awsd) } else { Command::new(program) };
        for (name, _) in env::vars_os() {
            if FAMILIES.iter().any(|family| name.to_string_lossy().starts_with(family)) {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", &self.home)
            .env("AWSD_SOCKET", self.home.join("run/socket"))
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            // A proxy of this machine has no way to the sandbox.
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1");
        command
    }

    /// Ends the daemon, if it runs. Who waits for it is told.
    pub(crate) fn stop_daemon(&self) {
        let stopped = self.command("awsd").args(["daemon", "stop"]).stdout(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("awsd-demo: the daemon was not stopped; it ends by itself when its socket is gone");
        }
    }
}

/// The stage. Dropping it ends the daemon, then the sandbox, and removes the files.
pub(crate) struct Stage {
    surroundings: Surroundings,
    sandbox: Sandbox,
    _directory: TempDir,
}

impl Stage {
    /// Starts the sandbox and writes the files of the guide, with a second role.
    pub(crate) fn set(awsd: PathBuf) -> Outcome<Self> {
        let directory = tempfile::Builder::new().prefix("awsd-demo-").tempdir()?;
        let sandbox = Sandbox::start_on(0, World::guide())?;
        let home = directory.path().to_owned();
        write_files(&sandbox.world(), &home.join(".aws"))?;
        let surroundings = Surroundings { awsd, home, endpoint: sandbox.url() };
        Ok(Self { surroundings, sandbox, _directory: directory })
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        self.surroundings.clone()
    }

    /// One of the files in `~/.aws`.
    pub(crate) fn aws_file(&self, name: &str) -> Outcome<String> {
        Ok(fs::read_to_string(self.surroundings.home.join(".aws").join(name))?)
    }

    /// Whether a person is there who can type.
    pub(crate) fn has_person() -> bool {
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }

    /// Whether there is an AWS CLI that also works with another home directory.
    pub(crate) fn has_aws_cli(&self) -> bool {
        let version = self.surroundings.command("aws").arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    }

    /// Runs `awsd`; what it says to the person goes to the person, what it prints comes back.
    pub(crate) fn awsd(&self, arguments: &[&str]) -> Outcome<String> {
        let output = self
            .surroundings
            .command("awsd")
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        printed(&output).map_err(|broken| format!("awsd {}: {broken}", arguments.join(" ")).into())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.surroundings.stop_daemon();
    }
}

fn printed(output: &Output) -> Outcome<String> {
    if !output.status.success() {
        return Err(output.status.to_string().into());
    }
    Ok(String::from_utf8(output.stdout.clone())?)
}

fn write_files(world: &World, directory: &Path) -> Outcome {
    world.guide_files(directory)?;
    let config = directory.join("config");
    let guide = fs::read_to_string(&config)?;
    let second = format!(
        "\n[profile developer]\nregion = us-west-2\nrole_arn = {}\nsource_profile = my_account\nmfa_serial = {}\n",
        awsd_tests::sandbox::guide::DEVELOPER,
        world.user("alice").devices[0].serial(),
    );
    fs::write(config, guide + &second)?;
    Ok(())
}
