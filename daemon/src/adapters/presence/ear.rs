//! One place where something is listened to, in a task of its own.

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tracing::debug;

use super::signs::{Sign, Source};

/// Signs that may wait for the app; more wait where they come from.
const UNHEARD: usize = 16;

/// Listens to a source, or does not.
#[derive(Debug)]
pub(super) struct Ear {
    source: Source,
    line: Option<Line>,
    /// Why nothing is known is worth one line of the log, however often it is tried again.
    complained: bool,
}

/// A task that listens. Dropping it ends the task, and with it its connection.
#[derive(Debug)]
struct Line {
    heard: mpsc::Receiver<Heard>,
    task: AbortHandle,
}

#[derive(Debug)]
enum Heard {
    Sign(Sign),
    /// The end, and the cause.
    Lost(String),
}

/// A task's way to the watch.
#[derive(Debug, Clone)]
pub(super) struct Tell(mpsc::Sender<Heard>);

impl Tell {
    /// Waits while the app has more to hear than it can keep.
    pub(super) async fn say(&self, sign: Sign) {
        // Nobody listens to a task that is about to be ended.
        let _closed = self.0.send(Heard::Sign(sign)).await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Ear {
    pub(super) fn new(source: Source) -> Self {
        Self { source, line: None, complained: false }
    }

    /// Listens until the future ends, which gives the cause of its end.
    pub(super) fn open<F>(&mut self, listen: impl FnOnce(Tell) -> F)
    where
        F: Future<Output = String> + Send + 'static,
    {
        let (sender, heard) = mpsc::channel(UNHEARD);
        let listening = listen(Tell(sender.clone()));
        let task = tokio::spawn(async move {
            let why = listening.await;
            let _closed = sender.send(Heard::Lost(why)).await;
        });
        self.line = Some(Line { heard, task: task.abort_handle() });
    }

    pub(super) fn close(&mut self) {
        self.line = None;
    }

    pub(super) fn is_open(&self) -> bool {
        self.line.is_some()
    }

    /// The next sign; the last one of a source says that there will be no more. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Sign {
        let Some(line) = &mut self.line else { return std::future::pending().await };
        match line.heard.recv().await {
            Some(Heard::Sign(sign)) => return sign,
            Some(Heard::Lost(why)) if !self.complained => {
                self.complained = true;
                // What other programs say is escaped by the debug format.
                debug!(source = ?self.source, ?why, "nothing more is known of the person");
            }
            // Known, or a task that panicked.
            Some(Heard::Lost(_)) | None => {}
        }
        self.line = None;
        Sign::Silence(self.source)
    }
}
