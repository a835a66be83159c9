//! Programs that run as long as they are needed, and what the kernel counts about them.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::Outcome;

/// A program of ours in the background. It is ended when this is dropped.
pub(crate) struct Background(Child);

impl Background {
    /// Waits until the program has said, in a first line, that it is ready.
    pub(crate) fn ready(child: Child, says: impl Read) -> Outcome<Self> {
        let background = Self(child);
        first_line(says).map(|_line| background)
    }

    /// The same, for what is said on standard output, and what that is.
    pub(crate) fn that_says(command: &mut Command) -> Outcome<(Self, String)> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let says = child.stdout.take();
        let background = Self(child);
        let line = first_line(says.ok_or("the program has no output")?)?;
        Ok((background, line.trim_end().to_owned()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

fn first_line(says: impl Read) -> Outcome<String> {
    let mut line = String::new();
    match BufReader::new(says).read_line(&mut line) {
        Ok(0) | Err(_) => Err("a program ended instead of getting ready".into()),
        Ok(_) => Ok(line),
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Only one that has ended already cannot be ended.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A process's memory, in kB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// All that is resident, the program's own text included.
    pub(crate) resident: u64,
    /// What it has written to, save files.
    pub(crate) anonymous: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Outcome<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Ok(Self { resident: field(&status, "VmRSS")?, anonymous: field(&status, "RssAnon")? })
    }
}

/// The threads of a process.
pub(crate) fn threads(pid: u32) -> Outcome<Vec<PathBuf>> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))?;
    Ok(tasks.map(|task| task.map(|task| task.path())).collect::<Result<_, _>>()?)
}

/// How often a thread was switched to another: each time it had been woken before.
pub(crate) fn switches(thread: &Path) -> Outcome<u64> {
    let status = fs::read_to_string(thread.join("status"))?;
    Ok(field(&status, "voluntary_ctxt_switches")? + field(&status, "nonvoluntary_ctxt_switches")?)
}

fn field(status: &str, name: &str) -> Outcome<u64> {
    let value =
        |line: &str| line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next()?.parse().ok();
    status.lines().find_map(value).ok_or_else(|| format!("the kernel does not tell {name}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status =
            "Name:\tawsd\nVmRSS:\t    8244 kB\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t7\n";
        assert_eq!(field(status, "VmRSS").unwrap(), 8244);
        assert_eq!(field(status, "voluntary_ctxt_switches").unwrap(), 5);
        assert!(field(status, "RssAnon").is_err());
    }
}
