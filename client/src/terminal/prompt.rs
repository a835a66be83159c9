//! The prompt itself: one line on the terminal, below a list where there is one, with echo off for a code, and everything as
//! it was when it is dropped.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use awsd_proto::Secret;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize,
    tcsetattr,
};
use zeroize::Zeroizing;

use super::asked::Words;
use super::in_foreground;
use super::signals::Held;
use crate::poll::{any_readable, writable};
use crate::render::text::{rows, safe};

/// No terminal gives a longer line in canonical mode.
const MAX_LINE: usize = 4096;

/// How long a stopped terminal (Ctrl-S) may hold up the prompt before its text is given up. Signals are held back
/// meanwhile.
const WRITE_LIMIT: Duration = Duration::from_millis(500);

/// What came while the prompt was open.
pub(super) enum Input {
    /// Nothing that counts: wait again.
    Nothing,
    /// The daemon has something to say.
    Elsewhere,
    /// A line that is not empty.
    Line(Secret),
    /// A signal waits: drop the prompt, and it is delivered.
    Interrupted,
    /// End of file: the person gave up or the terminal is gone.
    Ended,
}

/// An open prompt. Dropping it restores the terminal, on every way out.
pub(super) struct Prompt {
    tty: Rc<OwnedFd>,
    text: String,
    /// Lines above the text that go when it goes.
    list: Vec<String>,
    echo: bool,
    /// The modes it had; taken when they are restored.
    before: Option<Termios>,
    /// Whether the cursor is behind the prompt's text and not at the start of a line.
    in_line: bool,
    // Dropped after `Drop::drop`: signals are delivered when the terminal is as it was.
    signals: Held,
}

impl Prompt {
    /// Sets the echo and shows the words.
    pub(super) fn open(tty: &Rc<OwnedFd>, reason: Option<&str>, words: &Words) -> io::Result<Self> {
        let signals = Held::hold()?;
        let before = tcgetattr(tty)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHONL);
        modes.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
        modes.local_modes.set(LocalModes::ECHO, words.echo);
        // Enter ends the line, also where a program that was killed has left the terminal otherwise.
        modes.input_modes.remove(InputModes::IGNCR | InputModes::INLCR);
        modes.input_modes.insert(InputModes::ICRNL);
        tcsetattr(tty, OptionalActions::Now, &modes)?;
        // From here on, dropping it restores the modes.
        let prompt = Self {
            tty: Rc::clone(tty),
            text: safe(&words.line).into_owned(),
            list: words.list.iter().map(|line| safe(line).into_owned()).collect(),
            echo: words.echo,
            before: Some(before),
            in_line: true,
            signals,
        };
        // What was typed before the question was not an answer to it.
        let _ = tcflush(tty, QueueSelector::IFlush);
        if let Some(reason) = reason {
            prompt.write(&format!("{}\n", safe(reason)));
        }
        for line in &prompt.list {
            prompt.write(&format!("{line}\n"));
        }
        prompt.write(&prompt.text);
        Ok(prompt)
    }

    /// Waits for the person, a signal, or the daemon where it may have something to say.
    pub(super) fn wait(&mut self, daemon: Option<BorrowedFd<'_>>) -> Input {
        let (signals, tty) = (self.signals.as_fd(), self.tty.as_fd());
        let Some(daemon) = daemon else {
            let [signal, _] = any_readable([signals, tty], None);
            return if signal { Input::Interrupted } else { self.read() };
        };
        match any_readable([signals, daemon, tty], None) {
            [true, ..] => Input::Interrupted,
            // Before the line: the question may have been answered elsewhere.
            [_, true, _] => Input::Elsewhere,
            _ => self.read(),
        }
    }

    fn read(&mut self) -> Input {
        let mut buffer = Zeroizing::new([0; MAX_LINE]);
        match rustix::io::read(&self.tty, buffer.as_mut_slice()) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Input::Nothing,
            // The terminal listens to somebody else now.
            Err(_) if !in_foreground(&self.tty) => Input::Interrupted,
            Ok(0) | Err(_) => Input::Ended,
            Ok(length) => {
                // The terminal shows the end of the line itself, where there is one and it shows anything.
                if !self.echo || !buffer[..length].ends_with(b"\n") {
                    self.write("\n");
                }
                match String::from_utf8_lossy(&buffer[..length]).trim() {
                    "" => {
                        // It is not right above any more.
                        self.list.clear();
                        self.write(&self.text);
                        Input::Nothing
                    }
                    line => {
                        self.in_line = false;
                        Input::Line(Secret::new(line))
                    }
                }
            }
        }
    }

    /// Shows other words where the text is. What has been typed stays: the terminal keeps it and does not show it. Where it
    /// is shown, the words stay.
    pub(super) fn reword(&mut self, words: &Words) {
        let text = safe(&words.line);
        if self.echo || text == self.text {
            return;
        }
        let cleared = self.clear(self.rows_of(&self.text) - 1);
        self.text = text.into_owned();
        if cleared {
            self.write(&self.text);
        }
    }

    /// Takes the text away, because the question was answered elsewhere.
    pub(super) fn erase(&mut self) {
        let rows: usize = self.list.iter().chain([&self.text]).map(|line| self.rows_of(line)).sum();
        if self.clear(rows - 1) {
            self.in_line = false;
        }
    }

    /// Clears the row of the cursor and as many above it. False where the terminal cannot do that.
    fn clear(&self, above: usize) -> bool {
        let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        match above {
            _ if !able => {}
            0 => self.write("\r\x1b[K"),
            rows => self.write(&format!("\r\x1b[{rows}A\x1b[J")),
        }
        able
    }

    /// How many rows of the screen a line takes, as wide as the terminal is now. At least one.
    fn rows_of(&self, line: &str) -> usize {
        let columns = tcgetwinsize(&self.tty).map_or(0, |size| usize::from(size.ws_col));
        match columns {
            0 => 1,
            columns => rows(line, columns),
        }
    }

    /// Leaves the terminal as it was found. Signals are still held back until the prompt is dropped.
    pub(super) fn restore(&mut self) {
        if std::mem::replace(&mut self.in_line, false) {
            self.write("\n");
        }
        let Some(before) = self.before.take() else { return };
        // A shell that has taken the terminal back has set it as it likes it.
        if in_foreground(&self.tty) {
            let _ = tcflush(&self.tty, QueueSelector::IFlush);
            let _ = tcsetattr(&self.tty, OptionalActions::Now, &before);
        }
    }

    /// A terminal that takes no text is no reason to fail: the person sees less, the rest works.
    fn write(&self, text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match rustix::io::write(&self.tty, rest) {
                Ok(written) => rest = &rest[written..],
                Err(rustix::io::Errno::AGAIN) if writable(self.tty.as_fd(), WRITE_LIMIT) => {}
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        self.restore();
    }
}
