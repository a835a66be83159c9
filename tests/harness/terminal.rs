//! A pseudo-terminal, and the person who looks at it and types.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::Stdio,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::io::FdFlags;
use rustix::{
    fs::{Mode, OFlags},
    pty::OpenptFlags,
    termios::{LocalModes, Termios},
};

use super::{
    leaks::{Records, Shared},
    run::{Output, Process, Run, text},
};

/// A program in a terminal of its own. Dropping it ends the program.
#[derive(Debug)]
pub struct Terminal {
    name: String,
    patience: Duration,
    process: Process,
    master: File,
    screen: Arc<Screen>,
    /// What has been expected so far ends here.
    seen: usize,
    records: Arc<Records>,
}

/// Everything that was shown, as it came.
#[derive(Debug)]
struct Screen {
    shown: Shared,
    changed: Condvar,
    /// No more will come.
    ended: Mutex<bool>,
}

impl Terminal {
    pub(super) fn open(run: &Run) -> Self {
        let (master, slave) = pair().expect("a pseudo-terminal");
        let clone = || Stdio::from(slave.try_clone().expect("another descriptor of the terminal"));
        let child = run.start(Some("--terminal"), clone(), clone(), clone());
        // Only the program has it now: when it closes it, the master reads the end.
        drop(slave);
        let name = run.to_string();
        let shown = run.output(&name);
        let screen = Arc::new(Screen { shown, changed: Condvar::new(), ended: Mutex::new(false) });
        let reader = {
            let (screen, master) = (Arc::clone(&screen), master.try_clone().expect("another descriptor"));
            thread::spawn(move || screen.follow(master))
        };
        Self {
            name,
            patience: run.patience,
            process: Process::watch(child, vec![reader]),
            master,
            screen,
            seen: 0,
            records: Arc::clone(&run.records),
        }
    }

    /// Waits until this text is shown, after what was expected before.
    ///
    /// # Panics
    /// Where it does not come in time, or the program ends without it.
    #[track_caller]
    pub fn expect(&mut self, wanted: &str) {
        let found = self.screen.wait(self.patience, |shown| find(&shown[self.seen..], wanted));
        match found {
            Some(at) => self.seen += at + wanted.len(),
            None => panic!("{} does not show {wanted:?}; it shows\n{}", self.name, self.shown()),
        }
    }

    /// Types a line. One that looks like a one-time code is looked for in logs and files.
    pub fn send_line(&mut self, line: &str) {
        self.records.said(line);
        self.send(&format!("{line}\r"));
    }

    /// Types characters as they are: `"\x03"` is Ctrl-C, `"\x04"` Ctrl-D, `"\x1a"` Ctrl-Z.
    pub fn send(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("the terminal takes what is typed");
    }

    /// Everything shown so far.
    pub fn shown(&self) -> String {
        text(&self.screen.shown)
    }

    /// The terminal's modes.
    pub fn modes(&self) -> Termios {
        rustix::termios::tcgetattr(&self.master).expect("a terminal has modes")
    }

    /// Whether what is typed is shown.
    pub fn echoes(&self) -> bool {
        self.modes().local_modes.contains(LocalModes::ECHO)
    }

    /// The id of the first process in it, which is also the id of its session and process group.
    pub fn pid(&self) -> rustix::process::Pid {
        self.process.pid
    }

    /// Sends the first process in it a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        // It may have ended meanwhile, as processes do.
        let _ = rustix::process::kill_process(self.pid(), signal);
    }

    /// Waits for the program's end.
    ///
    /// # Panics
    /// Where that takes longer than it may.
    #[track_caller]
    pub fn wait(self) -> Output {
        let status = self.process.wait(self.patience);
        let stdout = self.shown();
        let Some(status) = status else {
            panic!("{} did not end within {:?}; it shows\n{stdout}", self.name, self.patience)
        };
        Output { name: self.name, status, stdout, stderr: String::new() }
    }
}

impl Screen {
    /// Reads until the last program has closed the terminal, which reads as an error.
    fn follow(&self, mut master: File) {
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = master.read(&mut chunk) {
            let _order = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            self.shown.lock().unwrap_or_else(PoisonError::into_inner).extend(&chunk[..length]);
            self.changed.notify_all();
        }
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits until `look` finds something in what is shown; `None` if nothing can come of it any more.
    fn wait(&self, patience: Duration, look: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        let found = || look(&self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(ended, patience, |ended| !*ended && found().is_none());
        drop(waited);
        found()
    }
}

/// A program that inherits the master keeps the terminal open. macOS opens no terminal with this flag.
#[cfg(not(target_os = "macos"))]
const NOT_INHERITED: OpenptFlags = OpenptFlags::CLOEXEC;
#[cfg(target_os = "macos")]
const NOT_INHERITED: OpenptFlags = OpenptFlags::empty();

fn pair() -> rustix::io::Result<(File, OwnedFd)> {
    let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | NOT_INHERITED)?;
    rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let slave = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    Ok((File::from(master), slave))
}

fn find(shown: &[u8], wanted: &str) -> Option<usize> {
    shown.windows(wanted.len()).position(|window| window == wanted.as_bytes())
}
