//! How often a notification comes to the screen. A server that takes away, or answers, whatever it is given would otherwise be
//! given it again for ever.
//!
//! It counts, and must not decide what follows.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How often it comes within [`SPAN`]: more often than a person can send it away.
pub(super) const TIMES: usize = 20;

/// See [`TIMES`].
pub(super) const SPAN: Duration = Duration::from_mins(1);

/// When one notification came to the screen lately.
#[derive(Debug, Default)]
pub(super) struct Showings(VecDeque<Instant>);

impl Showings {
    /// Counts one more, unless it would be one too many.
    pub(super) fn one_more(&mut self) -> bool {
        let now = Instant::now();
        self.0.retain(|at| now.duration_since(*at) < SPAN);
        let is_allowed = self.0.len() < TIMES;
        self.0.extend(is_allowed.then_some(now));
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_in_so_long_and_no_more() {
        let mut showings = Showings::default();
        assert!((0..TIMES).all(|_| showings.one_more()));
        advance(SPAN / 2).await;
        assert!(!showings.one_more());
        advance(SPAN / 2).await;
        assert!((0..TIMES).all(|_| showings.one_more()), "what was refused does not count");
        assert!(!showings.one_more());
    }
}
