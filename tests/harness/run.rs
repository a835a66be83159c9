//! Running a program as a person's shell would: with the test's environment, with or without a terminal.
//!
//! Nothing that is run outlives its deadline or its test, and whatever it writes is looked at for secrets in the end.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    io::{Read, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal};

use super::{
    leaks::{Records, Shared},
    terminal::Terminal,
};

/// How long a program may take, unless a test says otherwise. Machines that run tests are slow and busy.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A program about to be run.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is run"]
pub struct Run {
    pub(super) session: PathBuf,
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: BTreeMap<OsString, OsString>,
    directory: PathBuf,
    input: Option<Vec<u8>>,
    secrets_expected: bool,
    user: Option<u32>,
    pub(super) patience: Duration,
    pub(super) records: Arc<Records>,
}

impl Run {
    pub(super) fn new(
        session: PathBuf,
        program: PathBuf,
        directory: &Path,
        variables: BTreeMap<OsString, OsString>,
        records: &Arc<Records>,
    ) -> Self {
        Self {
            session,
            program,
            arguments: Vec::new(),
            variables,
            directory: directory.to_owned(),
            input: None,
            secrets_expected: false,
            user: None,
            patience: PATIENCE,
            records: Arc::clone(records),
        }
    }

    /// The same for another program, without arguments.
    pub(super) fn another(&self, program: impl AsRef<Path>) -> Self {
        Self { program: program.as_ref().to_owned(), arguments: Vec::new(), ..self.clone() }
    }

    /// Adds arguments. One that looks like a one-time code is looked for in logs and files.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            let argument = argument.as_ref();
            self.records.said(&argument.to_string_lossy());
            self.arguments.push(argument.to_owned());
        }
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// Removes a variable.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.variables.remove(OsStr::new(name));
        self
    }

    /// Runs it in another directory than the home.
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        directory.as_ref().clone_into(&mut self.directory);
        self
    }

    /// What it reads from standard input, which is otherwise empty. Not for terminals.
    pub fn stdin(mut self, text: &str) -> Self {
        self.records.said(text);
        self.input = Some(text.as_bytes().to_vec());
        self
    }

    /// It is there to print credentials: its output is not looked at for secrets.
    pub fn expect_secrets(mut self) -> Self {
        self.secrets_expected = true;
        self
    }

    /// Runs it as another user of the machine, which only root can do.
    pub fn user(mut self, id: u32) -> Self {
        self.user = Some(id);
        self
    }

    /// Another limit than [`PATIENCE`].
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs it to its end, without a terminal.
    #[track_caller]
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Starts it without a terminal.
    #[track_caller]
    pub fn spawn(self) -> Running {
        let name = self.to_string();
        let (stdout, stderr) = (self.output(&name), self.output(&name));
        let input = self.input.clone();
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = self.start(None, stdin, Stdio::piped(), Stdio::piped());
        let writer = child.stdin.take().zip(input).map(|(mut stdin, input)| {
            // A program that does not want to know is not the test's concern.
            thread::spawn(move || drop(stdin.write_all(&input)))
        });
        let readers = [
            child.stdout.take().map(|pipe| copy(pipe, &stdout)),
            child.stderr.take().map(|pipe| copy(pipe, &stderr)),
        ];
        let threads = readers.into_iter().chain([writer]).flatten().collect();
        Running { name, patience: self.patience, process: Process::watch(child, threads), stdout, stderr }
    }

    /// Starts it in a terminal of its own.
    #[track_caller]
    pub fn terminal(self) -> Terminal {
        Terminal::open(&self)
    }

    pub(super) fn start(&self, option: Option<&str>, stdin: Stdio, stdout: Stdio, stderr: Stdio) -> Child {
        let mut command = Command::new(&self.session);
        if let Some(id) = self.user {
            command.uid(id).gid(id);
        }
        command
            .args(option)
            .arg(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(&self.directory)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("{self} cannot be started: {error}"))
    }

    /// Where to put what it writes.
    pub(super) fn output(&self, name: &str) -> Shared {
        if self.secrets_expected { Shared::default() } else { self.records.output(name.to_owned()) }
    }
}

/// The command line as one would type it, for messages.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program.file_name().unwrap_or_default().to_string_lossy())?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", argument.to_string_lossy()))
    }
}

/// A program that runs without a terminal. Dropping it ends it.
#[derive(Debug)]
pub struct Running {
    name: String,
    patience: Duration,
    process: Process,
    stdout: Shared,
    stderr: Shared,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> Pid {
        self.process.pid
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        // It may have ended meanwhile, as processes do.
        let _ = rustix::process::kill_process(self.pid(), signal);
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Where that takes longer than it may.
    #[track_caller]
    pub fn wait(self) -> Output {
        let status = self.process.wait(self.patience);
        let (stdout, stderr) = (text(&self.stdout), text(&self.stderr));
        let Some(status) = status else {
            panic!("{} did not end within {:?}\n{stdout}\n{stderr}", self.name, self.patience)
        };
        Output { name: self.name, status, stdout, stderr }
    }

    /// Waits for its end, and says whether it came in time.
    pub(super) fn ends(&self) -> bool {
        self.process.wait(self.patience).is_some()
    }
}

/// What a program left. From a terminal, everything is in `stdout`.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command line.
    pub name: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

#[allow(clippy::return_self_not_must_use, reason = "what is checked has served its purpose")]
impl Output {
    /// It must have ended with this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{} ended with {}\n--- stdout\n{}\n--- stderr\n{}",
            self.name,
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }

    /// It must have done what it was asked for.
    #[track_caller]
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// It must have told nobody anything on standard error.
    #[track_caller]
    pub fn quiet(self) -> Self {
        assert_eq!(self.stderr, "", "{} complains", self.name);
        self
    }
}

/// A process, the leader of its session, and the threads that attend to it.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: Pid,
    ended: Receiver<ExitStatus>,
}

impl Process {
    /// Waits for it in a thread, and for all that was written by it and by what it left behind.
    pub(super) fn watch(mut child: Child, threads: Vec<thread::JoinHandle<()>>) -> Self {
        let pid = Pid::from_child(&child);
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            // The output first: until the process is waited for, its id is its own.
            for thread in threads {
                thread.join().expect("no panic");
            }
            let _nobody_waits = sender.send(child.wait().expect("a child can be waited for"));
        });
        Self { pid, ended }
    }

    /// How it ended; `None` where that took too long.
    pub(super) fn wait(&self, patience: Duration) -> Option<ExitStatus> {
        self.ended.recv_timeout(patience).ok()
    }
}

impl Drop for Process {
    /// Where it has not been seen to end, it and what it started are ended.
    fn drop(&mut self) {
        if matches!(self.ended.try_recv(), Err(mpsc::TryRecvError::Empty)) {
            let _gone = rustix::process::kill_process_group(self.pid, Signal::KILL);
            let _ = self.ended.recv_timeout(PATIENCE);
        }
    }
}

/// Copies everything that comes, in a thread.
fn copy(mut from: impl Read + Send + 'static, to: &Shared) -> thread::JoinHandle<()> {
    let to = Arc::clone(to);
    thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(length @ 1..) = from.read(&mut chunk) {
            to.lock().unwrap_or_else(PoisonError::into_inner).extend(&chunk[..length]);
        }
    })
}

pub(super) fn text(bytes: &Shared) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
