//! An ssh-agent with one key: what people are used to wait for, to compare with.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Outcome, process::Background};

/// The agent. It ends when this is dropped.
pub(crate) struct Agent {
    socket: PathBuf,
    _process: Background,
}

impl Agent {
    /// Starts one with a new key; `None`, after saying so, where OpenSSH is not installed.
    pub(crate) fn start(home: &Path) -> Outcome<Option<Self>> {
        let socket = home.join("agent");
        let agent = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::piped()).spawn();
        let Ok(mut agent) = agent else {
            eprintln!("there is no ssh-agent to compare with");
            return Ok(None);
        };
        let says = agent.stdout.take().ok_or("the agent has no output")?;
        let agent = Self { socket, _process: Background::ready(agent, says)? };
        let key = home.join("key");
        succeed(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key))?;
        succeed(Command::new("ssh-add").arg("-q").arg(&key).env("SSH_AUTH_SOCK", &agent.socket))?;
        Ok(Some(agent))
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

fn succeed(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr)).into())
}
