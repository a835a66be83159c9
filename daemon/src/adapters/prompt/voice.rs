//! How a task says something about its question.

use awsd_core::event::QuestionId;
use tokio::sync::mpsc;

use super::Said;

/// Tells a task apart from an earlier one for the same question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(pub(super) u64);

/// A task's way to the app.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) question: QuestionId,
    pub(super) ticket: Ticket,
    pub(super) tell: mpsc::Sender<(QuestionId, Ticket, Said)>,
}

impl Voice {
    /// Reports; waits while the app has more to hear than it can keep.
    pub(super) async fn say(&self, said: Said) {
        // Nobody listens once the daemon ends.
        let _ending = self.tell.send((self.question, self.ticket, said)).await;
    }
}
