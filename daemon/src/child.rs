//! Programs that ask a person, or give keys. They end with the question: dropping one that runs kills it and what it has
//! started; on Windows only itself, as those that run there start nothing. What is left of one that has ended by itself, such
//! as an agent, is let be, and so is what has left its process group.

use std::ffi::OsStr;
use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::display::Display;

/// The most that is kept of what a program complains about, in bytes: it is shown by its last line.
const MAX_COMPLAINT: usize = 4096;

/// How long what is in the pipes of a program that has ended may take to be read.
const REST: Duration = Duration::from_millis(200);

/// A flag of `CreateProcess`.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// A running program; on Unix the leader of a process group of its own.
#[derive(Debug)]
pub(crate) struct Child(tokio::process::Child);

/// What it means that a program prints more than is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Nothing: it is read, so that the program does not wait for that.
    Ignored,
    /// What was read is of no use.
    Fatal,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    /// The start of what it printed: a secret.
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    /// The end of what it complained about.
    pub(crate) stderr: Vec<u8>,
}

/// A program to be run with a person's environment and no other. Nothing of the daemon's is connected to it.
pub(crate) fn command(program: &OsStr, display: &Display) -> Command {
    let mut command = Command::new(program);
    #[cfg(unix)]
    command.process_group(0);
    // Without it a black window stands behind the dialog.
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW);
    command
        .env_clear()
        .envs(display.environment())
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

impl Child {
    fn start(mut command: Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// Starts it with pipes to its input and from its output.
    pub(crate) fn converse(mut command: Command) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Self::start(command)?;
        let pipes = child.0.stdin.take().zip(child.0.stdout.take());
        let (stdin, stdout) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((child, stdin, stdout))
    }

    /// Starts it and waits for its end. Of what it prints `limit` bytes are kept. [`io::ErrorKind::FileTooLarge`] says that
    /// it printed more, where that is fatal; it is killed then.
    pub(crate) async fn output(mut command: Command, limit: u64, excess: Excess) -> io::Result<Output> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Self::start(command)?;
        let (mut stdout, mut stderr) = (Zeroizing::new(Vec::new()), Vec::new());
        let (out, err) = (child.0.stdout.take(), child.0.stderr.take());
        let status = {
            let mut read = pin!(async {
                tokio::try_join!(read_start(out, &mut stdout, limit, excess), read_end(err, &mut stderr))
            });
            tokio::select! {
                read = &mut read => {
                    read?;
                    child.0.wait().await?
                }
                status = child.0.wait() => {
                    // What it has started may keep the pipes open, but all that it printed itself is in them.
                    let _left = timeout(REST, read).await;
                    status?
                }
            }
        };
        Ok(Output { status, stdout, stderr })
    }
}

#[cfg(unix)]
impl Drop for Child {
    fn drop(&mut self) {
        // Its number is known only as long as it has not been waited for, so it cannot be anybody else's by now.
        let number = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = number {
            // It may have ended meanwhile, with nobody left in its group.
            let _ended = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads to the end and keeps the start: a program whose output is not read would wait for it to be.
async fn read_start(
    pipe: Option<impl AsyncRead + Unpin>,
    start: &mut Vec<u8>,
    limit: u64,
    excess: Excess,
) -> io::Result<()> {
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(limit).read_to_end(start).await?;
        if excess == Excess::Fatal && pipe.read(&mut [0]).await? > 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(())
}

/// Reads to the end and keeps that.
async fn read_end(pipe: Option<impl AsyncRead + Unpin>, end: &mut Vec<u8>) -> io::Result<()> {
    if let Some(mut pipe) = pipe {
        while pipe.read_buf(end).await? > 0 {
            let too_much = end.len().saturating_sub(MAX_COMPLAINT);
            end.drain(..too_much);
        }
    }
    Ok(())
}
