//! Whether a server that shows something still answers: one that hangs leaves its window on the screen, and what the person
//! clicks there is not heard.
//!
//! It beats only while somebody waits for the next beat. It must not decide what a missed beat means.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

/// Between an answer and the next question. With the time that an answer may take it is how long a person may click in
/// vain, and it is short beside the 50 s for which callers without a terminal wait.
pub(super) const BEAT: Duration = Duration::from_secs(5);

/// A call that shows that the server lives; how it ends does not matter.
type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The beats of one server.
pub(super) struct Pulse {
    call: Option<Call>,
    /// When the next beat is due, or the answer.
    due: Instant,
    is_late: bool,
}

/// What the next beat tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// It is time to look at the server, and to hand over a call to it where that is to be done.
    Due,
    /// The call takes too long.
    Missed,
    /// The server has answered after all.
    Back,
}

impl Pulse {
    /// The first beat is due after [`BEAT`].
    pub(super) fn new() -> Self {
        Self { call: None, due: Instant::now() + BEAT, is_late: false }
    }

    /// Waits for the answer to this call, which counts as missed after so long.
    pub(super) fn ask(&mut self, call: impl Future<Output = ()> + Send + 'static, patience: Duration) {
        self.call = Some(Box::pin(call));
        self.due = Instant::now() + patience;
    }

    /// The next beat. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Beat {
        while let Some(call) = &mut self.call {
            if !self.is_late && timeout_at(self.due, &mut *call).await.is_err() {
                self.is_late = true;
                return Beat::Missed;
            }
            if self.is_late {
                call.await;
            }
            (self.call, self.due) = (None, Instant::now() + BEAT);
            if std::mem::take(&mut self.is_late) {
                return Beat::Back;
            }
        }
        sleep_until(self.due).await;
        self.due = Instant::now() + BEAT;
        Beat::Due
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(3);

    /// The next beat, and after how long it came.
    async fn beat(pulse: &mut Pulse) -> (Beat, Duration) {
        let start = Instant::now();
        (pulse.next().await, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_is_looked_at_beat_by_beat() {
        let mut pulse = Pulse::new();
        for _ in 0..3 {
            assert_eq!(beat(&mut pulse).await, (Beat::Due, BEAT));
            pulse.ask(ready(()), PATIENCE);
        }
        // Where there is nothing to call.
        assert_eq!(beat(&mut pulse).await, (Beat::Due, BEAT));
        assert_eq!(beat(&mut pulse).await, (Beat::Due, BEAT));
    }

    #[tokio::test(start_paused = true)]
    async fn a_missed_beat_is_told_once_and_so_is_the_answer_after_all() {
        let (answer, answered) = oneshot::channel::<()>();
        let mut pulse = Pulse::new();
        pulse.ask(async { drop(answered.await) }, PATIENCE);
        assert_eq!(beat(&mut pulse).await, (Beat::Missed, PATIENCE));
        assert!(timeout(BEAT * 9, pulse.next()).await.is_err());
        answer.send(()).unwrap();
        assert_eq!(beat(&mut pulse).await, (Beat::Back, Duration::ZERO));
        assert_eq!(beat(&mut pulse).await, (Beat::Due, BEAT));
    }

    #[tokio::test(start_paused = true)]
    async fn looking_away_loses_nothing() {
        let mut pulse = Pulse::new();
        pulse.ask(pending(), PATIENCE);
        assert!(timeout(PATIENCE / 3, pulse.next()).await.is_err());
        assert_eq!(beat(&mut pulse).await, (Beat::Missed, PATIENCE * 2 / 3));
    }
}
